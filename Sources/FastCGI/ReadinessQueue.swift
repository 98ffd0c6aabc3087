import CLinux
import Glibc

/// A queue of ready descriptors (epoll(7)), on which all workers wait.
///
/// A registration is one-shot: it sleeps from the moment a worker has taken it until it is armed again, so no two
/// workers ever hold the same descriptor. The wake-up alone is level-triggered, and ready for all workers at once.
final class ReadinessQueue: Sendable {
    /// The next entry of the queue.
    enum Ready: Equatable {
        /// The listening socket has connections.
        case listener
        /// The queue was woken up.
        case wakeUp
        /// A connection has bytes to read, or its peer is gone.
        case connection(token: UInt64, isPeerGone: Bool)
    }

    private static let listenerToken: UInt64 = 0
    private static let wakeUpToken: UInt64 = 1
    /// The first token for a connection.
    static let firstConnectionToken: UInt64 = 2

    private let epoll: Int32
    private let wakeUpEvent: Int32

    init() throws(SystemError) {
        epoll = epoll_create1(O_CLOEXEC)
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeUpEvent = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard wakeUpEvent >= 0 else {
            close(epoll)
            throw SystemError("eventfd")
        }
        try control(EPOLL_CTL_ADD, wakeUpEvent, EPOLLIN.rawValue, Self.wakeUpToken)
    }

    deinit {
        close(wakeUpEvent)
        close(epoll)
    }

    func add(listener: Int32) throws(SystemError) {
        try control(EPOLL_CTL_ADD, listener, Self.once, Self.listenerToken)
    }

    func rearm(listener: Int32) throws(SystemError) {
        try control(EPOLL_CTL_MOD, listener, Self.once, Self.listenerToken)
    }

    func remove(listener: Int32) {
        try? control(EPOLL_CTL_DEL, listener, 0, 0)
    }

    func add(_ connection: Connection) throws(SystemError) {
        try control(EPOLL_CTL_ADD, connection.descriptor, Self.once, connection.token)
    }

    func rearm(_ connection: Connection) throws(SystemError) {
        try control(EPOLL_CTL_MOD, connection.descriptor, Self.once, connection.token)
    }

    /// Wakes all workers, now and at each later wait.
    func wakeUp() {
        _ = eventfd_write(wakeUpEvent, 1)
    }

    /// Waits for the next entry.
    func next() -> Ready {
        var events: UInt32 = 0
        var token: UInt64 = 0
        // Workers block all signals: only a debugger causes EINTR.
        while unsafe epoll_take(epoll, -1, &events, &token) != 1 {}
        switch token {
        case Self.listenerToken: return .listener
        case Self.wakeUpToken: return .wakeUp
        default: return .connection(token: token, isPeerGone: events & EPOLLHUP.rawValue != 0)
        }
    }

    private static let once = EPOLLIN.rawValue | EPOLLONESHOT.rawValue

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64) throws(SystemError)
    {
        guard epoll_control(epoll, operation, descriptor, events, token) == 0 else { throw SystemError("epoll_ctl") }
    }
}
