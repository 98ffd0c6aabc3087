import Glibc
import Synchronization

/// A reserve of workers: one takes the place of a worker whose handler waits, so that requests go on being answered.
///
/// It is a value of its own, made before the responder, so that a handler can use it. A thread is started when it is
/// first needed, and kept: where no handler waits there is none.
///
/// It is unchecked because of the semaphore, which is made for threads.
@safe
package final class WorkerReserve: @unchecked Sendable {
    /// How many handlers can wait at once.
    package static let capacity = 32

    private let state = Mutex(State())
    /// The workers beyond those that were configured: as many go to sleep after their requests.
    private let surplus = Atomic<Int>(0)
    /// Where workers sleep (sem_wait(3)).
    private let bed: UnsafeMutablePointer<sem_t>

    private struct State: ~Copyable {
        var waiting = 0
        var asleep = 0
        /// No worker goes to sleep any more.
        var isClosed = false
        /// Starts one more worker; `nil` before the responder has started.
        var start: (@Sendable () throws(SystemError) -> Void)?
    }

    /// A reserve that no responder has yet.
    package init() {
        unsafe bed = .allocate(capacity: 1)
        unsafe sem_init(bed, 0, 0)
    }

    deinit {
        unsafe sem_destroy(bed)
        unsafe bed.deallocate()
    }

    /// Runs what waits, on a worker's thread, while another worker has its place.
    ///
    /// - Parameter spared: how many places it leaves to others.
    /// - Returns: `nil`, without running it, where as many wait as can, or no other worker can be had.
    package func whileWaiting<Value>(sparing spared: Int = 0, _ body: () -> Value) -> Value? {
        guard begin(sparing: spared) else { return nil }
        let value = body()
        state.withLock {
            $0.waiting -= 1
            if $0.start != nil { surplus.add(1, ordering: .relaxed) }
        }
        return value
    }

    private func begin(sparing spared: Int) -> Bool {
        state.withLock { state in
            guard state.waiting < Self.capacity - spared else { return false }
            if let start = state.start {
                if surplus.load(ordering: .relaxed) > 0 {
                    surplus.subtract(1, ordering: .relaxed)
                } else if state.asleep > 0 {
                    state.asleep -= 1
                    unsafe sem_post(bed)
                } else {
                    do throws(SystemError) { try start() } catch { return false }
                }
            }
            state.waiting += 1
            return true
        }
    }

    /// Lets a worker sleep that has no request, if there are more than were configured, until one is needed.
    func rest() {
        guard surplus.load(ordering: .relaxed) > 0 else { return }
        let mayRest = state.withLock { state in
            guard !state.isClosed, surplus.load(ordering: .relaxed) > 0 else { return false }
            surplus.subtract(1, ordering: .relaxed)
            state.asleep += 1
            return true
        }
        guard mayRest else { return }
        while unsafe sem_wait(bed) != 0 {}
    }

    /// Lets workers be started by a closure.
    func open(_ start: @escaping @Sendable () throws(SystemError) -> Void) {
        state.withLock { $0.start = start }
    }

    /// Wakes all who sleep, for good.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for _ in 0..<state.asleep { unsafe sem_post(bed) }
            state.asleep = 0
        }
    }

    /// Forgets how to start workers: the responder has ended.
    func forget() {
        state.withLock { $0.start = nil }
    }
}
