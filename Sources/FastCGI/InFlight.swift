import Synchronization

/// The request that one worker is busy with: its connection and its deadline.
final class InFlight: Sendable {
    private let task = Mutex<Task?>(nil)
    private let load: Load

    private struct Task {
        let connection: Connection
        /// Nanoseconds of the monotonic clock.
        var deadline: Int64
    }

    init(load: Load) {
        self.load = load
    }

    func begin(on connection: Connection, deadline: Int64) {
        task.withLock { $0 = Task(connection: connection, deadline: deadline) }
        load.requestBegan()
    }

    func extend(to deadline: Int64) {
        task.withLock { $0?.deadline = deadline }
    }

    func end() {
        load.requestEnded()
        task.withLock { $0 = nil }
    }

    /// Shuts the connection down if the deadline has passed, once: each wait of the worker on the connection ends.
    ///
    /// - Returns: whether it was shut down.
    func enforceDeadline(at now: Int64) -> Bool {
        task.withLock { task in
            guard let overdue = task, overdue.deadline <= now else { return false }
            overdue.connection.shutDown()
            task?.deadline = .max
            return true
        }
    }
}
