import Synchronization

/// The open connections that no worker is busy with, by token, each with the time at which it is closed.
///
/// A connection that leaves the table is closed as soon as its last user lets go of it.
final class IdleConnections: Sendable {
    private let entries = Mutex<[UInt64: Entry]>([:])

    private struct Entry {
        let connection: Connection
        let closesAt: Int64
    }

    /// - Parameter closesAt: nanoseconds of the monotonic clock.
    func insert(_ connection: Connection, closesAt: Int64) {
        entries.withLock { $0[connection.token] = Entry(connection: connection, closesAt: closesAt) }
    }

    /// Takes a connection out; `nil` if it has been closed meanwhile.
    @discardableResult func take(_ token: UInt64) -> Connection? {
        entries.withLock { $0.removeValue(forKey: token)?.connection }
    }

    /// Closes the connection that would be closed next.
    ///
    /// - Returns: whether there was one.
    func evictLongestIdle() -> Bool {
        let evicted = entries.withLock { entries in
            entries.min { $0.value.closesAt < $1.value.closesAt }.flatMap { entries.removeValue(forKey: $0.key) }
        }
        return evicted != nil
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
