import Daemon
import TestSupport
import Testing

@Suite struct `A histogram` {
    @Test(
        arguments: [
            (0, 0), (-5, 0), (1, 0), (50_000, 0), (50_001, 1), (100_000, 1), (3_000_000_000, 15), (3_000_000_001, 16),
            (.max, 16),
        ] as [(Int64, Int)]
    )
    func `puts a time into the first bucket that ends at it or later`(_ time: Int64, _ bucket: Int) {
        let histogram = Histogram()
        histogram.observe(time)
        let (counts, sum) = histogram.state
        #expect(counts == (0...Histogram.bounds.count).map { $0 < bucket ? 0 : 1 }, "each counts those before it too")
        #expect(sum == UInt64(max(0, time)))
    }

    @Test func `loses nothing of what many threads observe at once`() {
        let histogram = Histogram()
        inThreads(8) { for time in 0..<10_000 { histogram.observe(Int64(time) * 1000) } }
        #expect(histogram.state.counts.last == 80_000)
        #expect(histogram.state.sum == 8 * 49_995_000_000)
    }
}

@Suite struct `A health flag` {
    @Test func `knows why the latest attempt failed, and no more once one succeeds`() {
        let flag = HealthFlag()
        #expect(flag.failure == nil)
        flag.succeeded()
        flag.failed("first")
        flag.failed("second")
        #expect(flag.failure == "second")
        flag.succeeded()
        #expect(flag.failure == nil)
    }
}
