import Daemon
import FastCGI
import LiveKitToken
import Synchronization
import TokenEndpoint

/// What the service has done since it was started, counted by many threads at once and without a lock.
final class Metrics: Sendable {
    /// Requests for a token by the status of the answer; all are there from the start, because what begins with 1 has
    /// not risen in the eyes of Prometheus.
    let requests = Dictionary(uniqueKeysWithValues: HTTPResponse.titles.keys.map { ($0, Counter()) })
    /// Answers without a token by the word for why.
    let refusals = Dictionary(uniqueKeysWithValues: Refusal.reasonWords.map { ($0, Counter()) })
    let tokens = Counter()
    let requestTime = Histogram()
    let directoryTime = Histogram()
    let directory = HealthFlag()
    let directoryFailures = Counter()
    let audit = HealthFlag()
    let auditFailures = Counter()
    let peersRefused = Counter()
    let acceptFailures = Counter()
    let brokenRequests = Counter()
    let deadlinesPassed = Counter()

    /// Takes what a request came to, the status of its answer, and the nanoseconds that it took.
    func count(_ event: AuditEvent, status: Int, took time: Int64) {
        requestTime.observe(time)
        requests[status]?.increase()
        switch event.result {
        case .issued: tokens.increase()
        case .refused(let refusal, _, _): refusals[refusal.reason.word]?.increase()
        }
    }

    /// Takes what the responder reports.
    func count(_ event: Responder.Event) {
        switch event {
        case .peerRefused: peersRefused.increase()
        case .acceptFailed: acceptFailures.increase()
        case .requestBroken: brokenRequests.increase()
        case .deadlinePassed: deadlinesPassed.increase()
        }
    }

    /// How the service is, in a line for a person.
    func status(connections: Int) -> String {
        let refused = refusals.values.reduce(0) { $0 + $1.value }
        let figures =
            "\(Self.words(UInt64(connections), "connection")), \(Self.words(tokens.value, "token")), "
            + Self.words(refused, "refusal")
        guard let trouble = directory.failure ?? audit.failure else { return "Serving: \(figures)" }
        return "No token at the latest request: \(trouble) (\(figures))"
    }

    /// `no tokens`, `1 token`, `1,204 tokens`.
    private static func words(_ count: UInt64, _ noun: String) -> String {
        guard count > 0 else { return "no \(noun)s" }
        var digits = String(count)
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
        }
        return "\(digits) \(noun)\(count == 1 ? "" : "s")"
    }
}

/// A directory whose look-ups are measured.
struct MeasuredDirectory: Directory {
    let directory: any Directory
    let metrics: Metrics

    func snapshot() throws(DirectoryError) -> any SessionStore & RoomDirectory {
        let start = MonotonicClock.nanoseconds
        do throws(DirectoryError) {
            return Snapshot(directory: try directory.snapshot(), openedAt: start, metrics: metrics)
        } catch {
            metrics.directoryTime.observe(MonotonicClock.nanoseconds - start)
            metrics.directoryFailures.increase()
            metrics.directory.failed(error.reason)
            throw error
        }
    }

    /// It is no look-up, and neither measured nor counted; whether it fails is of interest all the same.
    func probe() throws(DirectoryError) {
        do throws(DirectoryError) {
            try directory.probe()
            metrics.directory.succeeded()
        } catch {
            metrics.directory.failed(error.reason)
            throw error
        }
    }

    private struct Snapshot: SessionStore, RoomDirectory {
        let directory: any SessionStore & RoomDirectory
        let openedAt: Int64
        let metrics: Metrics

        /// It is what a snapshot is asked first, so what it took to have one counts too.
        func session(_ digest: SessionDigest) throws(DirectoryError) -> Session? {
            try measured(since: openedAt) { () throws(DirectoryError) in try directory.session(digest) }
        }

        func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room? {
            try measured(since: MonotonicClock.nanoseconds) { () throws(DirectoryError) in
                try directory.room(room, user: user, at: now)
            }
        }

        private func measured<Found>(
            since start: Int64,
            _ lookUp: () throws(DirectoryError) -> Found
        ) throws(DirectoryError) -> Found {
            defer { metrics.directoryTime.observe(MonotonicClock.nanoseconds - start) }
            do throws(DirectoryError) {
                let found = try lookUp()
                metrics.directory.succeeded()
                return found
            } catch {
                metrics.directoryFailures.increase()
                metrics.directory.failed(error.reason)
                throw error
            }
        }
    }
}
