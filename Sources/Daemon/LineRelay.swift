import CLinux
import Glibc

/// A relay of lines to a descriptor whose writes may wait: a thread writes them, and only that thread waits.
///
/// An inherited pipe or terminal belongs to other processes too. It cannot be made to refuse instead of to wait without
/// doing so to them, nor can another user's be opened a second time.
///
/// A line leaves the queue when the reader has room for it. So a line that was given up before is written by no one,
/// also where the reader goes on an hour later.
final class LineRelay: @unchecked Sendable {
    private let descriptor: Int32
    /// Milliseconds for which a line may wait.
    private let patience: Int64
    private let condition = Condition()

    // Under the condition's lock:
    private var queue: [Line] = []
    /// Whether a line was given up, and the reader has had no room since.
    private var isStuck = false
    private var isRunning = false

    /// A line that a writer waits for.
    private final class Line {
        let bytes: [UInt8]
        var outcome: Result<Void, LineSink.Failure>?

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }
    }

    init(to descriptor: Int32, patience: Int64) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// Hands over a line with its end, and waits until it is written.
    ///
    /// - Throws: `.stuck` if it was not in time. It is not written later either, unless the reader had room for some of
    ///   it.
    func write(_ bytes: [UInt8]) throws(LineSink.Failure) {
        let line = Line(bytes)
        let outcome: Result<Void, LineSink.Failure> = condition.withLock {
            guard !isStuck else { return .failure(.stuck) }
            if !isRunning {
                guard startThread() else { return .failure(.failed(errno: EAGAIN)) }
                isRunning = true
            }
            queue.append(line)
            condition.wakeAll()
            let deadline = MonotonicClock.nanoseconds + patience * 1_000_000
            while line.outcome == nil, condition.wait(until: deadline) {}
            if let outcome = line.outcome { return outcome }
            queue.removeAll { $0 === line }
            isStuck = true
            return .failure(.stuck)
        }
        try outcome.get()
    }

    private func startThread() -> Bool {
        var thread = pthread_t()
        let relay = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<LineRelay>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            },
            relay.toOpaque()
        )
        if code == 0 { pthread_detach(thread) } else { unsafe relay.release() }
        return code == 0
    }

    /// The relay's thread, which ends with the process.
    private func run() {
        while true {
            condition.withLock { while queue.isEmpty { condition.wait() } }
            waitForReader()
            let line: Line? = condition.withLock {
                isStuck = false
                return queue.isEmpty ? nil : queue.removeFirst()
            }
            guard let line else { continue }
            let outcome = writeWhole(line.bytes)
            condition.withLock {
                isStuck = false
                line.outcome = outcome
                condition.wakeAll()
            }
        }
    }

    /// Waits until a write would not, or would fail.
    private func waitForReader() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while unsafe poll(&entry, 1, -1) < 0 {
            // An invalid descriptor is for the write to report; memory may be there again in a while.
            if errno != EINTR { usleep(10_000) }
        }
    }

    private func writeWhole(_ bytes: [UInt8]) -> Result<Void, LineSink.Failure> {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Another process has made it refuse.
                waitForReader()
            } else if errno != EINTR {
                return .failure(.failed(errno: errno))
            }
        }
        return .success(())
    }
}

/// A lock with a condition (pthread_cond_wait(3)) on the monotonic clock.
@safe
private final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        _ = unsafe pthread_condattr_init(&attributes)
        _ = unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        _ = unsafe pthread_mutex_init(mutex, nil)
        _ = unsafe pthread_cond_init(condition, &attributes)
    }

    deinit {
        _ = unsafe pthread_cond_destroy(condition)
        _ = unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<Value>(_ body: () -> Value) -> Value {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// To be called with the lock held, as the two that follow.
    func wait() {
        _ = unsafe pthread_cond_wait(condition, mutex)
    }

    /// - Returns: whether it was woken before the time, in nanoseconds of the monotonic clock.
    func wait(until time: Int64) -> Bool {
        var time = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        return unsafe pthread_cond_timedwait(condition, mutex, &time) == 0
    }

    func wakeAll() {
        _ = unsafe pthread_cond_broadcast(condition)
    }
}
