import Daemon
import FastCGI
import LiveKitToken
import TokenEndpoint

/// The page of `GET /livekit/metrics`: counters, and gauges that are read for each page.
struct MetricsPage: Sendable {
    static let path = "/livekit/metrics"

    let metrics: Metrics
    /// Probed for each page, so that an alert need not wait for a refused request.
    let directory: any Directory
    /// When the key file was last changed; `nil` if the key does not come from a file.
    let keyChangedAt: NumericDate?
    let startedAt: WallClock.Time
    /// The load of the responder.
    let load: Load

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
            help: "Requests refused, by the reason in the log."
        )
        page.histogram(
            "livekit_tokend_request_duration_seconds",
            metrics.requestTime,
            help: "Time from the first byte of a request for a token to its answer, the line in the log included."
        )
        page.histogram(
            "livekit_tokend_directory_duration_seconds",
            metrics.directoryTime,
            help: "Time of a look-up in the directory; a token takes two look-ups."
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
            help: "Audit lines that could not be written; their tokens were not issued."
        )
        page.counter(
            "livekit_tokend_peers_refused_total",
            metrics.peersRefused.value,
            help: "Connections refused because the user of the process is not in peers."
        )
        page.counter(
            "livekit_tokend_accept_failures_total",
            metrics.acceptFailures.value,
            help: "Connections that could not be accepted for lack of descriptors or memory."
        )
        page.counter(
            "livekit_tokend_requests_broken_total",
            metrics.brokenRequests.value,
            help: "Requests that were not FastCGI, or broke off."
        )
        page.counter(
            "livekit_tokend_request_timeouts_total",
            metrics.deadlinesPassed.value,
            help: "Requests that were cut off at their deadline."
        )
    }

    private func writeGauges(to page: inout PrometheusText, at now: NumericDate) {
        page.gauge("livekit_tokend_connections", load.connections, help: "Open connections of web servers.")
        page.gauge(
            "livekit_tokend_workers_busy",
            load.busyWorkers,
            help: "Workers that are busy with a request, the one that writes this page included."
        )
        page.gauge("livekit_tokend_directory_up", isDirectoryUp ? 1 : 0, help: "Whether the directory answers.")
        if let keyChangedAt {
            page.gauge(
                "livekit_tokend_key_age_seconds",
                now.seconds(since: keyChangedAt),
                help: "Age of the key file that was read at the start, since its last change."
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
            help: "Processor time of all threads."
        )
        page.gauge("process_resident_memory_bytes", usage.residentMemory, help: "Resident memory.")
        page.gauge("process_virtual_memory_bytes", usage.virtualMemory, help: "Virtual memory.")
        page.gauge("process_open_fds", usage.openDescriptors, help: "Open descriptors.")
        page.gauge("process_max_fds", usage.maximumDescriptors, help: "Limit of open descriptors.")
        page.gauge(
            "process_start_time_seconds",
            "\(startedAt.date.seconds).\(String(1000 + startedAt.milliseconds).dropFirst())",
            help: "Start of the process, in seconds since 1970."
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
