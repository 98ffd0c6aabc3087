import Daemon
import FastCGI
import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization

/// The index of the identities of a directory, in memory.
///
/// What it finds it finds without a look at the directory. That somebody is not in it counts if nothing was committed
/// since the reading; else it waits for a newer one.
final class DirectoryIdentityIndex: IdentityIndex {
    /// How long a question waits for a reading, in nanoseconds; well below the time limit of a request.
    static let patience: Int64 = 1_500_000_000

    let subject: IdentitySubject
    private let patience: Int64
    private let reader: IdentityReader
    private let notes = IdentityNotes()
    private let reserve: WorkerReserve
    /// The identities that questions wait for.
    private let awaited = Mutex<[UUID: Int]>([:])

    /// - Parameters:
    ///   - patience: how long a question waits for a reading, in nanoseconds.
    ///   - reserve: where a worker is found for the place of one that waits.
    init(
        _ rows: sending any IdentityRows,
        of subject: IdentitySubject,
        patience: Int64 = DirectoryIdentityIndex.patience,
        reserve: WorkerReserve,
        report: @escaping @Sendable (IdentityReader.Event) -> Void
    ) {
        self.subject = subject
        self.patience = patience
        self.reserve = reserve
        reader = IdentityReader(rows, of: subject, report: report)
    }

    deinit { reader.close() }

    /// Begins the first reading.
    func start() {
        _ = reader.ask()
    }

    /// Begins the first reading, and waits for it, no longer than a question does.
    func startAndWait() {
        guard let question = reader.ask() else { return }
        _ = reader.answer(to: question, until: MonotonicClock.nanoseconds + patience)
    }

    func holder(of identity: ParticipantIdentity) throws(IdentityIndexError) -> IdentityHolder? {
        let shown = reader.shown
        if let holder = shown?.table.holder(of: identity) ?? notes.holder(of: identity) { return holder }
        return try holder(of: identity, inCurrent: shown)
    }

    func successor(
        of former: IdentityHolder,
        as identity: ParticipantIdentity
    ) throws(IdentityIndexError) -> IdentityHolder? {
        // Two ids have one identity if they are the same UUID in other letters, and never otherwise.
        guard subject == .users, UUID(former.user.text.utf8) != nil else { return nil }
        return try holder(of: identity, inCurrent: reader.shown)
    }

    func note(_ holder: IdentityHolder, of identity: ParticipantIdentity) {
        if reader.shown?.table.holder(of: identity) != holder { notes.add(holder, of: identity) }
    }

    /// Who has an identity by a reading that holds all that is committed now.
    private func holder(
        of identity: ParticipantIdentity,
        inCurrent shown: IdentityReader.Shown?
    ) throws(IdentityIndexError) -> IdentityHolder? {
        let deadline = MonotonicClock.nanoseconds + patience
        let current: IdentityReader.Shown
        if let shown, try orFailed({ () throws(DirectoryError) in try reader.isCurrent(shown) }) {
            current = shown
        } else {
            current = try newerReading(for: identity, until: deadline)
        }
        if let holder = current.table.holder(of: identity) { return holder }
        // The row that could not be read may be of this identity.
        if let flaw = current.reading.flaw { throw .directory(flaw) }
        return nil
    }

    /// - Parameter identity: whose question it is: one that waits already leaves the last places to others.
    private func newerReading(
        for identity: ParticipantIdentity,
        until deadline: Int64
    ) throws(IdentityIndexError) -> IdentityReader.Shown {
        let isFirst = awaited.withLock { awaited in
            awaited[identity.uuid, default: 0] += 1
            return awaited[identity.uuid] == 1
        }
        defer {
            awaited.withLock { awaited in
                let others = awaited[identity.uuid, default: 1] - 1
                awaited[identity.uuid] = others == 0 ? nil : others
            }
        }
        guard let question = reader.ask() else { throw .notInTime }
        let answer = reserve.whileWaiting(sparing: isFirst ? 0 : WorkerReserve.capacity / 2) {
            reader.answer(to: question, until: deadline)
        }
        switch answer ?? nil {
        case .success(let shown): return shown
        case .failure(let error): throw .directory(error)
        case nil: throw .notInTime
        }
    }

    private func orFailed(_ question: () throws(DirectoryError) -> Bool) throws(IdentityIndexError) -> Bool {
        do throws(DirectoryError) { return try question() } catch { throw .directory(error) }
    }
}
