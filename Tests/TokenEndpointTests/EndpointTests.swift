import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `the endpoint` {
    @Test func `a member with a session gets a token for the room and the identity`() throws {
        let reply = try Fixture().ask { $0.send(#"{"roomId":"stage-1","sceneId":"intro","eventId":"launch-2026"}"#) }
        #expect(reply.status == 200)
        #expect(
            reply.response.headers.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/json", "Cache-Control: no-store",
                "X-Request-Id: 0123456789abcdef0123456789abcdef",
            ]
        )
        #expect(reply.json?.members?.map(\.name) == ["token", "expiresAt"])
        let claims = try #require(try reply.claims)
        #expect(
            claims.members?.map(\.name) == ["iss", "sub", "jti", "iat", "nbf", "exp", "name", "metadata", "video"]
        )
        #expect(claims["iss"]?.text == "APIgolden")
        #expect(claims["sub"]?.text == "user-954f465c-034f-5135-afb1-130118ad4b66")
        #expect(claims["jti"]?.text == "00000000-0000-0000-0000-000000000001")
        #expect(claims["iat"]?.integer == NumericDate.sample.seconds)
        #expect(claims["nbf"]?.integer == NumericDate.sample.seconds - 10)
        #expect(claims["name"]?.text == "Ada")
        #expect(
            claims["metadata"]?.text
                == #"{"sceneId":"intro","eventId":"launch-2026","roles":["host"],"did":"did:plc:ada"}"#
        )
        #expect(claims["video"]?["room"]?.text == "stage-1")
        #expect(claims["video"]?["roomJoin"] == .bool(true))
        #expect(claims["video"]?["canPublish"] == .bool(true))
    }

    @Test(arguments: [10, 60, 300, 3600, 86_400] as [Int64])
    func `expiresAt is exp, and lies in the bounds`(_ lifetime: Int64) throws {
        var fixture = Fixture()
        fixture.bounds = 10...86_400
        fixture.lifetime = lifetime
        fixture.open(session: "bearer-1", of: fixture.ada, lasting: 100_000)
        let reply = try fixture.ask()
        let expiry = try #require(try reply.claims?["exp"]?.integer)
        #expect(NumericDate(rfc3339: try #require(reply.json?["expiresAt"]?.text).description) == NumericDate(expiry))
        #expect(expiry - NumericDate.sample.seconds == lifetime)
    }

    @Test func `a user without name and did gets neither claim`() throws {
        var fixture = Fixture()
        fixture.open(session: "bearer-1", of: User(id: "ada", did: nil, name: nil, isDisabled: false))
        let reply = try fixture.ask()
        let claims = try #require(try reply.claims)
        #expect(claims["name"] == nil)
        #expect(claims["metadata"]?.text == #"{"roles":["host"]}"#)
        #expect(!reply.line.contains("did"))
    }

    @Test func `the roles of all memberships add up in the token`() throws {
        var fixture = Fixture()
        fixture.stage.members["ada"] = [Membership(role: "singer"), Membership(role: "dancer", scene: "intro")]
        let here = try fixture.ask { $0.send(#"{"roomId":"stage-1","sceneId":"intro"}"#) }
        #expect(
            try here.claims?["video"]?["canPublishSources"] == .array([.string("camera"), .string("microphone")])
        )
        #expect(try here.claims?["video"]?["canPublishData"] == .bool(true))
        #expect(
            try here.claims?["metadata"]?.text
                == #"{"sceneId":"intro","roles":["dancer","singer"],"did":"did:plc:ada"}"#
        )
        let elsewhere = try fixture.ask { $0.send(#"{"roomId":"stage-1","sceneId":"finale"}"#) }
        #expect(try elsewhere.claims?["video"]?["canPublishSources"] == .array([.string("microphone")]))
        #expect(try elsewhere.claims?["video"]?["canPublishData"] == .bool(false))
    }

    @Test func `an open room lets anyone with a session watch`() throws {
        var fixture = Fixture()
        fixture.stage = StubDirectory.RoomRow(access: .open)
        let claims = try #require(try fixture.ask().claims)
        #expect(claims["video"]?["canPublish"] == .bool(false))
        #expect(claims["video"]?["canSubscribe"] == .bool(true))
        #expect(claims["metadata"]?.text == #"{"roles":["viewer"],"did":"did:plc:ada"}"#)
    }

    @Test func `no grant is given that reaches beyond the room`() throws {
        var fixture = Fixture()
        fixture.stage.members["ada"] = fixture.roles.keys.map { Membership(role: $0) }
        let video = try #require(try fixture.ask().claims?["video"])
        #expect(
            video.members?.map(\.name) == [
                "room", "roomJoin", "canPublish", "canSubscribe", "canPublishData", "canUpdateOwnMetadata", "roomAdmin",
            ]
        )
    }

    @Test(arguments: [nil, "", "Basic YWRhOnB3", "Bearer", "Bearer a b"] as [String?])
    func `without a bearer the answer is 403 and a challenge`(_ authorization: String?) throws {
        let reply = try Fixture().ask { $0.authorization = authorization.map { Redacted(Array($0.utf8)) } }
        #expect(reply.status == 403)
        #expect(reply.code == "session_missing")
        #expect(reply.header("WWW-Authenticate") == [#"Bearer realm="livekit""#])
    }

    @Test func `a bearer in the body is none`() throws {
        let reply = try Fixture().ask {
            $0.authorization = nil
            $0.send(#"{"roomId":"stage-1","access_token":"bearer-1"}"#)
        }
        #expect(reply.code == "session_missing")
    }

    @Test func `somebody else's session opens no room of mine`() throws {
        var fixture = Fixture()
        fixture.open(session: "bearer-2", of: User(id: "bob", did: nil, name: nil, isDisabled: false))
        let reply = try fixture.ask { $0.authorize("Bearer bearer-2") }
        #expect(reply.status == 403)
        #expect(reply.code == "forbidden")
        #expect(reply.reason == "not_member")
    }

    @Test func `a room id is compared byte by byte`() throws {
        for room in ["Stage-1", "stage-1.", "stage-10", "stage-"] {
            #expect(try Fixture().ask { $0.send("{\"roomId\":\"\(room)\"}") }.reason == "unknown_room")
        }
    }

    @Test(
        arguments: [
            ("GET", "/livekit/token", 405, "POST"), ("HEAD", "/livekit/token", 405, "POST"),
            ("PUT", "/livekit/token", 405, "POST"),
            ("OPTIONS", "/livekit/token", 405, "POST"), ("post", "/livekit/token", 405, "POST"),
            ("", "/livekit/token", 405, "POST"),
            ("POST", "/livekit/health", 405, "GET, HEAD"), ("DELETE", "/livekit/health", 405, "GET, HEAD"),
            ("POST", "/livekit/metrics", 405, "GET, HEAD"), ("POST", "/", 404, nil), ("POST", "", 404, nil),
            ("POST", "/livekit/token/", 404, nil),
            ("POST", "/livekit/Token", 404, nil), ("POST", "/livekit//token", 404, nil),
            ("POST", "/livekit/token\0", 404, nil),
            ("POST", "/livekit/token?x", 404, nil), ("POST", "/livekit/../livekit/token", 404, nil),
            ("GET", "/livekit", 404, nil),
        ] as [(UTF8String, UTF8String, Int, String?)]
    )
    func `each route takes its methods, and nothing else is there`(
        _ method: UTF8String,
        _ path: UTF8String,
        _ status: Int,
        _ allow: String?
    )
        throws
    {
        let reply = try Fixture().ask {
            $0.method = method
            $0.path = path
        }
        #expect(reply.status == status)
        #expect(reply.header("Allow") == [allow].compactMap(\.self))
        #expect(reply.calls.isEmpty)
    }

    @Test func `a token too long for a URL is our fault, and the log says whose name`() throws {
        var fixture = Fixture()
        fixture.open(
            session: "bearer-1",
            of: User(id: "ada", did: nil, name: UTF8String(String(repeating: "x", count: 4000)), isDisabled: false)
        )
        let reply = try fixture.ask()
        #expect(reply.status == 500)
        #expect(reply.code == "internal")
        #expect(reply.reason == "token_too_long")
        #expect(reply.event?.isFault == true)
        #expect(!reply.body.contains("name"))
    }

    // MARK: Faults of ours

    @Test func `a directory that fails is 503 with Retry-After, whatever it was asked`() throws {
        var noSessions = Fixture()
        noSessions.directory.sessionsFail = DirectoryError("disk on fire")
        var noRooms = Fixture()
        noRooms.directory.roomsFail = DirectoryError("disk on fire")
        for fixture in [noSessions, noRooms] {
            for room in ["stage-1", "nowhere"] {
                let reply = try fixture.ask { $0.send("{\"roomId\":\"\(room)\"}") }
                #expect(reply.status == 503)
                #expect(reply.code == "unavailable")
                #expect(reply.header("Retry-After") == ["1"])
                #expect(reply.reason == "directory_unavailable")
                #expect(reply.line.contains(#""fault":"disk on fire""#))
                #expect(!reply.body.contains("disk"))
            }
        }
    }

    @Test(arguments: [(-1, 503), (0, 200), (1, 200), (-50 * 365 * 86_400, 503)] as [(Int64, Int)])
    func `no token is issued at a time that cannot be`(_ offset: Int64, _ status: Int) throws {
        var fixture = Fixture()
        fixture.earliestTime = NumericDate.sample
        fixture.now = NumericDate.sample.advanced(by: offset)
        let reply = try fixture.ask()
        #expect(reply.status == status)
        if status == 503 {
            #expect(reply.reason == "clock_unbelievable")
            #expect(reply.header("Retry-After") == ["1"])
            #expect(reply.calls.isEmpty)
        }
    }

    @Test func `an audit line that cannot be written is 503`() throws {
        let (endpoint, _, _) = try Fixture().endpoint()
        let reply = Reply(endpoint.refuse(.token(), with: .unavailable(.audit)))
        #expect(reply.status == 503)
        #expect(reply.reason == "audit_unavailable")
        #expect(reply.json?["token"] == nil)
    }

    // MARK: What an answer gives away

    /// Each a way to be kept out of a room that exists or does not.
    private func closedDoors() -> [(reason: String, fixture: Fixture)] {
        let fixture = Fixture()
        func changed(_ reason: String, _ change: (inout Fixture) -> Void) -> (String, Fixture) {
            var other = fixture
            change(&other)
            return (reason, other)
        }
        return [
            changed("unknown_room") { $0.directory.rooms = [:] },
            changed("not_member") { $0.stage.members = [:] },
            changed("not_member_of_scene_or_event") {
                $0.stage.members["ada"] = [Membership(role: "host", scene: "s2")]
            },
            changed("membership_expired") {
                $0.stage.members["ada"] = [Membership(role: "host", expiresAt: NumericDate.sample)]
            },
            changed("role_not_configured") { $0.stage.members["ada"] = [Membership(role: "wizard")] },
            changed("stream_not_open") {
                $0.stage.members["ada"] = [Membership(role: "speaker")]
                $0.stage.isScheduled = true
            },
            changed("blocked") { $0.directory.blocks = [Block(user: "ada", why: "spam")] },
            changed("stream_ends_too_soon") {
                $0.stage.members["ada"] = [Membership(role: "speaker")]
                $0.stage.isScheduled = true
                $0.stage.streamSessions = [StreamSession(closesAt: NumericDate.sample.advanced(by: 59))]
            },
        ]
    }

    @Test func `whatever keeps a caller out of a room, the answer is the same to the byte`() throws {
        let body = #"{"roomId":"stage-1","sceneId":"intro"}"#
        let replies = try closedDoors().map { door in
            let reply = try door.fixture.ask { $0.send(body) }
            #expect(reply.reason == door.reason)
            return reply
        }
        #expect(replies[0].code == "forbidden")
        #expect(replies.allSatisfy { $0.response == replies[0].response })
        #expect(
            replies.allSatisfy {
                $0.calls == [
                    .session(SessionDigest(bearer: "bearer-1".utf8)), .room("stage-1", user: "ada"),
                    .block(ParticipantIdentity(user: "ada"), "stage-1"),
                ]
            }
        )
    }

    @Test func `but for the request id, which is the request's own`() throws {
        let other = try #require(RequestID("ffffffffffffffffffffffffffffffff"))
        var fixture = Fixture()
        fixture.stage.members = [:]
        let one = try fixture.ask()
        let two = try fixture.ask { $0.id = other }
        #expect(one.response != two.response)
        #expect(
            one.body == two.body.replacing("ffffffffffffffffffffffffffffffff", with: "0123456789abcdef0123456789abcdef")
        )
        #expect(two.header("X-Request-Id") == ["ffffffffffffffffffffffffffffffff"])
    }

    @Test func `whatever is wrong with a session, the answer and the work are the same`() throws {
        var replies: [Reply] = []
        func expect(_ reason: String, _ change: (inout Fixture) -> Void) throws {
            var fixture = Fixture()
            change(&fixture)
            let reply = try fixture.ask()
            #expect(reply.reason == reason)
            replies.append(reply)
        }
        try expect("session_unknown") { $0.directory.sessions = [:] }
        try expect("session_expired") { $0.open(session: "bearer-1", of: $0.ada, lasting: 0) }
        try expect("session_revoked") { $0.open(session: "bearer-1", of: $0.ada, isRevoked: true) }
        try expect("session_ends_too_soon") { $0.open(session: "bearer-1", of: $0.ada, lasting: 59) }
        try expect("user_disabled") {
            $0.open(session: "bearer-1", of: User(id: "ada", did: nil, name: nil, isDisabled: true))
        }
        #expect(replies[0].status == 403)
        #expect(replies[0].code == "session_invalid")
        #expect(replies[0].header("WWW-Authenticate") == [#"Bearer realm="livekit", error="invalid_token""#])
        #expect(replies.allSatisfy { $0.response == replies[0].response })
        #expect(replies.allSatisfy { $0.calls == [.session(SessionDigest(bearer: "bearer-1".utf8))] })
    }

    /// A value of the request in every place that has one, and the answer that it leads to.
    static let canaries: [(String, Int, @Sendable (inout HTTPRequest) -> Void)] = [
        ("method", 405, { $0.method = "CANARY" }),
        ("path", 404, { $0.path = "/livekit/CANARY" }),
        ("media type", 415, { $0.contentType = "application/CANARY" }),
        ("declared length", 400, { $0.contentLength = "CANARY" }),
        ("scheme", 403, { $0.authorize("CANARY abc") }),
        ("broken bearer", 403, { $0.authorize("Bearer CANARY,CANARY") }),
        ("unknown bearer", 403, { $0.authorize("Bearer CANARY") }),
        ("body", 400, { $0.send("CANARY") }),
        ("string with an error", 400, { $0.send("{\"roomId\":\"CANARY\u{1}\"}") }),
        ("value of an unknown field", 400, { $0.send(#"{"x":"CANARY"}"#) }),
        ("value of a wrong type", 400, { $0.send(#"{"roomId":["CANARY"]}"#) }),
        ("room id", 400, { $0.send(#"{"roomId":"CANARY ROOM"}"#) }),
        ("scene id", 400, { $0.send(#"{"roomId":"stage-1","sceneId":"CANARY SCENE"}"#) }),
        ("event id", 400, { $0.send(#"{"roomId":"stage-1","eventId":"CANARY EVENT"}"#) }),
        ("room", 403, { $0.send(#"{"roomId":"CANARY"}"#) }),
        (
            "client", 403,
            {
                $0.authorization = nil; $0.client = "CANARY"
            }
        ),
    ]

    @Test(arguments: canaries.indices)
    func `no refusal repeats a value of the request`(_ index: Int) throws {
        let (place, status, change) = Self.canaries[index]
        let reply = try Fixture().ask(change)
        #expect(reply.status == status, "\(place)")
        #expect(!reply.body.contains("CANARY"), "\(place)")
        #expect(!reply.response.headers.contains { $0.value.contains("CANARY") }, "\(place)")
    }

    // MARK: Metrics

    @Test func `metrics are a page of the process, and requests for them are not in the log`() throws {
        let (endpoint, _, directory) = try Fixture().endpoint()
        var request = HTTPRequest.health()
        request.path = "/livekit/metrics"
        let reply = Reply(endpoint.respond(to: request, at: NumericDate.sample))
        #expect(reply.status == 200)
        #expect(reply.body == "time \(NumericDate.sample.seconds)")
        #expect(reply.header("Content-Type") == ["text/plain"])
        #expect(reply.event == nil)
        request.method = "POST"
        #expect(endpoint.respond(to: request, at: NumericDate.sample).event == nil)
        #expect(directory.calls == [])
    }

    // MARK: Health

    @Test(arguments: ["GET", "HEAD"] as [UTF8String])
    func `health is 200 while the directory answers, and costs one probe`(_ method: UTF8String) throws {
        let (endpoint, _, directory) = try Fixture().endpoint()
        let reply = Reply(endpoint.respond(to: .health(method), at: NumericDate.sample))
        #expect(reply.status == 200)
        #expect(reply.body == #"{"status":"ok"}"#)
        #expect(reply.header("Content-Type") == ["application/json"])
        #expect(reply.header("Cache-Control") == ["no-store"])
        #expect(reply.header("X-Request-Id") == ["0123456789abcdef0123456789abcdef"])
        #expect(reply.event == nil)
        #expect(directory.calls == [.probe])
    }

    @Test(arguments: [(false, true, "directory"), (true, false, "clock"), (true, true, "clock, directory")])
    func `health is 503 and names what is down`(_ clock: Bool, _ directory: Bool, _ names: String) throws {
        var fixture = Fixture()
        if clock { fixture.earliestTime = NumericDate.sample.advanced(by: 1) }
        if directory { fixture.directory.roomsFail = DirectoryError("disk on fire") }
        let reply = Reply(try fixture.respond(to: .health()))
        #expect(reply.status == 503)
        #expect(reply.code == "unavailable")
        #expect(reply.json?["detail"]?.text?.description == "Down: \(names).")
        #expect(reply.header("Retry-After") == ["1"])
        #expect(reply.json?["retryAfter"]?.integer == 1)
        #expect(reply.header("Content-Type") == ["application/problem+json"])
        #expect(!reply.body.contains("disk"))
    }
}
