package import LiveKitToken
package import RoomAccess

/// The values that hold where a configuration says nothing; deploy/config.example.yaml shows each of them.
package enum Defaults {
    /// The path of the configuration itself.
    package static let configurationPath = "/etc/livekit-tokend/config.yaml"

    /// `listen`.
    package static let listenPath = "/run/livekit-tokend.sock"

    /// `workers`: two for each processor, and at least four.
    package static func workers(processors: Int) -> Int { max(4, 2 * processors) }

    /// `peers`: the users that the machine has of these.
    package static let peers = ["www-data"]

    /// `token.ttl`, in seconds.
    package static let lifetime: Int64 = 300

    /// `token.min_ttl`, in seconds.
    package static let minimumLifetime: Int64 = 60

    /// `token.max_ttl`, in seconds.
    package static let maximumLifetime: Int64 = 3600

    /// `token.identity`.
    package static let identity = ParticipantIdentity.Policy.user

    /// `rooms.pattern`.
    package static let idPattern = "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"

    /// `rooms.open_role`.
    package static let openRole = "viewer"

    /// `roles`.
    package static let roles: [Identifier: Role] = {
        var roles: [Identifier: Role] = [:]
        for (name, role) in JoinPolicy.builtInRoles {
            if let name = Identifier(name) { roles[name] = role }
        }
        return roles
    }()

    /// `sessions.source`.
    package static let sessionSource = SessionSettings.Source.directory

    /// `sessions.users`.
    package static let users = VouchedSessions.Users.known

    /// `memberships.source`.
    package static let membershipSource = MembershipSettings.Source.directory

    /// `directory.url`.
    package static let directoryURL = DirectoryURL.sqlite(path: "/var/lib/livekit-tokend/directory.sqlite")

    /// `http.unauthenticated_status`.
    package static let unauthenticatedStatus = 403
}
