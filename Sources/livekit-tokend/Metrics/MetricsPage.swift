import Daemon
import FastCGI
import JWTSessions
import LiveKitToken
import RoomAccess

/// The page of `GET /livekit/metrics`: counters, and gauges that are read for each page.
struct MetricsPage: Sendable {
    let metrics: Metrics
    /// Probed for each page, so that an alert need not wait for a refused request.
    let directory: any Directory
    /// The logins by token; `nil` if there are none.
    let logins: JWTLogins?
    let isGateOn: Bool
    /// When the key file was last changed; `nil` if the key does not come from a file.
    let keyChangedAt: NumericDate?
    let startedAt: WallClock.Time
    /// When the configuration was read that is in force.
    let configuredAt: WallClock.Time
    /// The load of the responder.
    let load: Load

    /// The whole page.
    func text(at now: NumericDate) -> String {
        var page = PrometheusText()
        metrics.write(to: &page)
        writeGauges(to: &page, at: now)
        if let logins { writeKeySets(logins.keySets(at: now), to: &page, at: now) }
        if isGateOn {
            metrics.joins.write(to: &page)
            metrics.identities.write(to: &page)
        }
        writeProcess(to: &page)
        return page.text
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
                help: "Age of the key file in use, since its last change."
            )
        }
        page.gauge(
            "livekit_tokend_config_last_reload_successful",
            metrics.reload.failure == nil ? 1 : 0,
            help: "Whether the configuration was taken over when it was read last."
        )
        page.gauge(
            "livekit_tokend_config_last_reload_success_timestamp_seconds",
            configuredAt.seconds,
            help: "When the configuration in force was read, in seconds since 1970."
        )
        page.gauge(
            "livekit_tokend_build_info",
            1,
            labels: ["version": Program.version],
            help: "The version of the program, as a label."
        )
    }

    private func writeKeySets(_ all: [KeySetStatus], to page: inout PrometheusText, at now: NumericDate) {
        // Two issuers may have one file.
        let sets = all.enumerated().filter { index, set in
            !all[..<index].contains { $0.file.path == set.file.path }
        }.map(\.element)
        page.gauges(
            "livekit_tokend_key_set_up",
            by: "file",
            sets.map { ($0.file.path, $0.isUsable ? 1 : 0) },
            help: "Whether there is a key set that is not too old to verify tokens with."
        )
        page.gauges(
            "livekit_tokend_key_set_keys",
            by: "file",
            sets.map { ($0.file.path, Int64($0.keys ?? 0)) },
            help: "Keys in use of each key set."
        )
        page.gauges(
            "livekit_tokend_key_set_age_seconds",
            by: "file",
            // One that is kept by hand grows never old.
            sets.filter { $0.file.url != nil }.compactMap { set in
                set.confirmedAt.map { (set.file.path, now.seconds(since: $0)) }
            },
            help: "Time since a fetch has confirmed or replaced each key set in use."
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
