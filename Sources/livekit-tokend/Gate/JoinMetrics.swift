import Daemon
import JoinGate

/// The metrics of the gate since the start of the service.
final class JoinMetrics: Sendable {
    /// The label of the word of an endpoint that this program does not know.
    private static let unknown = "unknown"

    private let admitted = Dictionary(uniqueKeysWithValues: GateEndpoint.allCases.map { ($0, Counter()) })
    /// All are there from the start, as those of the token endpoint are; of an unknown endpoint, those that it has.
    private let refused: [String: [JoinReason: Counter]] = {
        func counters(_ reasons: [JoinReason]) -> [JoinReason: Counter] {
            Dictionary(uniqueKeysWithValues: reasons.map { ($0, Counter()) })
        }
        var all = Dictionary(
            uniqueKeysWithValues: GateEndpoint.allCases.map { ($0.rawValue, counters(JoinReason.allCases)) }
        )
        all[unknown] = counters([.parametersUnusable, .auditUnavailable])
        return all
    }()
    private let time = Histogram()

    /// Counts a decision, and the nanoseconds that it took.
    func count(_ event: JoinEvent, took duration: Int64) {
        time.observe(duration)
        if let refusal = event.refusal {
            refused[event.endpoint?.rawValue ?? Self.unknown]?[refusal.reason]?.increase()
        } else if let endpoint = event.endpoint {
            admitted[endpoint]?.increase()
        }
    }

    /// Those who were admitted, and those who were refused.
    var totals: (admitted: UInt64, refused: UInt64) {
        (
            admitted.values.reduce(0) { $0 + $1.value },
            refused.values.reduce(0) { $1.values.reduce($0) { $0 + $1.value } }
        )
    }

    /// Writes all of them onto a page.
    func write(to page: inout PrometheusText) {
        page.counters(
            "livekit_tokend_joins_admitted_total",
            by: "endpoint",
            admitted.map { ($0.key.rawValue, $0.value.value) }.sorted { $0.0 < $1.0 },
            help: "Requests that the gate let through to LiveKit."
        )
        page.counters(
            "livekit_tokend_joins_refused_total",
            by: ("endpoint", "reason"),
            refused.flatMap { endpoint, reasons in reasons.map { (endpoint, $0.key.rawValue, $0.value.value) } }
                .sorted { ($0.0, $0.1) < ($1.0, $1.1) },
            help: "Requests that the gate kept from LiveKit, by the reason that the log gives."
        )
        page.histogram(
            "livekit_tokend_join_duration_seconds",
            time,
            help: "Time from the first byte of a question to the gate to its answer, the line in the log included."
        )
    }
}
