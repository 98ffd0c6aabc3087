import Configuration

// MARK: - What the unit keeps from the service

extension Check {
    /// Adds an error where the unit keeps the service from a file that it needs.
    mutating func isKeptFromService(_ subject: String, _ path: String, isWritten: Bool) -> Bool {
        guard let units, units.has(SystemdUnits.service) else { return false }
        let sandbox = Sandbox(units)
        guard let obstacle = sandbox.obstacle(to: path, isWritten: isWritten) else { return false }
        addObstacle(subject, path, obstacle, isWritten: isWritten, sandbox)
        return true
    }

    private mutating func addObstacle(
        _ subject: String,
        _ path: String,
        _ obstacle: String,
        isWritten: Bool,
        _ sandbox: Sandbox
    ) {
        let place = sandbox.stateFolder ?? "a folder that the unit names in StateDirectory="
        let isReadOnly = isWritten && obstacle != "PrivateTmp=" && !obstacle.hasPrefix("ProtectHome=")
        let what = isReadOnly ? "cannot write" : "does not see"
        let folder = FilePath.parent(of: path)
        let edit =
            isReadOnly
            ? ", or run systemctl edit \(SystemdUnits.service), write ReadWritePaths=\(folder) under [Service], and "
                + "restart"
            : ""
        add(
            .error,
            subject,
            "the service \(what) \(path), by \(obstacle) of \(SystemdUnits.service); put it into \(place)\(edit)",
            isConfiguration: true
        )
    }
}
