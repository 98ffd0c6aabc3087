import FastCGI
import StrictJSON
import Synchronization

/// Notes what the responder reports, at most once a second and a kind: a peer must not be able to flood the log.
final class ResponderNotes: Sendable {
    private static let interval: Int64 = 1_000_000_000

    private let log: Log
    private let pending = Mutex(Pending())

    private struct Pending {
        var counts: Counts = [:]
        var notedAt: Int64 = 0
    }

    private typealias Counts = [Kind: (count: Int64, latest: Responder.Event)]

    private enum Kind {
        case peerRefused
        case acceptFailed
        case requestBroken
        case deadlinePassed
    }

    init(log: Log) {
        self.log = log
    }

    /// Takes an event; it is noted by the next `flush`.
    func take(_ event: Responder.Event) {
        let kind: Kind =
            switch event {
            case .peerRefused: .peerRefused
            case .acceptFailed: .acceptFailed
            case .requestBroken: .requestBroken
            case .deadlinePassed: .deadlinePassed
            }
        pending.withLock { $0.counts[kind] = (($0.counts[kind]?.count ?? 0) + 1, event) }
    }

    /// Notes what has come since the last time, if that is a second ago or there will be no other.
    func flush(isLast: Bool = false) {
        let now = MonotonicClock.nanoseconds
        let due = pending.withLock { pending -> Counts in
            guard !pending.counts.isEmpty, isLast || now - pending.notedAt >= Self.interval else { return [:] }
            defer { pending = Pending(notedAt: now) }
            return pending.counts
        }
        for (count, latest) in due.values { note(latest, count: count) }
    }

    private func note(_ event: Responder.Event, count: Int64) {
        let (name, message) =
            switch event {
            case .peerRefused(let user?):
                (
                    "peer.refused",
                    "a process of \(UserDatabase.name(of: user)) connected; if that is the web server, add its user to peers"
                )
            case .peerRefused(nil): ("peer.refused", "a process of an unknown user connected")
            case .acceptFailed(let error): ("accept.failed", "\(error); raise LimitNOFILE= if this goes on")
            case .requestBroken: ("request.broken", "a peer sent no whole FastCGI request, or gave it up")
            case .deadlinePassed: ("request.timeout", "a request was not over in time; its connection was closed")
            }
        log.note(name, .warning) {
            $0.member("message", UTF8String(message))
            $0.member("count", count)
        }
    }
}
