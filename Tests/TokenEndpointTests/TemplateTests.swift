import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// Logins that say of rooms what the bearer is: its text, as `LIVEKIT_ROOMS` would be.
private struct SayingLogins: SessionSource {
    let claim: JSONValue?

    func session(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(SessionError) -> Session {
        Session(user: User(id: "ada", did: nil, name: "Ada", isDisabled: false), endsAt: nil, key: nil, claim: claim)
    }
}

extension Fixture {
    fileprivate static let templates = RoomTemplates([
        RoomTemplate(match: RoomGlob("call-*"), access: .open, role: "speaker", agents: ["narrator", "scribe"]),
        RoomTemplate(match: RoomGlob("hall-*"), access: .open),
    ])

    /// A deployment with templates, whose directory lists `stage-1` and `call-listed`, both with ada as host.
    fileprivate static func withTemplates() -> Fixture {
        var fixture = Fixture()
        fixture.memberships = DirectoryMemberships(templates: templates)
        fixture.directory.rooms["call-listed"] = fixture.stage
        return fixture
    }

    /// A deployment whose logins say this of rooms.
    fileprivate static func saying(_ claim: String?) throws -> Fixture {
        var fixture = withTemplates()
        fixture.sessions = SayingLogins(claim: try claim.map { try JSONValue(parsing: Array($0.utf8)) })
        fixture.memberships = ClaimMemberships(templates: templates)
        return fixture
    }
}

extension TokenSourcePolicy {
    fileprivate static func calls(
        agents: Set<UTF8String> = [],
        deployments: Set<UTF8String> = [],
        generatedRoom: UTF8String? = "call-{uuid}"
    ) -> TokenSourcePolicy {
        TokenSourcePolicy(
            serverURL: Fixture.server,
            agents: agents,
            agentDeployments: deployments,
            generatedRoom: generatedRoom.flatMap { GeneratedRoom($0) },
            templates: Fixture.templates
        )
    }
}

extension Reply {
    /// The token's dispatches of agents, as JSON; `nil` if it has none.
    fileprivate var agents: String? {
        get throws {
            guard let claims = try claims ?? participantClaims, let agents = claims["roomConfig"]?["agents"] else {
                return nil
            }
            var json = JSONWriter()
            json.value(agents)
            return json.text.description
        }
    }

    /// The roles in the token's metadata, with blanks between them; `nil` without a token.
    fileprivate var roles: String? {
        get throws {
            guard let text = try (claims ?? participantClaims)?["metadata"]?.text,
                case .array(let roles)? = try JSONValue(parsing: text.utf8)["roles"]
            else { return nil }
            return roles.compactMap { $0.text?.description }.joined(separator: " ")
        }
    }
}

@Suite struct `a room that a template matches` {
    @Test(
        arguments: [
            ("call-1", "speaker", #"[{"agentName":"narrator"},{"agentName":"scribe"}]"#), ("hall-1", "viewer", nil),
            ("call-listed", "host", nil), ("stage-1", "host", nil), ("lounge", nil, nil),
        ] as [(String, String?, String?)]
    )
    func `is entered at both endpoints as what its template says, unless it is listed`(
        room: String,
        roles: String?,
        agents: String?
    ) throws {
        let fixture = Fixture.withTemplates()
        let ours = try fixture.ask { $0.send(#"{"roomId":"\#(room)"}"#) }
        let theirs = try fixture.askTokenSource(#"{"room_name":"\#(room)"}"#, policy: .calls())
        #expect(theirs.json?["participant_token"] == ours.json?["token"])
        #expect(theirs.line == ours.line)
        #expect(try ours.roles == roles)
        #expect(try ours.agents == agents)
        #expect(ours.reason == (roles == nil ? "unknown_room" : nil))
    }

    @Test func `has its agents in the log`() throws {
        let reply = try Fixture.withTemplates().ask { $0.send(#"{"roomId":"call-1"}"#) }
        #expect(reply.line.contains(#""roles":["speaker"],"agents":["narrator","scribe"],"tokenId""#))
    }

    @Test func `is not entered with a session that is not valid`() throws {
        let reply = try Fixture.withTemplates().ask {
            $0.send(#"{"roomId":"call-1"}"#)
            $0.authorize("Bearer nobody")
        }
        #expect(reply.code == "session_invalid")
    }

    /// What an operator has put into a template is no fault of a client.
    @Test func `whose agents make a token too long is a fault of the deployment`() throws {
        var fixture = Fixture()
        let name = { (index: Int) in UTF8String(String(repeating: "x", count: 255) + "\(index)") }
        let template = RoomTemplate(match: RoomGlob("*"), access: .open, agents: (0..<10).map(name))
        fixture.memberships = DirectoryMemberships(templates: RoomTemplates([template]))
        let reply = try fixture.ask { $0.send(#"{"roomId":"call-1"}"#) }
        #expect(reply.status == 500)
        #expect(reply.reason == "token_too_long")
    }
}

/// A client that names agents, where a template has some: LiveKit's agent starters name one.
@Suite struct `an agent of a template` {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let agents: String
        /// The dispatches of the token, or what the log says is not allowed.
        let outcome: String
        var room = "call-1"
        var policy = TokenSourcePolicy.calls()

        init(
            _ testDescription: String,
            _ agents: String,
            _ outcome: String,
            room: String = "call-1",
            policy: TokenSourcePolicy = .calls()
        ) {
            self.testDescription = testDescription
            self.agents = agents
            self.outcome = outcome
            self.room = room
            self.policy = policy
        }
    }

    private static let both = #"[{"agentName":"narrator"},{"agentName":"scribe"}]"#
    private static let listed = TokenSourcePolicy.calls(agents: ["narrator", "poet"], deployments: ["staging"])

    static let rows = [
        Row("that nobody names is sent", "", both),
        Row("may be named", #"{"agent_name":"narrator"}"#, both),
        Row("may be named after another", #"{"agent_name":"scribe"},{"agent_name":"narrator"}"#, both),
        Row("may come with what is empty", #"{"agentName":"narrator","metadata":"","deployment":null}"#, both),
        Row(
            "may not be named twice",
            #"{"agent_name":"narrator"},{"agent_name":"narrator"}"#,
            "room_config.agents.agent_name may name each agent once."
        ),
        Row(
            "gets no metadata of a client",
            #"{"agent_name":"narrator","metadata":"x"}"#,
            "token_source.agents does not allow room_config.agents.metadata"
        ),
        Row(
            "gets no deployment of a client",
            #"{"agent_name":"narrator","deployment":"staging"}"#,
            "token_source.agents does not allow room_config.agents.deployment"
        ),
        Row(
            "is not another",
            #"{"agent_name":"poet"}"#,
            "token_source.agents does not allow room_config.agents.agent_name"
        ),
        Row(
            "is not that of a template without it",
            #"{"agent_name":"narrator"}"#,
            "token_source.agents does not allow room_config.agents.agent_name",
            room: "hall-1"
        ),
        Row(
            "is not in a listed room, which no client learns that is not let in",
            #"{"agent_name":"narrator"}"#,
            "token_source.agents does not allow room_config.agents.agent_name",
            room: "call-listed"
        ),
        Row(
            "gets metadata and deployment where token_source allows it",
            #"{"agent_name":"narrator","metadata":"x","deployment":"staging"}"#,
            #"[{"agentName":"narrator","metadata":"x","deployment":"staging"},{"agentName":"scribe"}]"#,
            policy: listed
        ),
        Row(
            "gets no other deployment",
            #"{"agent_name":"narrator","deployment":"canary"}"#,
            "token_source.agent_deployments does not allow room_config.agents.deployment",
            policy: listed
        ),
        Row(
            "is sent beside one that token_source allows",
            #"{"agent_name":"poet"}"#,
            #"[{"agentName":"poet"},{"agentName":"narrator"},{"agentName":"scribe"}]"#,
            policy: listed
        ),
        Row(
            "may be named in a listed room where token_source allows it",
            #"{"agent_name":"narrator"}"#,
            #"[{"agentName":"narrator"}]"#,
            room: "call-listed",
            policy: listed
        ),
    ]

    @Test(arguments: rows)
    func `has one outcome for each way to name it`(_ row: Row) throws {
        let reply = try Fixture.withTemplates().askTokenSource(
            #"{"room_name":"\#(row.room)","room_config":{"agents":[\#(row.agents)]}}"#,
            policy: row.policy
        )
        guard row.outcome.hasPrefix("[") else {
            #expect(reply.status == 422 && reply.code == "field_refused")
            #expect(reply.line.contains(#""fault":"\#(row.outcome)""#), "\(reply.line)")
            return
        }
        #expect(reply.status == 201)
        #expect(try reply.agents == row.outcome)
    }

    /// Whether a room is listed is told to who may enter it alone.
    @Test func `says nothing of a listed room to who may not enter it`() throws {
        var fixture = Fixture.withTemplates()
        fixture.directory.rooms["call-listed"] = StubDirectory.RoomRow()
        let reply = try fixture.askTokenSource(
            #"{"room_name":"call-listed","room_config":{"agents":[{"agent_name":"narrator"}]}}"#,
            policy: .calls()
        )
        #expect(reply.status == 403)
        #expect(reply.code == "forbidden")
    }
}

@Suite struct `a client that names no room` {
    /// What LiveKit's agent starters send: an agent, and no room.
    private static let starter = #"{"room_config":{"agents":[{"agent_name":"narrator"}]}}"#

    @Test(arguments: [
        "{}", starter, #"{"room_name":""}"#, #"{"room_name":null,"room_config":{}}"#, #"{"roomName":""}"#,
        #"{"room_name":"","participant_name":"","participant_identity":"","participant_metadata":"","#
            + #""participant_attributes":{},"room_config":{"agents":[{"agent_name":"narrator","metadata":""}]}}"#,
    ])
    func `gets one of its own, with the agents of its template`(_ body: String) throws {
        let reply = try Fixture.withTemplates().askTokenSource(body, policy: .calls())
        #expect(reply.status == 201, "\(reply.body)")
        let room = try #require(reply.json?["room_name"]?.text)
        #expect(room == "call-00000000-0000-0000-0000-000000000001")
        #expect(try reply.participantClaims?["video"]?["room"]?.text == room)
        #expect(try reply.roles == "speaker")
        #expect(try reply.agents == #"[{"agentName":"narrator"},{"agentName":"scribe"}]"#)
        #expect(reply.line.contains(#""roomId":"\#(room)""#))
    }

    @Test func `gets another each time`() throws {
        let (endpoint, _, _) = try Fixture.withTemplates().endpoint(tokenSource: .calls())
        var request = HTTPRequest.token("{}")
        request.path = "/livekit/token-source"
        let rooms = (0..<3).map { _ in
            Reply(endpoint.respond(to: request, at: .sample)).json?["room_name"]?.text?.description ?? "-"
        }
        #expect(Set(rooms).count == 3 && rooms.allSatisfy { $0.hasPrefix("call-") })
    }

    @Test func `is refused where no room is made`() throws {
        let reply = try Fixture.withTemplates().askTokenSource("{}", policy: .calls(generatedRoom: nil))
        #expect(reply.status == 400)
        #expect(reply.reason == "room_name_missing")
    }

    @Test func `is refused at /livekit/token`() throws {
        let fixture = Fixture.withTemplates()
        let (endpoint, _, _) = try fixture.endpoint(tokenSource: .calls())
        let reply = Reply(endpoint.respond(to: .token("{}"), at: .sample))
        #expect(reply.reason == "room_id_missing")
    }

    @Test func `gets none that the pattern refuses`() throws {
        let policy = TokenSourcePolicy.calls(generatedRoom: "~{uuid}")
        let reply = try Fixture.withTemplates().askTokenSource("{}", policy: policy)
        #expect(reply.reason == "invalid_room_id")
    }

    @Test func `gets none that no template matches`() throws {
        let policy = TokenSourcePolicy.calls(generatedRoom: "talk-{uuid}")
        let reply = try Fixture.withTemplates().askTokenSource("{}", policy: policy)
        #expect(reply.reason == "unknown_room")
    }

    @Test func `gets no room without a session`() throws {
        let reply = try Fixture.withTemplates().askTokenSource("{}", policy: .calls()) { $0.authorization = nil }
        #expect(reply.code == "session_missing")
    }
}

@Suite struct `a login that says what its user is in rooms` {
    private func ask(_ claim: String?, _ room: String) throws -> Reply {
        try Fixture.saying(claim).ask { $0.send(#"{"roomId":"\#(room)"}"#) }
    }

    @Test(arguments: [
        (#"{"stage-1":["speaker"]}"#, "stage-1", "speaker"),
        (#"{"*":["viewer"],"stage-1":["host"]}"#, "stage-1", "host viewer"),
        (#"{"private-*":["singer"]}"#, "private-7", "singer"), (#"{"call-1":["host"]}"#, "call-1", "host speaker"),
        (#""{\"private\":[\"host\"]}""#, "private", "host"), (nil, "call-1", "speaker"),
    ])
    func `enters with that, and with what a template gives`(claim: String?, room: String, roles: String) throws {
        #expect(try ask(claim, room).roles == roles)
    }

    @Test(
        arguments: [
            (nil, "stage-1", "not_member", nil), (nil, "private", "unknown_room", nil),
            (#"{"stage-2":["host"]}"#, "stage-1", "not_member", nil),
            (#"{"stage-1":["wizard"]}"#, "stage-1", "role_not_configured", nil),
            (#"{"stage-1":[{"role":"host","until":1}]}"#, "stage-1", "membership_expired", nil),
            (#"{"stage-1":[{"role":"host","scene":"s"}]}"#, "stage-1", "not_member_of_scene_or_event", nil),
            (#"{"stage-1":[]}"#, "stage-1", "not_member", nil),
            ("[]", "stage-1", "rooms_claim_malformed", "must be an object"),
            ("null", "private", "rooms_claim_malformed", "must be an object"),
            (
                #""{""#, "stage-1", "rooms_claim_malformed",
                "is text that is not JSON: the text ends too early, at byte 1"
            ),
            (#"{"stage-1":"host"}"#, "stage-1", "rooms_claim_malformed", #"\"stage-1\" must be a list of roles"#),
            (
                #"{"stage-*":[{"role":"host","until":"soon"}]}"#, "stage-1", "rooms_claim_malformed",
                #"\"stage-*\": element 1 has an until that is not seconds since 1970, in digits"#
            ),
            (
                #"{"stage-1":[{"role":"host","Ü\n":1}]}"#, "stage-1", "rooms_claim_malformed",
                #"element 1 has \"???\"; known are role, scene, event, until"#
            ),
            // What is wrong elsewhere is not why this room is closed.
            (#"{"stage-1":[],"other":"host"}"#, "stage-1", "not_member", nil),
        ] as [(String?, String, String, String?)]
    )
    func `is kept out for a reason of its own, and told nothing of it`(
        claim: String?,
        room: String,
        reason: String,
        fault: String?
    ) throws {
        let reply = try ask(claim, room)
        #expect(reply.status == 403 && reply.code == "forbidden" && reply.reason == reason)
        #expect(reply.detail == "This session may not enter this room now.")
        #expect(fault.map { reply.line.contains($0) } ?? !reply.line.contains("fault"), "\(reply.line)")
    }

    /// What cannot be read gives nothing, and takes nothing from what everybody has.
    @Test(arguments: ["[]", "null", #""{""#, #"{"call-1":"host"}"#])
    func `that cannot be read enters where everybody may`(_ claim: String) throws {
        #expect(try ask(claim, "call-1").roles == "speaker")
    }

    /// What the directory has of the user's memberships does not count.
    @Test func `is no member by the directory`() throws {
        #expect(try ask(nil, "call-listed").reason == "not_member")
    }
}
