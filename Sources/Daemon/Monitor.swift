import CLinux
import Glibc

/// A value behind a lock whose change threads can wait for (pthread_cond_timedwait(3)), by the monotonic clock.
///
/// It is unchecked because of the value, which only the thread touches that has the lock.
@safe
package final class Monitor<Value>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe change = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(change, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(change)
        unsafe change.deallocate()
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    /// Changes the value, and wakes all who wait.
    package func change<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        defer { unsafe pthread_cond_broadcast(change) }
        return body(&value)
    }

    /// Waits until a body has a result.
    ///
    /// - Parameters:
    ///   - deadline: nanoseconds of the monotonic clock; `nil` for no end.
    ///   - body: asked now and after each change; it may change the value itself, which wakes nobody.
    /// - Returns: `nil` if it has none by the deadline.
    package func wait<Result>(until deadline: Int64? = nil, _ body: (inout Value) -> Result?) -> Result? {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&value) { return result }
            guard let deadline else {
                unsafe pthread_cond_wait(change, lock)
                continue
            }
            var end = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if unsafe pthread_cond_timedwait(change, lock, &end) == ETIMEDOUT { return body(&value) }
        }
    }
}
