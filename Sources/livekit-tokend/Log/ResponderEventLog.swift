import Daemon
import FastCGI
import StrictJSON
import Synchronization

/// The log of the responder's events: at most one line a second and a kind, so that a peer cannot flood it.
final class ResponderEventLog: Sendable {
    /// In nanoseconds.
    private static let interval: Int64 = 1_000_000_000

    private let operations: LineSink
    private let pending = Mutex(Pending())

    private struct Pending {
        var counts: Counts = [:]
        var writtenAt: Int64 = 0
    }

    private typealias Counts = [Kind: (count: Int64, latest: Responder.Event)]

    private enum Kind {
        case peerRefused
        case acceptFailed
        case requestBroken
        case deadlinePassed
    }

    init(operations: LineSink) {
        self.operations = operations
    }

    /// Counts an event, which the next `flush` writes.
    func record(_ event: Responder.Event) {
        let kind: Kind =
            switch event {
            case .peerRefused: .peerRefused
            case .acceptFailed: .acceptFailed
            case .requestBroken: .requestBroken
            case .deadlinePassed: .deadlinePassed
            }
        pending.withLock { $0.counts[kind] = (($0.counts[kind]?.count ?? 0) + 1, event) }
    }

    /// Writes the events since the last time, if that was a second ago.
    ///
    /// - Parameter isLast: writes them at once, because no other flush follows.
    func flush(isLast: Bool = false) {
        let now = MonotonicClock.nanoseconds
        let due = pending.withLock { pending -> Counts in
            guard !pending.counts.isEmpty, isLast || now - pending.writtenAt >= Self.interval else { return [:] }
            defer { pending = Pending(writtenAt: now) }
            return pending.counts
        }
        for (count, latest) in due.values { write(latest, count: count) }
    }

    private func write(_ event: Responder.Event, count: Int64) {
        let (name, message) =
            switch event {
            case .peerRefused(let user?):
                (
                    "peer.refused",
                    "a process of \(UserDatabase.name(of: user)) connected; if that is the web server, add its user to "
                        + "peers"
                )
            case .peerRefused(nil): ("peer.refused", "a process of an unknown user connected")
            case .acceptFailed(let error): ("accept.failed", "\(error); raise LimitNOFILE= if this goes on")
            case .requestBroken: ("request.broken", "a peer sent no whole FastCGI request, or gave it up")
            case .deadlinePassed: ("request.timeout", "a request was not over in time; its connection was closed")
            }
        operations.operation(name, .warning) {
            $0.member("message", UTF8String(message))
            $0.member("count", count)
        }
    }
}
