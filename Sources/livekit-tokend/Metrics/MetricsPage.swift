import FastCGI
import LiveKitToken
import Synchronization
import TokenEndpoint

/// `GET /livekit/metrics`: what has been counted, and what can only be looked at.
struct MetricsPage: Sendable {
    static let path = "/livekit/metrics"

    let metrics: Metrics
    /// Whether it answers is asked for each page, so that an alert need not wait for somebody to be refused.
    let directory: any Directory
    /// When the key file was changed; `nil` if the key comes from elsewhere.
    let keyChangedAt: NumericDate?
    let startedAt: WallClock.Time
    let gauges: Gauges

    /// What the responder alone can tell, which is made later than its handler.
    final class Gauges: Sendable {
        private let source = Mutex<@Sendable () -> (connections: Int, busy: Int)>({ (0, 0) })

        var load: (connections: Int, busy: Int) { source.withLock(\.self)() }

        func read(_ responder: Responder) {
            source.withLock { $0 = { [weak responder] in responder?.load ?? (0, 0) } }
        }
    }

    /// The whole page.
    func text(at now: NumericDate) -> String {
        var page = PrometheusText()
        writeTraffic(to: &page)
        writeFaults(to: &page)
        writeGauges(to: &page, at: now)
        writeProcess(to: &page)
        return page.text
    }

    private func writeTraffic(to page: inout PrometheusText) {
        page.counters(
            "livekit_tokend_requests_total",
            by: "code",
            metrics.requests.sorted { $0.key < $1.key }.map { (String($0.key), $0.value.value) },
            help: "Requests for a token, by the HTTP status of the answer."
        )
        page.counter("livekit_tokend_tokens_issued_total", metrics.tokens.value, help: "Tokens issued.")
        page.counters(
            "livekit_tokend_refusals_total",
            by: "reason",
            metrics.refusals.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) },
            help: "Requests refused, by the reason that the log gives."
        )
        page.histogram(
            "livekit_tokend_request_duration_seconds",
            metrics.requestTime,
            help: "From the first byte of a request for a token to its answer, the line in the log among it."
        )
        page.histogram(
            "livekit_tokend_directory_duration_seconds",
            metrics.directoryTime,
            help: "Look-ups in the directory, of which a token takes two."
        )
    }

    private func writeFaults(to page: inout PrometheusText) {
        page.counter(
            "livekit_tokend_directory_failures_total",
            metrics.directoryFailures.value,
            help: "Look-ups that the directory did not answer."
        )
        page.counter(
            "livekit_tokend_audit_failures_total",
            metrics.auditFailures.value,
            help: "Lines of the log that could not be written: each a token that was not issued."
        )
        page.counter(
            "livekit_tokend_peers_refused_total",
            metrics.peersRefused.value,
            help: "Connections of processes whose user is not among peers."
        )
        page.counter(
            "livekit_tokend_accept_failures_total",
            metrics.acceptFailures.value,
            help: "Connections that could not be accepted, for want of descriptors or memory."
        )
        page.counter(
            "livekit_tokend_requests_broken_total",
            metrics.brokenRequests.value,
            help: "Requests that were no FastCGI, or ended before their end."
        )
        page.counter(
            "livekit_tokend_request_timeouts_total",
            metrics.deadlinesPassed.value,
            help: "Requests that were not over at their deadline, and were cut off."
        )
    }

    private func writeGauges(to page: inout PrometheusText, at now: NumericDate) {
        let load = gauges.load
        page.gauge("livekit_tokend_connections", load.connections, help: "Open connections of web servers.")
        page.gauge(
            "livekit_tokend_workers_busy",
            load.busy,
            help: "Workers that handle a request, the one that writes this among them."
        )
        page.gauge("livekit_tokend_directory_up", isDirectoryUp ? 1 : 0, help: "Whether the directory answers.")
        if let keyChangedAt {
            page.gauge(
                "livekit_tokend_key_age_seconds",
                now.seconds(since: keyChangedAt),
                help: "Since the key file that was read at the start was changed."
            )
        }
        page.gauge(
            "livekit_tokend_build_info",
            1,
            labels: ["version": Program.version],
            help: "The version of the program, as a label."
        )
    }

    private func writeProcess(to page: inout PrometheusText) {
        let usage = ProcessUsage.now
        page.counter(
            "process_cpu_seconds_total",
            PrometheusText.seconds(usage.processorTime),
            help: "Time of processors."
        )
        page.gauge("process_resident_memory_bytes", usage.residentMemory, help: "Memory in use.")
        page.gauge("process_virtual_memory_bytes", usage.virtualMemory, help: "Memory in reach.")
        page.gauge("process_open_fds", usage.openDescriptors, help: "Open descriptors.")
        page.gauge("process_max_fds", usage.maximumDescriptors, help: "Descriptors that may be open.")
        page.gauge(
            "process_start_time_seconds",
            "\(startedAt.date.seconds).\(String(1000 + startedAt.milliseconds).dropFirst())",
            help: "When the process was started, since 1970."
        )
    }

    private var isDirectoryUp: Bool {
        do throws(DirectoryError) {
            try directory.probe()
            return true
        } catch {
            return false
        }
    }
}
