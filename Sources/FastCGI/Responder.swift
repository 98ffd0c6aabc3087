import CLinux
import Glibc
import Synchronization

/// A FastCGI responder: workers that share one readiness queue, so that no kept connection ever holds a thread.
///
/// A connection is accepted by us, its peer's user is checked before the library reads a byte of it, and it waits in
/// the queue whenever it has nothing to say. What a worker has taken from the queue has a deadline.
package final class Responder: Sendable {
    /// How long things may take, in milliseconds.
    package struct Limits: Sendable {
        /// From the first byte of a request to its last.
        ///
        /// nginx sends a request in one piece, so this is a matter of
        /// microseconds; a peer that takes longer holds a worker from others.
        package var receiving: Int64 = 1000
        /// From the first byte of a request to the last of the answer.
        ///
        /// It must be below nginx's `fastcgi_read_timeout`.
        package var total: Int64 = 3000
        /// From being accepted to the first byte.
        package var firstByte: Int64 = 5000
        /// Between two requests of a kept connection: more than the 60 s of nginx, which is to close first.
        package var idle: Int64 = 75_000

        package init() {}
    }

    /// What a handler makes of a request: a document response.
    package typealias Handler = @Sendable (Exchange) -> [UInt8]

    /// Something an operator may want to know; none of it holds what a peer has sent.
    package enum Event: Equatable, Sendable {
        /// A process of a user who may not connect was turned away unread.
        case peerRefused(user: UInt32?)
        /// Descriptors or memory have run out; connections wait in the backlog meanwhile.
        case acceptFailed(SystemError)
        /// A peer sent something that is no FastCGI request, or stopped in the midst of one.
        case requestBroken
        /// A request was not over at its deadline, and its connection was closed.
        case deadlinePassed
    }

    let listener: ListeningSocket
    private let peers: Set<UInt32>
    private let limits: Limits
    private let maximumBody: Int
    private let handler: Handler
    private let report: @Sendable (Event) -> Void

    private let queue: ReadinessQueue
    private let idle = Mutex<[UInt64: IdleConnection]>([:])
    private let nextToken = Atomic<UInt64>(ReadinessQueue.firstConnectionToken)
    private let desks: [Desk]
    private let working = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)
    private let isListenerPaused = Atomic<Bool>(false)

    private struct IdleConnection {
        let connection: Connection
        let closesAt: Int64
    }

    /// Prepares a responder; nothing runs before `run`.
    ///
    /// - Parameters:
    ///   - peers: the users whose processes may connect.
    ///   - workers: how many requests are handled at once.
    ///   - maximumBody: the most bytes of a body that the handler wants; it gets one more if there are more.
    ///   - handler: called on the workers' threads, many at once; it must return well within `limits.total`.
    ///   - report: called on any thread.
    package init(
        listener: ListeningSocket,
        peers: Set<UInt32>,
        workers: Int,
        limits: Limits = Limits(),
        maximumBody: Int,
        handler: @escaping Handler,
        report: @escaping @Sendable (Event) -> Void
    ) throws(SystemError) {
        LibraryRequest.prepareLibrary()
        self.listener = listener
        self.peers = peers
        self.limits = limits
        self.maximumBody = maximumBody
        self.handler = handler
        self.report = report
        queue = try ReadinessQueue()
        desks = (0..<workers).map { _ in Desk() }
        try queue.add(listener: listener.descriptor)
    }

    /// How many connections are open, and how many requests are being handled.
    package var load: (connections: Int, busy: Int) {
        let busy = desks.count { $0.isBusy }
        return (idle.withLock { $0.count } + busy, busy)
    }

    /// Starts the workers, keeps the deadlines until `wait` says that it is time to stop, and lets the workers finish.
    ///
    /// - Parameter wait: returns after at most 100 ms or so, whether to stop.
    /// - Returns: when every request that had arrived is answered or its deadline has passed.
    /// - Throws: if a thread cannot be started.
    package func run(until wait: () -> Bool) throws(SystemError) {
        var threads: [WorkerThread] = []
        defer {
            stop()
            while working.load(ordering: .acquiring) > 0 {
                keepDeadlines()
                usleep(2000)
            }
            for thread in threads { thread.join() }
            idle.withLock { $0.removeAll() }
        }
        for desk in desks {
            working.add(1, ordering: .relaxed)
            do throws(SystemError) {
                threads.append(
                    try WorkerThread { [self] in
                        work(at: desk)
                        working.subtract(1, ordering: .releasing)
                    }
                )
            } catch {
                working.subtract(1, ordering: .relaxed)
                throw error
            }
        }
        while !wait() { keepDeadlines() }
    }

    private func stop() {
        isStopping.store(true, ordering: .releasing)
        queue.remove(listener: listener.descriptor)
        queue.ringBell()
    }
}

// MARK: - What a worker does

extension Responder {
    /// Takes whatever is ready until it is time to stop and nothing is ready any more.
    private func work(at desk: Desk) {
        var library = LibraryRequest(maximumBody: maximumBody)
        var wasBell = false
        while true {
            switch queue.next() {
            case .bell:
                // The bell goes to the end of the queue: heard twice in a row, it has nothing before it.
                if wasBell { return }
                wasBell = true
                continue
            case .listener:
                acceptConnections()
            case .connection(let token, let isPeerGone):
                guard let connection = takeFromIdle(token), !isPeerGone else { break }
                serve(connection, at: desk, with: &library)
            }
            wasBell = false
        }
    }

    private func serve(_ connection: Connection, at desk: Desk, with library: inout LibraryRequest) {
        let startedAt = MonotonicClock.nanoseconds
        desk.sit(with: connection, until: startedAt + limits.receiving * milliseconds)
        let document: [UInt8]?
        switch library.receive(from: connection.lent, startedAt: startedAt) {
        case .request(let exchange):
            desk.extend(until: startedAt + limits.total * milliseconds)
            document = handler(exchange)
        case .unusable, .nothing:
            report(.requestBroken)
            document = nil
        }
        let end = library.finish(sending: document)
        desk.leave()
        switch end {
        case .kept: if !isStopping.load(ordering: .acquiring) { wait(for: connection, milliseconds: limits.idle) }
        case .closedByLibrary: connection.forgetLent()
        case .mustClose: break
        }
    }

    /// Accepts what the listening socket has, a few at a time so that other workers see requests meanwhile.
    private func acceptConnections() {
        for _ in 0..<16 {
            let descriptor = accept_connection(listener.descriptor)
            guard descriptor >= 0 else {
                guard [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) else { break }
                return makeRoom(after: SystemError("accept"))
            }
            do throws(SystemError) {
                try welcome(descriptor)
            } catch {
                return makeRoom(after: error)
            }
        }
        rearmListener()
    }

    /// Lets a connection into the queue, if its peer may connect; closes it if not.
    func welcome(_ descriptor: Int32) throws(SystemError) {
        let user = Connection.peer(of: descriptor)
        guard let user, peers.contains(user) else {
            close(descriptor)
            return report(.peerRefused(user: user))
        }
        let token = nextToken.add(1, ordering: .relaxed).oldValue
        let connection = try Connection(accepted: descriptor, token: token)
        connection.limitEachCall(toMilliseconds: limits.receiving)
        let closesAt = MonotonicClock.nanoseconds + limits.firstByte * milliseconds
        idle.withLock { $0[token] = IdleConnection(connection: connection, closesAt: closesAt) }
        do throws(SystemError) {
            try queue.add(connection)
        } catch {
            _ = takeFromIdle(token)
            throw error
        }
    }

    /// Makes room where descriptors or memory have run out.
    ///
    /// The connection that has been idle for longest is the one that nobody misses; where there is none, the listener rests until the next keeping of deadlines.
    private func makeRoom(after error: SystemError) {
        report(.acceptFailed(error))
        let oldest = idle.withLock { idle in
            idle.min { $0.value.closesAt < $1.value.closesAt }.flatMap { idle.removeValue(forKey: $0.key) }
        }
        if oldest == nil { isListenerPaused.store(true, ordering: .releasing) } else { rearmListener() }
    }

    private func rearmListener() {
        if !isStopping.load(ordering: .acquiring) { try? queue.rearm(listener: listener.descriptor) }
    }

    private func takeFromIdle(_ token: UInt64) -> Connection? {
        idle.withLock { $0.removeValue(forKey: token)?.connection }
    }

    private func wait(for connection: Connection, milliseconds limit: Int64) {
        let closesAt = MonotonicClock.nanoseconds + limit * milliseconds
        idle.withLock { $0[connection.token] = IdleConnection(connection: connection, closesAt: closesAt) }
        do throws(SystemError) {
            try queue.rearm(connection)
        } catch {
            _ = takeFromIdle(connection.token)
        }
    }
}

// MARK: - What the main thread does

extension Responder {
    /// Closes what has gone past its deadline, and lets the listener try again.
    private func keepDeadlines() {
        let now = MonotonicClock.nanoseconds
        for desk in desks where desk.endOverdue(at: now) { report(.deadlinePassed) }
        idle.withLock { idle in
            for (token, entry) in idle where entry.closesAt <= now { idle.removeValue(forKey: token) }
        }
        if isListenerPaused.exchange(false, ordering: .acquiring) { rearmListener() }
    }
}

/// Where a worker sits: the connection that it is busy with, and until when.
private final class Desk: Sendable {
    private let task = Mutex<Task?>(nil)

    private struct Task {
        let connection: Connection
        var deadline: Int64
    }

    var isBusy: Bool { task.withLock { $0 != nil } }

    func sit(with connection: Connection, until deadline: Int64) {
        task.withLock { $0 = Task(connection: connection, deadline: deadline) }
    }

    func extend(until deadline: Int64) {
        task.withLock { $0?.deadline = deadline }
    }

    func leave() {
        task.withLock { $0 = nil }
    }

    /// Shuts the connection down if its deadline has passed, once: whatever the worker waits for on it ends.
    func endOverdue(at now: Int64) -> Bool {
        task.withLock { task in
            guard let overdue = task, overdue.deadline <= now else { return false }
            overdue.connection.shutDown()
            task?.deadline = .max
            return true
        }
    }
}

/// Nanoseconds.
private let milliseconds: Int64 = 1_000_000
