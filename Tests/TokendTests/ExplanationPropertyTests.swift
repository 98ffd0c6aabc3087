import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

/// A directory in memory, of rooms with one user's memberships and of users.
private final class MemoryDirectory: Directory, DirectorySnapshot {
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

/// A deployment, its directory and a request, at random.
private struct State: CustomStringConvertible {
    let yaml: String
    var directory = MemoryDirectory.Contents()
    var user: Identifier
    var bearer: [UInt8]?
    var parameters: [LoginParameter: String] = [:]
    var scene: Identifier?
    var event: Identifier?
    var room: Identifier

    var description: String { "\(yaml)\n\(user) in \(room), \(parameters), \(directory)" }

    private static let claims = [
        "{}", #"{"a":["host"]}"#, #"{"a*":["speaker"],"b":["viewer"]}"#, #"{"*":[{"role":"speaker","scene":"s"}]}"#,
        #"{"a":[{"role":"viewer","until":1795473600}]}"#, #"{"a":[{"role":"host","until":1795473700}],"b":[7]}"#,
        #"{"a":["wizard"]}"#, "garbage", #"["a"]"#, #"{"a":"host"}"#,
    ]
    private static let groups = ["", "crew", "crew,staff", "guests", "nobody", "staff,guests,crew"]

    init(using generator: inout SeededGenerator) {
        func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &generator)] }
        let isDirectory = pick([true, false, false])
        let memberships = isDirectory ? "directory" : pick(["directory", "claims", "groups"])
        let templates = pick([
            "", "{match: 'c*', access: open, role: speaker, agents: [narrator]}", "{match: '*', access: open}",
            "{match: 'b', access: \(memberships == "directory" ? "open" : "restricted")}",
        ])
        var lines = [
            "peers: []",
            "token: {ttl: \(pick(["5m", "10m"])), min_ttl: 1m, identity: \(pick(["user", "session", "token"]))}",
            "rooms: {templates: [\(templates)]}",
            "sessions: {source: \(isDirectory ? "directory" : "nginx")"
                + (isDirectory ? "}" : ", users: \(pick(["known", "any"]))}"),
        ]
        switch memberships {
        case "claims": lines.append("memberships: {source: claims}")
        case "groups":
            lines.append(
                "memberships: {source: groups, groups_separator: ',', rooms: {crew: {'a*': [host]}, "
                    + "staff: {'*': [{role: speaker, event: e}], b: [viewer]}, guests: {c: [viewer]}}}"
            )
        default: lines.append("memberships: {source: directory}")
        }
        yaml = lines.joined(separator: "\n") + "\n"

        let ids: [Identifier] = ["a", "b", "c", "ab"]
        (user, room) = (pick(["ada", "bob"]), pick(ids))
        (scene, event) = (pick([nil, nil, "s", "t"]), pick([nil, nil, "e", "f"]))
        func time() -> NumericDate? {
            let seconds: [Int64?] = [nil, nil, -50, 0, 9, 10, 59, 60, 200, 400]
            return pick(seconds).map { NumericDate.sample.advanced(by: $0) }
        }
        let roles: [Identifier] = ["host", "speaker", "viewer", "wizard"]
        for id in ids.prefix(Int.random(in: 0...4, using: &generator)) {
            let streams = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                StreamSession(scene: pick([nil, "s"]), event: pick([nil, "e"]), opensAt: time(), closesAt: time())
            }
            directory.rooms[id] = RoomEntry(
                access: pick([.open, .restricted]),
                memberships: (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                    Membership(role: pick(roles), scene: pick([nil, nil, "s"]), event: nil, expiresAt: time())
                },
                isScheduled: !streams.isEmpty || pick([true, false, false]),
                streamSessions: streams
            )
        }
        let ada = User(id: user, did: "did:web:a", name: "Ada", isDisabled: pick([true, false, false, false]))
        if pick([true, true, false]) { directory.users[user] = ada }
        if isDirectory {
            bearer = Array("bearer-1".utf8)
            let session = DirectorySession(user: ada, expiresAt: time() ?? .sample.advanced(by: 3600), isRevoked: false)
            if pick([true, true, true, false]) { directory.sessions[digest("bearer-1")] = session }
        } else {
            parameters[.user] = user.description
            parameters[.name] = pick([nil, "Ada L.", "\u{202E}"])
            parameters[.session] = pick([nil, "session-1"])
            parameters[.sessionEnd] = time().map { "\($0.seconds)" }
            parameters[.rooms] = pick(Self.claims)
            parameters[.groups] = pick(Self.groups)
        }
    }

    var login: LoginParameters {
        var login = LoginParameters()
        for (parameter, text) in parameters { login[parameter] = Array(text.utf8) }
        return login
    }

    var request: TokenRequest { TokenRequest(room: room, scene: scene, event: event) }
}

/// Whatever the source of sessions and of memberships: what `explain` says is what the endpoint does.
@Suite struct `An explanation` {
    private struct Deployment {
        let state: State
        let settings: Settings
        let issuer: Issuer
        let source: any SessionSource
        let directory: MemoryDirectory
        let key: APIKey

        init(_ state: State) throws {
            self.state = state
            key = try .sample()
            settings = try Settings(
                yaml: Array(state.yaml.utf8),
                file: "/nowhere/config.yaml",
                on: LinuxSystem(variables: [:])
            )
            issuer = Issuer(settings, key: key)
            source = try settings.sessionSource(beside: key)
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
            let request = HTTPRequest(
                method: "POST",
                path: "/livekit/token",
                contentType: "application/json",
                contentLength: UTF8String("\(body.bytes.count)"),
                authorization: state.bearer.map { Redacted(Array("Bearer ".utf8) + $0) },
                login: state.login,
                body: body.bytes,
                client: "192.0.2.7",
                id: RequestID(using: &generator)
            )
            let endpoint = Endpoint(
                routes: Route.all(tokenSource: nil, metrics: .init(type: "text/plain") { _ in [] }),
                sessions: source,
                directory: directory,
                issuer: issuer,
                policy: .init(ids: settings.rooms.ids, unauthenticatedStatus: 403, earliestTime: NumericDate(0))
            )
            return endpoint.respond(to: request, at: .sample)
        }

        func account(of login: OperatorLogin) -> Account {
            Account(of: login, state.request, settings, issuer, in: directory.snapshot(), at: .sample)
        }

        /// What the same login is told by the command.
        var explained: Account {
            let bearer = state.bearer.flatMap { BearerToken($0[...]) }
            let credential = Credential(
                bearer.map { .success($0) } ?? .failure(.noAuthorization),
                login: state.login
            )
            return account(of: OperatorLogin(source: source, credential: credential, user: nil))
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
    }

    private func compare(_ account: Account, _ outcome: Outcome, _ state: State) throws {
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
            guard case .refused(let found, _)? = outcome.event?.result else {
                Issue.record("not refused: \(state)\n\(text)")
                return
            }
            #expect(found == refusal, "\(state)")
        }
        // Both forms can be written of every state, a line each.
        #expect(account.words.allSatisfy { !$0.contains("\n") })
        _ = try JSONValue(parsing: JSONWriter.object { account.write(to: &$0) })
    }

    @Test func `is what the endpoint does, whatever the source`() throws {
        var generator = SeededGenerator(seed: 14)
        var admitted = 0
        for _ in 0..<1000 {
            let state = State(using: &generator)
            let deployment = try Deployment(state)
            let account = deployment.explained
            try compare(account, deployment.outcome, state)
            if case .success = account.decision { admitted += 1 }
        }
        // A good part of each.
        #expect((100...900).contains(admitted), "\(admitted)")
    }

    /// A user by id has no session: what the endpoint refuses for its end, or lets end by it, is not of the question.
    @Test func `of a user by id is what the endpoint does for a session without an end`() throws {
        var generator = SeededGenerator(seed: 15)
        for _ in 0..<500 {
            var state = State(using: &generator)
            guard state.bearer == nil else { continue }
            state.parameters[.sessionEnd] = nil
            state.parameters[.name] = nil
            let deployment = try Deployment(state)
            // Of the identity of one session a user alone knows nothing.
            guard deployment.settings.token.identity != .session else { continue }
            try compare(deployment.explainedByID, deployment.outcome, state)
        }
    }
}
