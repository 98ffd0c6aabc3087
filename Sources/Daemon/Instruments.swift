import Synchronization

/// A monotonic counter.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Starts at 0.
    package init() {}

    /// The present value.
    package var value: UInt64 { count.load(ordering: .relaxed) }

    /// Adds a number; any thread may.
    package func increase(by number: UInt64 = 1) {
        count.wrappingAdd(number, ordering: .relaxed)
    }
}

/// A histogram of durations.
///
/// An observation is two additions without a lock and without an order between them: in a page that is written
/// meanwhile the sum may lack one observation, which the next page has.
package final class Histogram: Sendable {
    /// The upper bounds of the buckets, in nanoseconds: from a look-up in memory to the deadline of a request.
    package static let bounds: [Int64] = [
        50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_000_000_000, 3_000_000_000,
    ]

    private let buckets = (0...bounds.count).map { _ in Counter() }
    private let nanoseconds = Counter()

    /// Starts without observations.
    package init() {}

    /// Adds a duration, in nanoseconds; a negative one counts as 0.
    package func observe(_ duration: Int64) {
        buckets[Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count].increase()
        nanoseconds.increase(by: UInt64(max(0, duration)))
    }

    /// The number of observations up to each bound, then of all, and their sum in nanoseconds.
    package var state: (counts: [UInt64], sum: UInt64) {
        var total: UInt64 = 0
        let counts = buckets.map { bucket in
            total += bucket.value
            return total
        }
        return (counts, nanoseconds.value)
    }
}

/// A health flag: whether the latest attempt at something failed, and why.
package final class HealthFlag: Sendable {
    private let isFailing = Atomic<Bool>(false)
    private let reason = Mutex("")

    /// Starts healthy.
    package init() {}

    /// Why the latest attempt failed; `nil` if it succeeded.
    package var failure: String? { isFailing.load(ordering: .acquiring) ? reason.withLock(\.self) : nil }

    /// Notes that an attempt succeeded.
    package func succeeded() {
        // Read first: a value that never changes stays in the cache of every core.
        if isFailing.load(ordering: .relaxed) { isFailing.store(false, ordering: .releasing) }
    }

    /// Notes that an attempt failed.
    package func failed(_ reason: String) {
        self.reason.withLock { $0 = reason }
        isFailing.store(true, ordering: .releasing)
    }
}
