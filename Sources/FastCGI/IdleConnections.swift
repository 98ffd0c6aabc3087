import Synchronization

/// The open connections that no worker is busy with, by token, each with the time at which it is closed.
///
/// A connection that leaves the table is closed as soon as its last user lets go of it.
final class IdleConnections: Sendable {
    private let entries = Mutex<[UInt64: Entry]>([:])

    private struct Entry {
        let connection: Connection
        /// When its latest answer ended; `nil` where a request is still to come or has come: such a one is not idle.
        var idleSince: Int64?
        let closesAt: Int64
    }

    /// - Parameters:
    ///   - idleSince: when its latest answer ended, in nanoseconds of the monotonic clock; `nil` for a connection that
    ///     has had none.
    ///   - closesAt: nanoseconds of the same clock.
    func insert(_ connection: Connection, idleSince: Int64?, closesAt: Int64) {
        entries.withLock {
            $0[connection.token] = Entry(connection: connection, idleSince: idleSince, closesAt: closesAt)
        }
    }

    /// Takes a connection out; `nil` if it has been closed meanwhile.
    @discardableResult func take(_ token: UInt64) -> Connection? {
        entries.withLock { $0.removeValue(forKey: token)?.connection }
    }

    /// Whether there is a connection whose first request is still to come, or a request that no worker has taken yet.
    var areRequestsExpected: Bool {
        entries.withLock { $0.values.contains { $0.idleSince == nil } }
    }

    /// Closes the connection whose latest answer ended the longest ago: never one that waits for its first answer, nor
    /// one on which the next request has arrived.
    ///
    /// - Returns: whether there was one.
    func evictLongestIdle() -> Bool {
        let evicted = entries.withLock { entries -> Entry? in
            while let token = Self.longestIdle(of: entries) {
                guard entries[token]?.connection.hasInput == true else { return entries.removeValue(forKey: token) }
                entries[token]?.idleSince = nil
            }
            return nil
        }
        return evicted != nil
    }

    private static func longestIdle(of entries: [UInt64: Entry]) -> UInt64? {
        var longest: (token: UInt64, since: Int64)?
        for (token, entry) in entries {
            if let since = entry.idleSince, since < longest?.since ?? .max { longest = (token, since) }
        }
        return longest?.token
    }

    /// Closes the connections whose time has come.
    func closeOverdue(at now: Int64) {
        entries.withLock { entries in
            for (token, entry) in entries where entry.closesAt <= now { entries.removeValue(forKey: token) }
        }
    }

    func closeAll() {
        entries.withLock { $0.removeAll() }
    }
}
