package import JoinGate
import LiveKitToken
import RoomAccess
import TokenEndpoint

/// The key `gate`: whether the web server asks before each join, and what is judged then.
package struct GateSettings: Sendable {
    /// `gate.grants`.
    package let grants: Gate.Policy.Grants
    /// Whether `gate.memberships` is `unjudged`: logins carry them, and the gate sees no login.
    package let leavesMembershipsUnjudged: Bool

    /// Reads `gate`: `on`, `off`, or a mapping, which is `on`.
    ///
    /// - Returns: `nil` where it is off.
    /// - Throws: as well where the other settings leave the gate nothing to judge by.
    static func read(
        _ root: ConfigurationReader,
        token: TokenPolicy,
        sessions: SessionSettings,
        memberships: MembershipSettings,
        directory: DirectoryURL
    ) throws(ConfigurationError) -> GateSettings? {
        guard let node = try root.take("gate") else { return nil }
        var settings = GateSettings(grants: .dangerous, leavesMembershipsUnjudged: false)
        if root.isMapping("gate"), let section = try root.optionalSection("gate") {
            settings = GateSettings(
                grants: try section.choice("grants") ?? .dangerous,
                leavesMembershipsUnjudged: try section.choice("memberships") == Unjudged.unjudged
            )
            try section.finish()
            try settings.requireUse(memberships, section)
        } else {
            switch node.plainText {
            case "on", "true": break
            case "off", "false": return nil
            default: throw root.error(key: "gate", "must be on, off, or a mapping such as {grants: strict}")
            }
        }
        try settings.requireGrounds(token, sessions, memberships, directory, root)
        return settings
    }

    /// The settings in words, for the log.
    package var words: String {
        if leavesMembershipsUnjudged { return "on, memberships unjudged" }
        return grants == .strict ? "on, strict" : "on"
    }

    private enum Unjudged: String, CaseIterable {
        case unjudged
    }

    /// Refuses a key that says nothing beside the source of memberships.
    private func requireUse(
        _ memberships: MembershipSettings,
        _ section: ConfigurationReader
    ) throws(ConfigurationError) {
        guard leavesMembershipsUnjudged else { return }
        if memberships.source == .directory {
            throw section.error(
                key: "memberships",
                "is unjudged, and memberships.source is directory, whose memberships the gate judges; remove it"
            )
        }
        if grants == .strict {
            throw section.error(
                key: "grants",
                "is strict, and gate.memberships is unjudged, so that the gate knows no roles; write dangerous"
            )
        }
    }

    /// Refuses a gate that could not judge.
    private func requireGrounds(
        _ token: TokenPolicy,
        _ sessions: SessionSettings,
        _ memberships: MembershipSettings,
        _ directory: DirectoryURL,
        _ root: ConfigurationReader
    ) throws(ConfigurationError) {
        func problem(_ words: String) -> ConfigurationError { root.error(key: "gate", words) }
        if directory == .absent {
            throw problem(
                "is on, and directory.url is none; the gate judges by a directory, which has blocks and users: write "
                    + "directory: {url: '\(Defaults.directoryURL)'}, or gate: off"
            )
        }
        if token.identity == .token {
            throw problem(
                "is on, and token.identity is token, which does not say whose token it is; write user or session there"
            )
        }
        if token.identity == .session, sessions.source != .directory {
            throw problem(
                "is on, token.identity is session, and sessions.source is \(sessions.source.rawValue), whose sessions "
                    + "the gate does not see; write token: {identity: user}"
            )
        }
        if memberships.source != .directory, !leavesMembershipsUnjudged {
            throw problem(
                "is on, and memberships.source is \(memberships.source.rawValue), which logins carry and the gate does "
                    + "not see; write gate: {memberships: unjudged} to judge blocks, disabled users and stream "
                    + "sessions alone"
            )
        }
    }
}
