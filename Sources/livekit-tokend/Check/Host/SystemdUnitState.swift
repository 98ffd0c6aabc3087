import Daemon

/// The state of a unit as the running systemd has it.
struct SystemdUnitState: Equatable {
    /// `LoadState` of systemctl(1): `loaded`, `masked`, `bad-setting` and others.
    let load: String
    /// `ActiveState` of systemctl(1): `active`, `inactive`, `failed` and others.
    let activity: String
    /// When it became active, in microseconds since the machine has started.
    let activeSince: Int64
    /// `Result` of its last run, `success` at first too.
    let result: String
    /// Whether its program has run since the machine has started, or since systemd has forgotten the unit.
    let hasRun: Bool

    var isActive: Bool { activity == "active" }
    var hasFailed: Bool { activity == "failed" || result != "success" }

    /// The properties that are asked for.
    private static let properties = [
        "LoadState", "ActiveState", "ActiveEnterTimestampMonotonic", "Result", "ExecMainStartTimestampMonotonic",
    ]

    /// Asks systemd; `nil` where it does not run, does not answer this user, or does not know the unit.
    init?(of unit: String, by systemctl: String) {
        let arguments = ["show", "--no-pager", "--property=\(Self.properties.joined(separator: ","))", "--", unit]
        guard
            let outcome = try? ChildProcess.run(
                systemctl,
                arguments,
                variables: [("LC_ALL", "C")],
                outputAtMost: 4096,
                within: 5000
            ), outcome.end == .exited(status: 0)
        else { return nil }
        self.init(shown: String(decoding: outcome.output, as: UTF8.self))
    }

    /// Reads what `systemctl show` prints; a unit that is not found has no state.
    init?(shown text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard let load = values["LoadState"], load != "not-found", let activity = values["ActiveState"]
        else { return nil }
        self.load = String(load)
        self.activity = String(activity)
        activeSince = values["ActiveEnterTimestampMonotonic"].flatMap { Int64($0) } ?? 0
        result = values["Result"].map { String($0) } ?? "success"
        hasRun = values["ExecMainStartTimestampMonotonic"] ?? "0" != "0"
    }
}
