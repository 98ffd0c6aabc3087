import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

// What `explain` says and what the endpoint does, of one deployment.

/// A directory in memory, of rooms with one user's memberships and of users.
final class MemoryDirectory: Directory, DirectorySnapshot {
    struct Contents: Sendable {
        var users: [Identifier: User] = [:]
        var sessions: [SessionDigest: DirectorySession] = [:]
        var rooms: [Identifier: RoomEntry] = [:]
    }

    private let contents: Contents

    init(_ contents: Contents) { self.contents = contents }

    func snapshot() -> any DirectorySnapshot { self }
    func probe() {}
    func end() {}
    func session(_ digest: SessionDigest) -> DirectorySession? { contents.sessions[digest] }
    func user(_ id: Identifier) -> User? { contents.users[id] }
    func room(_ room: Identifier, user: Identifier, at now: NumericDate) -> RoomEntry? { contents.rooms[room] }
}

/// A deployment, its directory, a login and a request.
struct ExplainedState: CustomStringConvertible {
    var yaml = ""
    var directory = MemoryDirectory.Contents()
    var user: Identifier
    var bearer: [UInt8]?
    var parameters: [LoginParameter: String] = [:]
    let scene: Identifier?
    let event: Identifier?
    let room: Identifier

    /// A user, a request, and rooms of the directory, at random.
    init(using generator: inout SeededGenerator) {
        let ids: [Identifier] = ["a", "b", "c", "ab"]
        (user, room) = (generator.pick(["ada", "bob"]), generator.pick(ids))
        (scene, event) = (generator.pick([nil, nil, "s", "t"]), generator.pick([nil, nil, "e", "f"]))
        let roles: [Identifier] = ["host", "speaker", "viewer", "wizard"]
        for id in ids.prefix(Int.random(in: 0...4, using: &generator)) {
            let streams = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                StreamSession(
                    scene: generator.pick([nil, "s"]),
                    event: generator.pick([nil, "e"]),
                    opensAt: Self.time(using: &generator),
                    closesAt: Self.time(using: &generator)
                )
            }
            directory.rooms[id] = RoomEntry(
                access: generator.pick([.open, .restricted]),
                memberships: (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                    Membership(
                        role: generator.pick(roles),
                        scene: generator.pick([nil, nil, "s"]),
                        event: nil,
                        expiresAt: Self.time(using: &generator)
                    )
                },
                isScheduled: !streams.isEmpty || generator.pick([true, false, false]),
                streamSessions: streams
            )
        }
    }

    static func time(using generator: inout SeededGenerator) -> NumericDate? {
        let seconds: [Int64?] = [nil, nil, -50, 0, 9, 10, 59, 60, 200, 400]
        return generator.pick(seconds).map { NumericDate.sample.advanced(by: $0) }
    }

    /// The sections `token` and `rooms` of a configuration, at random.
    static func sections(isDirectory: Bool, using generator: inout SeededGenerator) -> [String] {
        let templates = generator.pick([
            "", "{match: 'c*', access: open, role: speaker, agents: [narrator]}", "{match: '*', access: open}",
            "{match: 'b', access: \(isDirectory ? "open" : "restricted")}",
        ])
        let (ttl, identity) = (generator.pick(["5m", "10m"]), generator.pick(["user", "session", "token"]))
        return ["token: {ttl: \(ttl), min_ttl: 1m, identity: \(identity)}", "rooms: {templates: [\(templates)]}"]
    }

    /// What a login says of rooms, right and wrong.
    static let claims = [
        "{}", #"{"a":["host"]}"#, #"{"a*":["speaker"],"b":["viewer"]}"#, #"{"*":[{"role":"speaker","scene":"s"}]}"#,
        #"{"a":[{"role":"viewer","until":1795473600}]}"#, #"{"a":[{"role":"host","until":1795473700}],"b":[7]}"#,
        #"{"a":["wizard"]}"#, "garbage", #"["a"]"#, #"{"a":"host"}"#,
    ]

    /// What groups give, as a configuration has it.
    static let rooms =
        "{crew: {'a*': [host]}, staff: {'*': [{role: speaker, event: e}], b: [viewer]}, guests: {c: [viewer]}}"

    var description: String { "\(yaml)\n\(user) in \(room), \(parameters), \(directory)" }

    var login: LoginParameters {
        var login = LoginParameters()
        for (parameter, text) in parameters { login[parameter] = Array(text.utf8) }
        return login
    }

    var request: TokenRequest { TokenRequest(room: room, scene: scene, event: event) }
}

/// A deployment as a service has it, and as a command does.
struct ExplainedDeployment {
    let state: ExplainedState
    let settings: Settings
    private let issuer: Issuer
    private let service: any SessionSource
    /// It has learnt nothing from requests.
    private let command: any SessionSource
    private let directory: MemoryDirectory

    init(_ state: ExplainedState) throws {
        self.state = state
        let key = try APIKey.sample()
        settings = try Settings(
            yaml: Array(state.yaml.utf8),
            file: "/nowhere/config.yaml",
            on: LinuxSystem(variables: [:])
        )
        issuer = Issuer(settings, key: key)
        service = try settings.sessionSource(beside: key)
        command = try settings.sessionSource(beside: key)
        directory = MemoryDirectory(state.directory)
    }

    /// The answer of the endpoint, and what its log has.
    var outcome: Outcome {
        var body = JSONWriter()
        body.object { json in
            json.member("roomId", state.room.text)
            json.member(ifPresent: "sceneId", state.scene?.text)
            json.member(ifPresent: "eventId", state.event?.text)
        }
        var generator = SeededGenerator(seed: 1)
        // Of a token that the web server passes, the client's own header says nothing.
        let bearer = state.parameters[.jwt] == nil ? state.bearer : nil
        let request = HTTPRequest(
            method: "POST",
            path: "/livekit/token",
            contentType: "application/json",
            contentLength: UTF8String("\(body.bytes.count)"),
            authorization: bearer.map { Redacted(Array("Bearer ".utf8) + $0) },
            login: state.login,
            body: body.bytes,
            client: "192.0.2.7",
            id: RequestID(using: &generator)
        )
        let endpoint = Endpoint(
            routes: Route.all(tokenSource: nil, metrics: .init(type: "text/plain") { _ in [] }),
            sessions: service,
            directory: directory,
            issuer: issuer,
            policy: .init(ids: settings.rooms.ids, unauthenticatedStatus: 403, earliestTime: NumericDate(0))
        )
        return endpoint.respond(to: request, at: .sample)
    }

    private func account(of login: OperatorLogin) -> Account {
        Account(of: login, state.request, settings, issuer, in: directory.snapshot(), at: .sample)
    }

    /// What the same login is told by the command.
    var explained: Account {
        guard let bearer = state.bearer.flatMap({ BearerToken($0[...], atMost: command.maximumBearerLength) }) else {
            let credential = Credential(.failure(.noAuthorization), login: state.login)
            return account(of: OperatorLogin(source: command, credential: credential, user: nil))
        }
        return account(of: OperatorLogin(of: bearer, by: command, settings))
    }

    /// What is said of the user by id, with what the login says of memberships as options.
    var explainedByID: Account {
        get throws {
            var options = (rooms: state.parameters[.rooms], groups: state.parameters[.groups])
            if settings.memberships.source != .claims { options.rooms = nil }
            if settings.memberships.source != .groups || options.groups == "" { options.groups = nil }
            let claim = try ClaimOptions(rooms: options.rooms, groups: options.groups).claim(settings)
            return account(of: OperatorLogin(of: state.user, claim: claim, settings))
        }
    }

    /// Fails unless an account says what an answer does, and what its line in the log has.
    func expect(_ account: Account, toBe outcome: Outcome) throws {
        let text = String(decoding: outcome.response.body, as: UTF8.self)
        switch account.decision {
        case .success(let decision):
            try #require(outcome.response.status == 200, "\(state)\n\(text)")
            let token = try #require(JSONValue(parsing: outcome.response.body)["token"]?.text)
            let claims = try JSONValue(parsing: JSONWebSignature(compact: token.utf8).payload)
            let video = JSONWriter.object { json in
                VideoGrant(room: state.room.text, permissions: decision.admission.permissions).write(to: &json)
            }
            #expect(claims["video"] == (try JSONValue(parsing: video)), "\(state)")
            #expect(claims["exp"] == .integer(decision.end.date.seconds), "\(state)")
            let metadata = try JSONValue(parsing: #require(claims["metadata"]?.text).utf8)
            #expect(metadata["roles"] == .array(decision.admission.roles.map { .string($0.text) }), "\(state)")
            if let identity = account.explanation?.identity {
                #expect(claims["sub"] == .string(identity.text), "\(state)")
            }
            #expect((account.explanation?.identity == nil) == (account.settings.token.identity == .token), "\(state)")
        case .failure(let refusal):
            guard case .refused(let found, let caller)? = outcome.event?.result else {
                Issue.record("not refused: \(state)\n\(text)")
                return
            }
            #expect(found == refusal, "\(state)")
            #expect(caller.user == account.session?.user.id, "\(state)")
            let status = refusal.exitStatus == .unavailable ? 503 : 403
            #expect(outcome.response.status == status, "\(refusal): \(state)")
        }
        // Both forms can be written of every state, a line each.
        #expect(account.words.allSatisfy { !$0.contains("\n") })
        _ = try JSONValue(parsing: JSONWriter.object { account.write(to: &$0) })
    }
}
