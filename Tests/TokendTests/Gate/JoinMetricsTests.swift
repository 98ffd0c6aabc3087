import Configuration
import Daemon
import JoinGate
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

@Suite struct `The metrics of the gate` {
    private func event(_ endpoint: GateEndpoint?, _ refusal: JoinRefusal?) -> JoinEvent {
        var generator = KernelRandomness()
        let request = GateRequest(
            endpoint: endpoint,
            method: "GET",
            target: Redacted([]),
            client: "",
            id: RequestID(using: &generator)
        )
        return JoinEvent(request, refusal, JoinEvent.Participant())
    }

    private func page(_ metrics: JoinMetrics) -> [String] {
        var page = PrometheusText()
        metrics.write(to: &page)
        return page.text.split(separator: "\n").map(String.init)
    }

    @Test func `count by endpoint and reason, however many threads ask`() {
        let metrics = JoinMetrics()
        inThreads(8) {
            for _ in 0..<500 {
                metrics.count(event(.rtc, nil), took: 1000)
                metrics.count(event(.validate, .denied(.notAMember)), took: 1000)
                metrics.count(event(.rtc, .unavailable(.indexNotInTime)), took: 1000)
                metrics.count(event(nil, .unavailable(.parameters)), took: 1000)
            }
        }
        let lines = page(metrics)
        #expect(lines.contains(#"livekit_tokend_joins_admitted_total{endpoint="rtc"} 4000"#))
        #expect(
            lines.filter { $0.hasPrefix("livekit_tokend_joins_refused_total") && !$0.hasSuffix(" 0") } == [
                #"livekit_tokend_joins_refused_total{endpoint="rtc",reason="index_not_in_time"} 4000"#,
                #"livekit_tokend_joins_refused_total{endpoint="unknown",reason="parameters_unusable"} 4000"#,
                #"livekit_tokend_joins_refused_total{endpoint="validate",reason="not_member"} 4000"#,
            ]
        )
        #expect(lines.contains("livekit_tokend_join_duration_seconds_count 16000"))
        #expect(metrics.totals == (4000, 12_000))
    }

    /// Prometheus takes a counter that begins at 1 for one that has not risen.
    @Test func `have every counter from the start`() {
        let lines = page(JoinMetrics())
        for endpoint in GateEndpoint.allCases {
            #expect(lines.contains(#"livekit_tokend_joins_admitted_total{endpoint="\#(endpoint.rawValue)"} 0"#))
            for reason in JoinReason.allCases {
                let labels = #"{endpoint="\#(endpoint.rawValue)",reason="\#(reason.rawValue)"}"#
                #expect(lines.contains("livekit_tokend_joins_refused_total\(labels) 0"))
            }
        }
    }

    @Test func `are in the status once there are any`() {
        let metrics = Metrics()
        metrics.joins.count(event(.rtc, nil), took: 1)
        #expect(metrics.status(connections: 0).hasSuffix("no refusals, 1 join, no refused joins"))
        metrics.joins.count(event(nil, .unavailable(.parameters)), took: 1)
        #expect(metrics.status(connections: 0).hasSuffix("no refusals, 1 join, 1 refused join"))
    }

    @Test func `name the settings in words`() throws {
        func words(_ yaml: String) throws -> String? {
            try Settings(yaml: Array(yaml.utf8), file: "c", on: LinuxSystem(variables: [:])).gate?.words
        }
        #expect(try words("") == nil && words("gate: off") == nil)
        #expect(try words("gate: on") == "on" && words("gate: {grants: strict}") == "on, strict")
        let claims = "sessions: {source: nginx}\nmemberships: {source: claims}\n"
        #expect(try words(claims + "gate: {memberships: unjudged}") == "on, memberships unjudged")
    }
}
