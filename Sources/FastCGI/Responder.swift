import CLinux
import Glibc
import Synchronization

/// A FastCGI responder: workers that share one queue of ready descriptors, so that kept connections hold no threads.
///
/// The responder accepts connections itself, and checks the user of each peer before the library reads a byte. A
/// connection waits in the queue between requests. A request that a worker has begun to read has a deadline.
package final class Responder: Sendable {
    /// The time limits, in milliseconds.
    package struct Limits: Sendable {
        /// From the first byte of a request to its last.
        ///
        /// nginx sends a request in one piece, within microseconds; a slower peer would hold a worker from others.
        package var receiving: Int64 = 1000
        /// From the first byte of a request to the last of its answer; less than nginx's `fastcgi_read_timeout`.
        package var total: Int64 = 3000
        /// From accepting a connection to its first byte.
        package var firstByte: Int64 = 5000
        /// Between two requests of a kept connection; more than nginx's 60 s, so that nginx closes first.
        package var idle: Int64 = 75_000
        /// From the order to stop to the end of connections that were accepted and have sent nothing yet.
        ///
        /// nginx sends its request right after it has connected, and tries no other connection where a fresh one fails.
        package var grace: Int64 = 50

        /// The limits that suit nginx.
        package init() {}
    }

    /// Answers a request with a document response.
    package typealias Handler = @Sendable (Request) -> [UInt8]

    /// An incident for the operator, without any of what a peer has sent.
    package enum Event: Equatable, Sendable {
        /// A process of a user who may not connect was turned away unread.
        case peerRefused(user: UInt32?)
        /// Descriptors or memory have run out; connections wait in the backlog meanwhile.
        case acceptFailed(SystemError)
        /// A peer sent something else than a FastCGI request, or only a part of one.
        case requestBroken
        /// A request was not over at its deadline, and its connection was closed.
        case deadlinePassed
    }

    let listener: ListeningSocket
    let peers: Set<UInt32>
    let limits: Limits
    let maximumBody: Int
    let parameters: [String]
    let load: Load
    let reserve: WorkerReserve
    let handler: Handler
    let report: @Sendable (Event) -> Void

    let queue: ReadinessQueue
    let idle = IdleConnections()
    let spare = SpareDescriptor()
    let nextToken = Atomic<UInt64>(ReadinessQueue.firstConnectionToken)
    let isStopping = Atomic<Bool>(false)
    let isListenerPaused = Atomic<Bool>(false)

    private let workers: Int
    private let threads = Mutex<[(worker: WorkerThread, inFlight: InFlight)]>([])
    private let runningWorkers = Atomic<Int>(0)

    /// Prepares a responder, which runs from `start()` on.
    ///
    /// - Parameters:
    ///   - peers: the users whose processes may connect.
    ///   - workers: how many requests are handled at once.
    ///   - maximumBody: the most bytes of a body that the handler wants; it gets one more of a longer body.
    ///   - parameters: the names of meta-variables that the handler reads beside those of `MetaVariable`, at most 32.
    ///   - load: where the responder shows its load.
    ///   - reserve: where a handler that waits finds a worker for its place.
    ///   - handler: called on the workers' threads, many at once; it must return well within `limits.total`.
    ///   - report: called on any thread.
    package init(
        listener: ListeningSocket,
        peers: Set<UInt32>,
        workers: Int,
        limits: Limits = Limits(),
        maximumBody: Int,
        parameters: [String] = [],
        load: Load = Load(),
        reserve: WorkerReserve = WorkerReserve(),
        handler: @escaping Handler,
        report: @escaping @Sendable (Event) -> Void
    ) throws(SystemError) {
        FCGXRequest.prepareLibrary()
        self.listener = listener
        self.peers = peers
        self.limits = limits
        self.maximumBody = maximumBody
        self.parameters = parameters
        self.load = load
        self.reserve = reserve
        self.workers = workers
        self.handler = handler
        self.report = report
        queue = try ReadinessQueue()
        try queue.add(listener: listener.descriptor)
    }

    /// Starts the workers.
    ///
    /// From here to `stop()` the caller enforces the deadlines.
    ///
    /// - Throws: if a thread cannot be started; the others have ended then.
    package func start() throws(SystemError) {
        do throws(SystemError) {
            for _ in 0..<workers { try startWorker() }
            reserve.open { [self] () throws(SystemError) in try startWorker() }
        } catch {
            stop()
            throw error
        }
    }

    private func startWorker() throws(SystemError) {
        let inFlight = InFlight(load: load)
        runningWorkers.add(1, ordering: .relaxed)
        do throws(SystemError) {
            let thread = try WorkerThread { [self] in
                work(inFlight)
                runningWorkers.subtract(1, ordering: .releasing)
            }
            threads.withLock { $0.append((thread, inFlight)) }
        } catch {
            runningWorkers.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    /// Shuts down what has passed its deadline, and lets a paused listener accept again.
    ///
    /// To be called every 100 ms or so, on one thread.
    package func enforceDeadlines() {
        let now = monotonic_nanoseconds()
        let requests = threads.withLock { $0.map(\.inFlight) }
        for request in requests where request.enforceDeadline(at: now) { report(.deadlinePassed) }
        idle.closeOverdue(at: now)
        if isListenerPaused.exchange(false, ordering: .acquiring) { rearmListener() }
    }

    /// Accepts no more connections, and lets the workers finish.
    ///
    /// It returns when each request that had arrived is answered or its deadline has passed, also where a worker hangs:
    /// the process is to end then. What waits in the backlog stays for the process that inherits the socket next; a
    /// socket of this process's own has none after it, and so its backlog is served.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        queue.remove(listener: listener.descriptor)
        if !listener.isInherited {
            _ = shutdown(listener.descriptor, Int32(SHUT_RD))
            // Where descriptors are short, each answer gives some back.
            wait(atMost: limits.total) { acceptBacklog() }
        }
        wait(atMost: limits.grace) { !idle.areRequestsExpected }
        queue.wakeUp()
        reserve.close()
        wait(atMost: limits.total + limits.receiving) { runningWorkers.load(ordering: .acquiring) == 0 }
        let haveEnded = runningWorkers.load(ordering: .acquiring) == 0
        reserve.forget()
        let workers = threads.withLock { threads in
            defer { threads.removeAll() }
            return threads.map(\.worker)
        }
        guard haveEnded else { return workers.forEach { $0.detach() } }
        for worker in workers { worker.join() }
        idle.closeAll()
    }

    /// Waits for a condition for so many milliseconds, and enforces the deadlines meanwhile.
    private func wait(atMost patience: Int64, until condition: () -> Bool) {
        let end = monotonic_nanoseconds() + patience * 1_000_000
        while !condition(), monotonic_nanoseconds() < end {
            enforceDeadlines()
            usleep(2000)
        }
    }

    /// Arms the listener, unless the responder is stopping.
    func rearmListener() {
        if !isStopping.load(ordering: .acquiring) { try? queue.rearm(listener: listener.descriptor) }
    }
}
