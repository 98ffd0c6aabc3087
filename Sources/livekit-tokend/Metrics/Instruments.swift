import Synchronization

/// What only ever rises.
final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    var value: UInt64 { count.load(ordering: .relaxed) }

    func increase(by number: UInt64 = 1) {
        count.wrappingAdd(number, ordering: .relaxed)
    }
}

/// How long things took, in buckets of a fixed width each.
///
/// Two additions that no thread waits for, and no order between them: a page that is written meanwhile may be one
/// observation behind in the sum, and is right by the next.
final class Histogram: Sendable {
    /// Where the buckets end, in nanoseconds: from what a look-up in memory takes to the deadline of a request.
    static let bounds: [Int64] = [
        50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_000_000_000, 3_000_000_000,
    ]

    private let buckets = (0...bounds.count).map { _ in Counter() }
    private let nanoseconds = Counter()

    func observe(_ time: Int64) {
        buckets[Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count].increase()
        nanoseconds.increase(by: UInt64(max(0, time)))
    }

    /// How many were observed up to each bound and beyond the last, and the sum of all in nanoseconds.
    var state: (counts: [UInt64], sum: UInt64) {
        var total: UInt64 = 0
        let counts = buckets.map { bucket in
            total += bucket.value
            return total
        }
        return (counts, nanoseconds.value)
    }
}

/// Something that fails or does not, and why.
final class Condition: Sendable {
    private let isFailing = Atomic<Bool>(false)
    private let reason = Mutex("")

    /// Why the latest attempt failed; `nil` if it did not.
    var trouble: String? { isFailing.load(ordering: .acquiring) ? reason.withLock(\.self) : nil }

    func succeeded() {
        // Read first: what is always false is in every core's cache.
        if isFailing.load(ordering: .relaxed) { isFailing.store(false, ordering: .releasing) }
    }

    func failed(_ why: String) {
        reason.withLock { $0 = why }
        isFailing.store(true, ordering: .releasing)
    }
}
