import Synchronization

/// The present load of a responder, as two atomic gauges.
///
/// It is a value of its own, made before the responder, so that a handler can show it.
package final class Load: Sendable {
    private let openConnections = Atomic<Int>(0)
    private let workersAtWork = Atomic<Int>(0)

    /// Starts without connections.
    package init() {}

    /// The number of accepted connections that are open.
    package var connections: Int { openConnections.load(ordering: .relaxed) }

    /// The number of workers that are busy with a request.
    package var busyWorkers: Int { workersAtWork.load(ordering: .relaxed) }

    func connectionOpened() { openConnections.add(1, ordering: .relaxed) }
    func connectionClosed() { openConnections.subtract(1, ordering: .relaxed) }
    func requestBegan() { workersAtWork.add(1, ordering: .relaxed) }
    func requestEnded() { workersAtWork.subtract(1, ordering: .relaxed) }
}
