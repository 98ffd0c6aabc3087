package import LiveKitToken
package import RoomAccess
import StrictJSON

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

    /// `sessions.jwt.max_age`, in seconds.
    package static let keySetAge: Int64 = 7 * 86_400

    /// `sessions.jwt.algorithms` of a key set.
    ///
    /// Without ES384, which is slow to verify, also where it is forged.
    package static let signatureAlgorithms: Set<SignatureAlgorithm> = [.es256, .rs256, .edDSA]

    /// `sessions.jwt.claims`.
    package static let tokenClaims = {
        func path(_ name: UTF8String) -> ClaimPath {
            guard let path = ClaimPath([name]) else { preconditionFailure("\(name) is no path") }
            return path
        }
        return JWTIssuer.Claims(user: path("sub"), name: path("name"), did: path("did"), session: path("sid"))
    }()

    /// `sessions.jwt.from`.
    package static let tokenPlace = JWTSettings.Place.header

    /// `sessions.jwt.max_length`.
    package static let tokenLength = 16_000

    /// `memberships.source`.
    package static let membershipSource = MembershipSettings.Source.directory

    /// `directory.url`.
    package static let directoryURL = DirectoryURL.sqlite(path: "/var/lib/livekit-tokend/directory.sqlite")

    /// `http.unauthenticated_status`.
    package static let unauthenticatedStatus = 403
}
