import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import TokenEndpoint

/// A deployment with a gate, and a question of nginx to it: ada, a viewer of `stage-1` with an open session, joins.
struct Site {
    var now = NumericDate.sample
    /// The keys of LiveKit, beside the one that signs here.
    var keys = [("APItwo", "another-secret-of-the-tests-9876543210")]
    var directory = MemoryDirectory.Contents()
    var roles = Role.samples
    var templates = RoomTemplates()
    var grants = Gate.Policy.Grants.dangerous
    var judgesMemberships = true
    var sessions = Gate.Policy.Sessions.anyOfUser
    var admitsUnknownUsers = false

    var claims = Claims()
    /// Instead of what the claims come to.
    var token: String?
    var endpoint: GateEndpoint? = .rtc
    var method: UTF8String = "GET"
    /// `TOKEN` stands for the token.
    var target = "/rtc?access_token=TOKEN&auto_subscribe=1"
    var authorization: String?
    var repeated: String?

    init() {
        add("ada")
        open("bearer-1", of: "ada")
        stage.members["ada"] = [Membership(role: "viewer")]
    }

    var stage: MemoryDirectory.Room {
        get { directory.rooms["stage-1"] ?? MemoryDirectory.Room() }
        set { directory.rooms["stage-1"] = newValue }
    }

    mutating func add(_ user: Identifier, isDisabled: Bool = false) {
        directory.users[user] = User(id: user, did: nil, name: nil, isDisabled: isDisabled)
    }

    mutating func open(_ bearer: String, of user: Identifier, lasting seconds: Int64 = 600, isRevoked: Bool = false) {
        directory.sessions[digest(bearer)] = DirectorySession(
            user: User(id: user, did: nil, name: nil, isDisabled: false),
            expiresAt: .sample.advanced(by: seconds),
            isRevoked: isRevoked
        )
    }

    /// Each session has an identity of its own; the token is of `bearer-1`.
    mutating func identifySessions() {
        sessions = .ofIdentity
        directory.hasIdentityOfSessions = true
        claims.subject = identity("ada", bearer: "bearer-1")
    }

    /// The memberships of ada in the room.
    var memberships: [Membership] {
        get { stage.members["ada"] ?? [] }
        set { stage.members["ada"] = newValue }
    }

    /// The memberships are logins', so that the gate sees none.
    mutating func leaveMembershipsUnjudged() {
        judgesMemberships = false
        sessions = .none
    }

    func request() throws -> GateRequest {
        let token = try token ?? claims.token(by: .sample())
        func bytes(_ text: String) -> Redacted<[UInt8]> {
            Redacted(Array(text.replacing("TOKEN", with: token).utf8))
        }
        guard let id = RequestID("5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918") else { preconditionFailure("no id") }
        return GateRequest(
            endpoint: endpoint,
            method: method,
            target: bytes(target),
            authorization: authorization.map(bytes),
            client: "192.0.2.7",
            id: id,
            repeatedMetaVariable: repeated
        )
    }

    func gate(asking directory: MemoryDirectory) throws -> Gate {
        guard let join = JoinPolicy(roles: roles, openRole: "viewer") else { preconditionFailure("no viewer") }
        return Gate(
            keys: try KeyRing([.sample()] + keys.map { try .sample(id: UTF8String($0), secret: $1) }),
            policy: Gate.Policy(
                grants: grants,
                judgesMemberships: judgesMemberships,
                sessions: sessions,
                admitsUnknownUsers: admitsUnknownUsers,
                earliestTime: NumericDate(1_767_225_600)
            ),
            join: join,
            memberships: judgesMemberships
                ? DirectoryMemberships(templates: templates) : ClaimMemberships(templates: templates),
            directory: directory,
            identities: directory
        )
    }

    func ask() throws -> JoinOutcome {
        try gate(asking: MemoryDirectory(directory)).answer(request(), at: now)
    }

    /// The word of the refusal; `nil` for an admission.
    func reason() throws -> JoinReason? { try ask().event.refusal?.reason }
}
