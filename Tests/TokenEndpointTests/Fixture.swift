import LiveKitToken
import RoomAccess
import RoomPattern
import StrictJSON
import Synchronization
import TestSupport
import Testing
import TokenEndpoint

/// A fixture: a deployment, its directory and the time.
///
/// Ada, whose bearer is `bearer-1`, is a host of `stage-1`; a test changes what it is about.
struct Fixture: Sendable {
    var now = NumericDate.sample
    var directory = StubDirectory.Contents()
    var ada = User(id: "ada", did: "did:plc:ada", name: "Ada", isDisabled: false)
    var roles = Role.samples
    var sessions: any SessionSource = DirectorySessions()
    var memberships: any MembershipSource = DirectoryMemberships()
    var lifetime: Int64 = 300
    var bounds: ClosedRange<Int64> = 60...3600
    var identity = ParticipantIdentity.Policy.user
    var unauthenticatedStatus = 403
    var earliestTime = NumericDate(1_767_225_600)  // 2026-01-01

    init() {
        open(session: "bearer-1", of: ada)
        directory.rooms["stage-1"] = StubDirectory.RoomRow(members: ["ada": [Membership(role: "host")]])
    }

    /// Opens a session, or replaces the one of that bearer.
    mutating func open(session bearer: String, of user: User, lasting seconds: Int64 = 3600, isRevoked: Bool = false) {
        let digest = SessionDigest(bearer: bearer.utf8)
        directory.sessions[digest] = DirectorySession(
            user: user,
            expiresAt: NumericDate.sample.advanced(by: seconds),
            isRevoked: isRevoked
        )
    }

    /// What a member of `stage-1` is.
    var stage: StubDirectory.RoomRow {
        get { directory.rooms["stage-1"] ?? StubDirectory.RoomRow() }
        set { directory.rooms["stage-1"] = newValue }
    }

    /// An endpoint in this fixture, and the directory that it asks.
    func endpoint(
        tokenSource: TokenSourcePolicy? = nil
    ) throws -> (endpoint: Endpoint, issuer: Issuer, directory: StubDirectory) {
        let stub = StubDirectory(directory)
        let issuer = Issuer(
            key: try .sample(),
            policy: try #require(
                TokenPolicy(
                    lifetime: lifetime,
                    minimumLifetime: bounds.lowerBound,
                    maximumLifetime: bounds.upperBound,
                    identity: identity
                )
            ),
            join: try #require(JoinPolicy(roles: roles, openRole: "viewer")),
            memberships: memberships,
            newUUID: UUID.counting()
        )
        let endpoint = Endpoint(
            routes: Route.all(
                tokenSource: tokenSource,
                metrics: .init(type: "text/plain") { Array("time \($0.seconds)".utf8) }
            ),
            sessions: sessions,
            directory: stub,
            issuer: issuer,
            policy: .init(ids: .usual, unauthenticatedStatus: unauthenticatedStatus, earliestTime: earliestTime)
        )
        return (endpoint, issuer, stub)
    }

    func respond(to request: HTTPRequest) throws -> Outcome {
        try endpoint().endpoint.respond(to: request, at: now)
    }

    /// The answer to a request for a token, and what the directory was asked for it.
    func ask(_ change: (inout HTTPRequest) -> Void = { _ in }) throws -> Reply {
        var request = HTTPRequest.token()
        change(&request)
        let (endpoint, _, directory) = try endpoint()
        return Reply(endpoint.respond(to: request, at: now), calls: directory.calls)
    }
}

/// An outcome, read as a client and an operator would.
struct Reply {
    let response: HTTPResponse
    let event: AuditEvent?
    let calls: [StubDirectory.Call]

    init(_ outcome: Outcome, calls: [StubDirectory.Call] = []) {
        response = outcome.response
        event = outcome.event
        self.calls = calls
    }

    var status: Int { response.status }
    var body: String { String(decoding: response.body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue(parsing: response.body) }
    var code: String? { json?["code"]?.text?.description }

    func header(_ name: String) -> [String] {
        response.headers.filter { $0.name == name }.map(\.value)
    }

    /// The claims of the token, if its signature is the deployment's.
    var claims: JSONValue? {
        get throws {
            guard let compact = json?["token"]?.text else { return nil }
            let signed = try JSONWebSignature(compact: compact.utf8)
            try #require(signed.isSigned(by: try .sample()))
            return try JSONValue(parsing: signed.payload)
        }
    }

    /// The line for the log without time, level and event.
    var line: String {
        String(
            decoding: JSONWriter.object { event?.write(to: &$0, status: response.status, micros: 17) },
            as: UTF8.self
        )
    }

    /// The operator's word for a refusal.
    var reason: String? {
        (try? JSONValue(parsing: Array(line.utf8)))?["reason"]?.text?.description
    }
}

extension HTTPRequest {
    static func token(
        _ body: String = #"{"roomId":"stage-1"}"#,
        bearer: String = "bearer-1"
    ) -> HTTPRequest {
        var request = HTTPRequest(
            method: "POST",
            path: "/livekit/token",
            contentType: "application/json",
            authorization: Redacted(Array("Bearer \(bearer)".utf8)),
            client: "192.0.2.7",
            id: .sample
        )
        request.send(body)
        return request
    }

    static func health(_ method: UTF8String = "GET") -> HTTPRequest {
        HTTPRequest(method: method, path: "/livekit/health", client: "192.0.2.7", id: .sample)
    }

    /// Sets the body, and the length that belongs to it.
    mutating func send(_ body: String) {
        self.body = Array(body.utf8)
        contentLength = UTF8String("\(self.body.count)")
    }

    /// Sets the `Authorization` header.
    mutating func authorize(_ value: String) {
        authorization = Redacted(Array(value.utf8))
    }
}

extension RequestID {
    static var sample: RequestID {
        guard let id = RequestID("0123456789abcdef0123456789abcdef") else { preconditionFailure("no request id") }
        return id
    }
}

extension IDPattern {
    static let usual = pattern("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")

    static let any = pattern(".+")

    private static func pattern(_ source: String) -> IDPattern {
        guard let pattern = try? RoomPattern(source) else { preconditionFailure("no pattern") }
        return IDPattern(pattern)
    }
}

extension UUID {
    /// 1, 2, 3, … as UUIDs.
    static func counting() -> @Sendable () -> UUID {
        let counter = Counter()
        return { UUID(high: 0, low: counter.next()) }
    }

    private final class Counter: Sendable {
        private let count = Mutex<UInt64>(0)

        func next() -> UInt64 {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }
}
