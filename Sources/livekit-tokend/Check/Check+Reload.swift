import Configuration
import Daemon
import LiveKitToken

// MARK: - What the running service has taken over

extension Check {
    /// Warns where the running service works with something else than the configuration as it is now.
    ///
    /// A service that does not run, or does not answer this user, has been told of already.
    mutating func checkReload(_ path: String, _ settings: Settings, at socket: SocketLocation) {
        // Root is one of peers only where the service is root's.
        if user.user == 0, FileStatus(socket.path)?.owner != 0 { return }
        guard let report = try? ConfigurationReport.ofService(at: socket.path) else { return }
        let reload = socket.isOfUnit ? "systemctl reload livekit-tokend" : "send it SIGHUP"
        let restart = socket.isOfUnit ? "systemctl restart livekit-tokend" : "restart it"
        guard Self.realPath(report.path) == Self.realPath(path) else {
            return add(.warning, "reload", "the service works with \(report.path), and not with \(path)")
        }
        if let refusal = report.refusal {
            add(
                .error,
                "reload",
                "the service refused the latest reload, and works as before: \(refusal); mend that, and: \(reload)",
                isConfiguration: true
            )
        } else if report.checksum != FileChecksum(ofFile: path)?.description {
            add(.warning, "reload", "the service has not taken over \(path) as it is now: \(reload)")
        }
        if !report.keysForRestart.isEmpty {
            let keys = report.keysForRestart.joined(separator: ", ")
            add(.warning, "reload", "the service takes over \(keys) at a restart alone: \(restart)")
        }
        checkKeyInUse(settings, report, reload: reload, restart: restart)
    }

    private mutating func checkKeyInUse(
        _ settings: Settings,
        _ report: ConfigurationReport,
        reload: String,
        restart: String
    ) {
        // The key may come from the service's environment, of which this process knows nothing.
        guard let read = report.keyChangedAt, let written = settings.liveKit.keySource.changedAt(on: system)?.seconds,
            read != written
        else { return }
        add(
            .warning,
            "reload",
            report.isKeyCredential
                ? "the service has the key file as it was at its start, when systemd passed it on: \(restart)"
                : "the service has not read the key file as it is now: \(reload)"
        )
    }
}
