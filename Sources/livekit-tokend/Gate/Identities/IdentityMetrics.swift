import Daemon
import RoomAccess
import StrictJSON
import Synchronization

/// The metrics of the index of identities since the start of the service, which outlast the index.
final class IdentityMetrics: Sendable {
    private let entries = Atomic<Int64>(0)
    private let readings = Counter()
    private let duration = Atomic<Int64>(0)
    private let failure = Mutex<String?>(nil)

    /// Counts what a reader tells, and writes it down where it is news: the first reading, and one that fails or
    /// succeeds otherwise than the one before.
    func observe(_ event: IdentityReader.Event, log operations: LineSink) {
        switch event {
        case .read(let table, let time):
            let isFirst = readings.value == 0
            readings.increase()
            entries.store(Int64(table.count), ordering: .relaxed)
            duration.store(time, ordering: .relaxed)
            let hadFailed = failure.withLock { $0.take() != nil }
            guard isFirst || hadFailed else { return }
            operations.operation("identity_index.read") {
                $0.member("identities", Int64(table.count))
                $0.member("bytes", Int64(table.size))
                $0.member("ms", time / 1_000_000)
            }
        case .failed(let error):
            let isNews = failure.withLock { failure in
                defer { failure = error.reason }
                return failure != error.reason
            }
            guard isNews else { return }
            operations.operation("identity_index.failed", .error) {
                $0.member("message", UTF8String("who is behind an identity cannot be read: \(error.reason)"))
            }
        }
    }

    /// Forgets an index that is no more.
    func clear() {
        entries.store(0, ordering: .relaxed)
    }

    /// Writes them onto a page.
    func write(to page: inout PrometheusText) {
        page.gauge(
            "livekit_tokend_identity_index_entries",
            entries.load(ordering: .relaxed),
            help: "Users or sessions of the directory whose identities the gate knows."
        )
        page.counter(
            "livekit_tokend_identity_index_readings_total",
            readings.value,
            help: "Times that the gate has read all users or sessions of the directory."
        )
        page.gauge(
            "livekit_tokend_identity_index_reading_seconds",
            PrometheusText.seconds(UInt64(max(0, duration.load(ordering: .relaxed)))),
            help: "Time that the latest of these readings took."
        )
    }
}
