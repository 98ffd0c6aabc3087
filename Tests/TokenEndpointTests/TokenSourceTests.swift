import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

extension Fixture {
    static let server: UTF8String = "wss://livekit.example.com"

    /// The answer to a body at `/livekit/token-source`, under a policy; `nil` where there is none.
    func askTokenSource(
        _ body: String,
        policy: TokenSourcePolicy? = TokenSourcePolicy(serverURL: Fixture.server),
        _ change: (inout HTTPRequest) -> Void = { _ in }
    ) throws -> Reply {
        let (endpoint, _, stub) = try endpoint(tokenSource: policy)
        var request = HTTPRequest.token(body)
        request.path = "/livekit/token-source"
        change(&request)
        return Reply(endpoint.respond(to: request, at: now), calls: stub.calls)
    }
}

extension TokenSourcePolicy {
    /// Whatever a deployment can allow.
    static let generous = TokenSourcePolicy(
        serverURL: Fixture.server,
        participantName: true,
        participantAttributes: ["seat", "Sprache"],
        agents: ["narrator", "interpreter"],
        agentDeployments: ["staging"]
    )
}

extension Reply {
    /// The claims of `participant_token`, which nobody has verified.
    var participantClaims: JSONValue? {
        get throws {
            guard let compact = json?["participant_token"]?.text else { return nil }
            return try JSONValue(parsing: JSONWebSignature(compact: compact.utf8).payload)
        }
    }

    var detail: String? { json?["detail"]?.text?.description }
}

@Suite struct `the token source` {
    private static let ownIdentity = "user-954f465c-034f-5135-afb1-130118ad4b66"

    @Test func `answers 201 with server, token, room and name, spelled as all SDKs read them`() throws {
        let reply = try Fixture().askTokenSource(#"{"room_name":"stage-1"}"#)
        #expect(reply.status == 201)
        #expect(reply.header("Content-Type") == ["application/json"])
        #expect(reply.header("Cache-Control") == ["no-store"])
        #expect(
            reply.json?.members?.map(\.name) == ["server_url", "participant_token", "room_name", "participant_name"]
        )
        #expect(reply.json?["server_url"]?.text == Fixture.server)
        #expect(reply.json?["room_name"]?.text == "stage-1")
        #expect(reply.json?["participant_name"]?.text == "Ada")
    }

    @Test func `leaves the name out where there is none`() throws {
        var fixture = Fixture()
        fixture.open(session: "bearer-1", of: User(id: "ada", did: nil, name: nil, isDisabled: false))
        let reply = try fixture.askTokenSource(#"{"room_name":"stage-1"}"#)
        #expect(reply.json?.members?.map(\.name) == ["server_url", "participant_token", "room_name"])
    }

    @Test(arguments: ParticipantIdentity.Policy.allCases)
    func `gives the very token that /livekit/token gives`(_ identity: ParticipantIdentity.Policy) throws {
        var fixture = Fixture()
        fixture.identity = identity
        let ours = try fixture.ask { $0.send(#"{"roomId":"stage-1","sceneId":"intro","eventId":"gala"}"#) }
        let theirs = try fixture.askTokenSource(
            #"{"room_name":"stage-1","participant_attributes":{"sceneId":"intro","eventId":"gala"}}"#
        )
        #expect(theirs.json?["participant_token"] == ours.json?["token"])
        #expect(theirs.line == ours.line)
    }

    @Test func `is not there where nobody has said to which server a client shall connect`() throws {
        let reply = try Fixture().askTokenSource(#"{"room_name":"stage-1"}"#, policy: nil)
        #expect(reply.status == 404)
        #expect(reply.code == "not_found")
    }

    @Test(arguments: ["GET", "OPTIONS", "PUT"] as [UTF8String])
    func `takes POST alone`(_ method: UTF8String) throws {
        let reply = try Fixture().askTokenSource("{}") { $0.method = method }
        #expect(reply.status == 405)
        #expect(reply.header("Allow") == ["POST"])
    }

    @Test(arguments: [
        "stage-1", "nowhere", #"","participant_identity":"x"#, #"","x":"y"#,
    ])
    func `tells a caller without a session nothing`(_ room: String) throws {
        let reply = try Fixture().askTokenSource(#"{"room_name":"\#(room)"}"#) { $0.authorization = nil }
        #expect(reply.code == "session_missing")
        #expect(reply.calls == [])
    }

    /// One SDK ignores the status, and takes whatever has these keys for a token.
    @Test(arguments: [
        "", "{}", #"{"room_name":"nowhere"}"#, #"{"room_name":"stage-1","participant_token":"x","server_url":"y"}"#,
        #"{"room_name":"stage-1","room_config":{"server_url":"x"}}"#,
        #"{"room_name":"stage-1","participant_attributes":{"participant_token":"x"}}"#,
    ])
    func `has no key of a success in an error`(_ body: String) throws {
        let reply = try Fixture().askTokenSource(body)
        #expect(reply.status >= 400)
        #expect(reply.json?.members?.map(\.name) == ["type", "title", "status", "code", "detail", "requestId"])
    }
}

// MARK: - What may be said, and how

@Suite struct `a token source request` {
    struct Row: CustomTestStringConvertible, Sendable {
        let members: String
        let status: Int
        let code: String?
        let detail: String?

        /// A body that begins with the room.
        init(_ members: String, _ status: Int = 201, _ code: String? = nil, _ detail: String? = nil) {
            self.members = members
            self.status = status
            self.code = code
            self.detail = detail
        }

        var testDescription: String { members }
        var body: String { ["{", "["].contains(members.first) ? members : #"{"room_name":"stage-1",\#(members)}"# }
    }

    private static let identity = "user-954f465c-034f-5135-afb1-130118ad4b66"

    private static let missing = "room_name is missing; name the room (roomName in LiveKit's SDKs)."
    private static let known =
        "nown here: room_name, participant_name, participant_identity, participant_metadata, "
        + "participant_attributes, room_config."
    private static let notAnID = "must be 1 to 256 visible ASCII characters; it has a space."

    private static let inCapitals =
        "participant_identity is the identity of this session's user but for the case of letters, which counts; write "
        + "them small, or leave it out."

    private static func malformed(_ members: String, _ detail: String) -> Row {
        Row(members, 400, "malformed_request", detail)
    }

    private static func refused(_ members: String, _ field: String) -> Row {
        Row(members, 422, "field_refused", "A client may not set \(field) here, or not to this; leave it out.")
    }

    /// What is nothing, in every way to say so.
    static let nothing: [Row] =
        ["participant_name", "participant_identity", "participant_metadata"].flatMap { field in
            [Row(#""\#(field)":null"#), Row(#""\#(field)":"""#)]
        } + [
            Row(#""participantName":"","participantIdentity":null,"participantMetadata":"""#),
            Row(#""participant_attributes":null"#), Row(#""participant_attributes":{}"#),
            Row(#""participant_attributes":{"seat":"","unheard_of":null}"#),
            Row(#""room_config":null"#), Row(#""room_config":{}"#), Row(#""roomConfig":{}"#),
            Row(#""room_config":{"agents":null}"#), Row(#""room_config":{"agents":[]}"#),
            Row(#""room_config":{"agents":[{}]}"#),
            Row(#""room_config":{"agents":[{"agent_name":"","metadata":null,"deployment":""}]}"#),
            Row(
                #""room_config":{"name":"","empty_timeout":0,"departureTimeout":0,"max_participants":null,"#
                    + #""metadata":"","min_playout_delay":0,"sync_streams":false,"egress":{},"tags":[]}"#
            ),
        ]

    /// What is out of form, whatever the policy.
    static let malformed: [Row] = [
        malformed("{}", missing),
        malformed(#"{"room_config":{}}"#, missing),
        malformed(#"{"room_name":null}"#, missing),
        malformed(#"{"roomName":""}"#, missing),
        malformed(#"{"room_name":1}"#, "room_name must be a string."),
        malformed(#"{"roomName":["stage-1"]}"#, "room_name must be a string."),
        malformed(
            #"{"room_name":"stage-1","roomName":"stage-1"}"#,
            "room_name came in both of its spellings; send one."
        ),
        malformed(#"{"room_name":"stage-1","roomName":null}"#, "room_name came in both of its spellings; send one."),
        malformed(
            #"{"room_name":"stage-1","room_name":"stage-1"}"#,
            "The body is not JSON: a name that occurs twice, at byte 23."
        ),
        malformed(#"["stage-1"]"#, "The body must be a JSON object."),
        malformed(
            #""participant_attributes":{},"participantAttributes":{}"#,
            "participant_attributes came in both of its spellings; send one."
        ),
        malformed(#""participant_name":7"#, "participant_name must be a string."),
        malformed(#""participant_attributes":"seat""#, "participant_attributes must be an object."),
        malformed(#""participant_attributes":[]"#, "participant_attributes must be an object."),
        malformed(#""participant_attributes":{"seat":12}"#, "seat must be a string."),
        malformed(#""participant_attributes":{"<seat>\u0000":{}}"#, "?seat?? must be a string."),
        malformed(#""room_config":"x""#, "room_config must be an object."),
        malformed(#""room_config":[]"#, "room_config must be an object."),
        malformed(#""room_config":{"agents":{}}"#, "agents must be an array of objects."),
        malformed(#""room_config":{"agents":["narrator"]}"#, "agents must be an array of objects."),
        malformed(#""room_config":{"agents":[null]}"#, "agents must be an array of objects."),
        malformed(#""room_config":{"agents":[{"agent_name":1}]}"#, "agent_name must be a string."),
        malformed(
            #""room_config":{"agents":[{"agent_name":"narrator","agentName":"narrator"}]}"#,
            "agent_name came in both of its spellings; send one."
        ),
        Row(
            #""roomId":"stage-1""#,
            400,
            "unknown_field",
            "There is no field roomId: it belongs to /livekit/token, and is room_name here. K\(known)"
        ),
        Row(
            #""sceneId":"intro""#,
            400,
            "unknown_field",
            "There is no field sceneId: here it is an attribute, participant_attributes.sceneId. K\(known)"
        ),
        Row(#""room_preset":"""#, 400, "unknown_field", "There is no field room_preset; k\(known)"),
        Row(#"{"room_name":"a b"}"#, 400, "invalid_room_id", "room_name \(notAnID)"),
        Row(
            #""participant_attributes":{"sceneId":"a b"}"#,
            400,
            "invalid_scene_id",
            "sceneId \(notAnID)"
        ),
        Row(
            #""participant_attributes":{"eventId":"/"}"#,
            400,
            "invalid_event_id",
            "eventId does not match the pattern that this deployment has for ids: character 1, \"/\", has no place "
                + "there. Its operator knows the pattern (rooms.pattern)."
        ),
    ]

    /// What is never a client's to choose.
    static let never: [Row] = [
        Row(#""participant_identity":"\#(identity)""#),
        refused(#""participant_identity":"ada""#, "participant_identity"),
        refused(#""participantIdentity":"\#(identity) ""#, "participant_identity"),
        refused(#""participant_identity":"\#(identity.dropLast().uppercased())""#, "participant_identity"),
        Row(#""participant_identity":"\#(identity.uppercased())""#, 422, "field_refused", inCapitals),
        Row(
            #""participant_identity":"\#(identity.replacing("user-954f", with: "user-954F"))""#,
            422,
            "field_refused",
            inCapitals
        ),
        refused(#""participant_metadata":"{}""#, "participant_metadata"),
        refused(#""room_config":{"name":"stage-2"}"#, "room_config.name"),
        refused(#""room_config":{"maxParticipants":1}"#, "room_config.maxParticipants"),
        refused(#""room_config":{"sync_streams":true}"#, "room_config.sync_streams"),
        refused(#""room_config":{"metadata":"x","agents":[]}"#, "room_config.metadata"),
        refused(
            #""room_config":{"egress":{"room":{"fileOutputs":[{"s3":{"accessKey":"k","secret":"s"}}]}}}"#,
            "room_config.egress"
        ),
        refused(#""room_config":{"<b>":1}"#, "room_config.?b?"),
        refused(
            #""room_config":{"agents":[{"agent_name":"narrator","attributes":{"a":"b"}}]}"#,
            "room_config.agents.attributes"
        ),
        refused(#""room_config":{"agents":[{"metadata":"x"}]}"#, "room_config.agents.metadata"),
        refused(#""room_config":{"agents":[{"deployment":"staging"}]}"#, "room_config.agents.deployment"),
        refused(
            #""room_config":{"agents":[{"agentName":"","deployment":"staging","metadata":"x"}]}"#,
            "room_config.agents.metadata"
        ),
        refused(#""room_config":{"agents":[{"agent_name":"stranger"}]}"#, "room_config.agents.agent_name"),
        refused(#""participant_attributes":{"role":"host"}"#, "participant_attributes.role"),
        refused(#""participant_attributes":{"Seat":"1"}"#, "participant_attributes.Seat"),
    ]

    /// What a deployment can allow.
    static let allowable: [Row] = [
        refused(#""participant_name":"Countess""#, "participant_name"),
        refused(#""participantName":"Countess""#, "participant_name"),
        refused(#""participant_attributes":{"seat":"1"}"#, "participant_attributes.seat"),
        refused(#""participant_attributes":{"sceneId":"intro","seat":"1"}"#, "participant_attributes.seat"),
        refused(#""room_config":{"agents":[{"agent_name":"narrator"}]}"#, "room_config.agents.agent_name"),
        refused(#""roomConfig":{"agents":[{"agentName":"narrator"}]}"#, "room_config.agents.agent_name"),
        refused(
            #""room_config":{"agents":[{"agentName":"narrator","metadata":"{}"},{}]}"#,
            "room_config.agents.agent_name"
        ),
        refused(
            #""room_config":{"agents":[{"agent_name":"narrator","deployment":"staging"}]}"#,
            "room_config.agents.agent_name"
        ),
    ]

    @Test(arguments: nothing + malformed + never + allowable)
    func `is judged by rule where nothing is allowed`(_ row: Row) throws {
        try judge(row, .init(serverURL: Fixture.server))
    }

    @Test(arguments: nothing + malformed + never)
    func `is judged by rule where whatever can be is allowed`(_ row: Row) throws {
        try judge(row, .generous)
    }

    @Test(arguments: allowable)
    func `may set what a deployment allows`(_ row: Row) throws {
        #expect(try Fixture().askTokenSource(row.body, policy: .generous).status == 201)
    }

    private func judge(_ row: Row, _ policy: TokenSourcePolicy) throws {
        let reply = try Fixture().askTokenSource(row.body, policy: policy)
        #expect(reply.status == row.status)
        #expect(reply.code == row.code)
        #expect(reply.detail == row.detail)
        // The judgement of a body asks about no room.
        if row.status != 201 { #expect(reply.calls.count == 1) }
    }

    @Test func `is refused before the room is looked at, whatever room it is`() throws {
        for room in ["stage-1", "nowhere"] {
            let reply = try Fixture().askTokenSource(#"{"room_name":"\#(room)","participant_metadata":"x"}"#)
            #expect(reply.code == "field_refused")
            #expect(reply.reason == "field_not_allowed")
        }
        #expect(try Fixture().askTokenSource(#"{"room_name":"nowhere"}"#).code == "forbidden")
    }

    @Test func `leaves its mark in the token, in LiveKit's own claims`() throws {
        let reply = try Fixture().askTokenSource(
            #"{"roomName":"stage-1","participantName":"Gräfin","participantAttributes":{"seat":"12","sceneId":"intro","#
                + #""Sprache":"de"},"roomConfig":{"agents":[{"agentName":"narrator","metadata":"{}"},"#
                + #"{"agentName":"interpreter"}]}}"#,
            policy: .generous
        )
        let claims = try #require(try reply.participantClaims)
        #expect(reply.json?["participant_name"]?.text == "Gräfin")
        #expect(claims["name"]?.text == "Gräfin")
        #expect(claims["metadata"]?.text == #"{"sceneId":"intro","roles":["host"],"did":"did:plc:ada"}"#)
        var writer = JSONWriter()
        writer.array {
            $0.value(claims["attributes"] ?? .null)
            $0.value(claims["roomConfig"] ?? .null)
        }
        #expect(
            writer.text.description
                == #"[{"Sprache":"de","seat":"12"},"#
                + #"{"agents":[{"agentName":"narrator","metadata":"{}"},{"agentName":"interpreter"}]}]"#
        )
        let usual = try #require(try Fixture().ask().claims?.members).map(\.name)
        #expect(claims.members?.map(\.name).filter { !usual.contains($0) } == ["attributes", "roomConfig"])
        #expect(reply.line.contains(#""roles":["host"],"agents":["narrator","interpreter"],"tokenId""#))
        #expect(!reply.line.contains("Gräfin"), "what a client makes up does not belong in the log")
        #expect(!reply.line.contains("seat"))
    }

    @Test(arguments: [(256, 201), (257, 422)])
    func `has a name that LiveKit lets in`(_ length: Int, _ status: Int) throws {
        let name = String(repeating: "x", count: length)
        let reply = try Fixture().askTokenSource(
            #"{"room_name":"stage-1","participant_name":"\#(name)"}"#,
            policy: .generous
        )
        #expect(reply.status == status)
        if status == 422 { #expect(reply.detail == "participant_name is too long for a token; shorten it.") }
    }

    @Test func `that makes the token too long is the client's fault, unless it would be too long anyway`() throws {
        let long = String(repeating: "x", count: 3000)
        let body = #"{"room_name":"stage-1","participant_attributes":{"seat":"\#(long)"}}"#
        let reply = try Fixture().askTokenSource(body, policy: .generous)
        #expect(reply.status == 422)
        #expect(reply.code == "field_refused")
        #expect(reply.detail == "participant_attributes is too long for a token; shorten it.")
        #expect(reply.reason == "field_too_long")
        #expect(reply.event?.isFault == false)

        let agents =
            #"{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","metadata":"\#(long)"}]}}"#
        #expect(
            try Fixture().askTokenSource(agents, policy: .generous).detail
                == "room_config.agents is too long for a token; shorten it."
        )

        var fixture = Fixture()
        let did = UTF8String(String(repeating: "x", count: 4000))
        fixture.open(session: "bearer-1", of: User(id: "ada", did: did, name: nil, isDisabled: false))
        #expect(try fixture.askTokenSource(body, policy: .generous).code == "internal")
    }

    @Test(arguments: [(ParticipantIdentity.Policy.session, 422), (.token, 422), (.user, 201)])
    func `may name the identity only where it is that`(_ policy: ParticipantIdentity.Policy, _ status: Int) throws {
        var fixture = Fixture()
        fixture.identity = policy
        let reply = try fixture.askTokenSource(#"{"room_name":"stage-1","participant_identity":"\#(Self.identity)"}"#)
        #expect(reply.status == status)
    }
}
