import Daemon
import RoomAccess
import Synchronization

/// The reader of all identities: one thread, which reads the directory when it is asked and that is needed.
///
/// A reading answers all questions that were asked before it began; those that come meanwhile share the next.
final class IdentityReader: Sendable {
    /// A table, with the reading that it shows.
    struct Shown: Sendable {
        let table: IdentityTable
        let reading: IdentityReading
    }

    /// What a reader tells.
    enum Event: Sendable {
        /// It has read all, in so many nanoseconds.
        case read(IdentityTable, took: Int64)
        /// The directory did not answer.
        case failed(DirectoryError)
    }

    private let subject: IdentitySubject
    private let rows: Mutex<any IdentityRows>
    private let latest = Mutex<Shown?>(nil)
    private let questions = Monitor(Questions())
    private let report: @Sendable (Event) -> Void

    private struct Questions {
        /// How many were asked.
        var asked: UInt64 = 0
        /// How many were asked when the latest look at the directory began.
        var begun: UInt64 = 0
        /// How many were asked when the latest look began that has ended, and how it ended.
        var ended: (upTo: UInt64, failure: DirectoryError?) = (0, nil)
        /// How many were asked when the latest look began that succeeded.
        var answered: UInt64 = 0
        var hasThread = false
        var isClosed = false
    }

    init(_ rows: sending any IdentityRows, of subject: IdentitySubject, report: @escaping @Sendable (Event) -> Void) {
        self.rows = Mutex(rows)
        self.subject = subject
        self.report = report
    }

    /// What was read last; `nil` before the first reading has ended.
    var shown: Shown? { latest.withLock(\.self) }

    /// Whether what was read holds all that is committed now, as far as that can be told at once.
    func isCurrent(_ shown: Shown) throws(DirectoryError) -> Bool {
        do throws(DirectoryError) {
            return try rows.withLockIfAvailable { (rows) throws(DirectoryError) in
                try rows.isCurrent(shown.reading)
            } ?? false
        } catch {
            report(.failed(error))
            throw error
        }
    }

    /// Asks for what is committed from now on.
    ///
    /// - Returns: the number of the question; `nil` if there is no thread to answer it.
    func ask() -> UInt64? {
        questions.change { questions in
            if !questions.hasThread {
                questions.hasThread = BackgroundThread.start { [self] in work() }
                guard questions.hasThread else { return nil }
            }
            questions.asked += 1
            return questions.asked
        }
    }

    /// Waits for the answer to a question.
    ///
    /// - Parameter deadline: nanoseconds of the monotonic clock.
    /// - Returns: what was read after the question; `nil` if nothing was by the deadline.
    func answer(to question: UInt64, until deadline: Int64) -> Result<Shown, DirectoryError>? {
        let outcome = questions.wait(until: deadline) { questions -> Result<Void, DirectoryError>? in
            if questions.answered >= question { return .success(()) }
            guard questions.ended.upTo >= question, let failure = questions.ended.failure else { return nil }
            return .failure(failure)
        }
        return outcome.flatMap { outcome in
            switch outcome {
            case .success: shown.map { .success($0) }
            case .failure(let error): .failure(error)
            }
        }
    }

    /// Lets the thread end.
    func close() {
        questions.change { $0.isClosed = true }
    }

    private func work() {
        while let question = questions.wait({ questions -> UInt64?? in
            if questions.isClosed { return .some(nil) }
            guard questions.asked > questions.begun else { return nil }
            questions.begun = questions.asked
            return questions.begun
        }) ?? nil {
            var failure: DirectoryError?
            do throws(DirectoryError) { try look() } catch { failure = error }
            if let failure { report(.failed(failure)) }
            questions.change {
                $0.ended = (question, failure)
                if failure == nil { $0.answered = question }
            }
        }
    }

    /// Reads all, unless what was read last is what is committed now.
    private func look() throws(DirectoryError) {
        try rows.withLock { (rows) throws(DirectoryError) in
            let former = shown
            if let former, try rows.isCurrent(former.reading) { return }
            let start = MonotonicClock.nanoseconds
            let now = try read(rows, like: former?.table)
            // Within the lock: whoever asks whether a reading is current has seen the newest.
            latest.withLock { $0 = now }
            report(.read(now.table, took: MonotonicClock.nanoseconds - start))
        }
    }

    private func read(_ rows: any IdentityRows, like former: IdentityTable?) throws(DirectoryError) -> Shown {
        var builder = IdentityTable.Builder(of: subject, like: former)
        let reading = try rows.read { builder.add($0, $1) }
        return Shown(table: builder.finish(), reading: reading)
    }
}
