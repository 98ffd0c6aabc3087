import CLinux
import Glibc

/// One epoll instance that all workers wait on: whoever is free takes whatever is ready next.
///
/// Every registration but the bell's is one-shot: it sleeps from the moment a worker has taken it until it is armed
/// again, so no two workers ever hold the same descriptor.
final class ReadinessQueue: Sendable {
    /// What can be ready.
    enum Ready: Equatable {
        /// The listening socket has connections.
        case listener
        /// The bell was rung: somebody wants all workers to look up.
        case bell
        /// A connection has something to read, or its peer is gone altogether.
        case connection(token: UInt64, isPeerGone: Bool)
    }

    private static let listenerToken: UInt64 = 0
    private static let bellToken: UInt64 = 1
    /// The first token for a connection.
    static let firstConnectionToken: UInt64 = 2

    private let epoll: Int32
    private let bell: Int32

    init() throws(SystemError) {
        epoll = epoll_create1(O_CLOEXEC)
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        bell = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard bell >= 0 else {
            close(epoll)
            throw SystemError("eventfd")
        }
        try control(EPOLL_CTL_ADD, bell, EPOLLIN.rawValue, Self.bellToken)
    }

    deinit {
        close(bell)
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

    /// Wakes every worker, now and at each of its later waits.
    func ringBell() {
        _ = eventfd_write(bell, 1)
    }

    /// Waits for the next thing that is ready.
    func next() -> Ready {
        var events: UInt32 = 0
        var token: UInt64 = 0
        while unsafe epoll_take(epoll, -1, &events, &token) != 1 {}  // workers block all signals: EINTR is a debugger's
        switch token {
        case Self.listenerToken: return .listener
        case Self.bellToken: return .bell
        default: return .connection(token: token, isPeerGone: events & EPOLLHUP.rawValue != 0)
        }
    }

    private static let once = EPOLLIN.rawValue | EPOLLONESHOT.rawValue

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64) throws(SystemError)
    {
        guard epoll_control(epoll, operation, descriptor, events, token) == 0 else { throw SystemError("epoll_ctl") }
    }
}
