import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `an audit event` {
    /// The first 12 digits of the SHA-256 of `bearer-1`.
    private static let session = "fe8a3bcff628"

    @Test func `a token that is issued leaves who, what, where and until when`() throws {
        let reply = try Fixture().ask { $0.send(#"{"roomId":"stage-1","sceneId":"intro","eventId":"launch-2026"}"#) }
        #expect(reply.event?.name == "token.issued")
        #expect(reply.event?.isFault == false)
        #expect(
            reply.line
                == #"{"requestId":"0123456789abcdef0123456789abcdef","userId":"ada","session":"\#(Self.session)","#
                + #""did":"did:plc:ada","#
                + #""identity":"user-954f465c-034f-5135-afb1-130118ad4b66","roomId":"stage-1","sceneId":"intro","#
                + #""eventId":"launch-2026","roles":["host"],"tokenId":"00000000-0000-0000-0000-000000000001","#
                + #""expiresAt":"2026-11-23T22:45:30Z","apiKey":"APIgolden","client":"192.0.2.7","micros":17}"#
        )
    }

    @Test func `what is absent is left out`() throws {
        var fixture = Fixture()
        fixture.open(session: "bearer-1", of: User(id: "ada", did: nil, name: nil, isDisabled: false))
        #expect(
            try fixture.ask().line
                == #"{"requestId":"0123456789abcdef0123456789abcdef","userId":"ada","session":"\#(Self.session)","#
                + #""identity":"user-954f465c-034f-5135-afb1-130118ad4b66","roomId":"stage-1","roles":["host"],"#
                + #""tokenId":"00000000-0000-0000-0000-000000000001","expiresAt":"2026-11-23T22:45:30Z","#
                + #""apiKey":"APIgolden","client":"192.0.2.7","micros":17}"#
        )
    }

    @Test func `the line and the token say the same`() throws {
        let reply = try Fixture().ask()
        let line = try JSONValue(parsing: Array(reply.line.utf8))
        let claims = try #require(try reply.claims)
        #expect(line["identity"] == claims["sub"])
        #expect(line["tokenId"] == claims["jti"])
        #expect(line["apiKey"] == claims["iss"])
        #expect(line["roomId"] == claims["video"]?["room"])
        #expect(line["expiresAt"] == reply.json?["expiresAt"])
        #expect(line["requestId"]?.text?.description == reply.header("X-Request-Id").first)
    }

    @Test func `a refusal leaves as much of the caller as was known by then`() throws {
        let id = #"{"requestId":"0123456789abcdef0123456789abcdef","#
        let end = #","client":"192.0.2.7","micros":17}"#
        let nobody = try Fixture().ask { $0.authorization = nil }
        #expect(nobody.event?.name == "token.refused")
        #expect(nobody.line == id + #""status":403,"code":"session_missing","reason":"authorization_missing""# + end)

        var expired = Fixture()
        expired.open(session: "bearer-1", of: expired.ada, lasting: -1)
        #expect(
            try expired.ask().line
                == id + #""status":403,"code":"session_invalid","reason":"session_expired","userId":"ada","#
                + #""session":"\#(Self.session)""# + end
        )

        let broken = try Fixture().ask { $0.send("{}") }
        #expect(
            broken.line
                == id + #""status":400,"code":"malformed_request","reason":"room_id_missing","#
                + #""fault":"roomId is missing; name the room.","userId":"ada","session":"\#(Self.session)""# + end
        )

        let elsewhere = try Fixture().ask { $0.send(#"{"roomId":"stage-2","sceneId":"intro"}"#) }
        #expect(
            elsewhere.line
                == id + #""status":403,"code":"forbidden","reason":"unknown_room","userId":"ada","#
                + #""session":"\#(Self.session)","roomId":"stage-2","sceneId":"intro""# + end
        )
    }

    @Test func `a refusal names the user and the session wherever the session is known`() throws {
        let who = #""userId":"ada","session":"\#(Self.session)""#
        func line(_ change: (inout Fixture) -> Void) throws -> String {
            var fixture = Fixture()
            change(&fixture)
            return try fixture.ask().line
        }
        let disabled = User(id: "ada", did: nil, name: nil, isDisabled: true)
        for (reason, line) in [
            ("session_expired", try line { $0.open(session: "bearer-1", of: $0.ada, lasting: 0) }),
            ("session_revoked", try line { $0.open(session: "bearer-1", of: $0.ada, isRevoked: true) }),
            ("session_ends_too_soon", try line { $0.open(session: "bearer-1", of: $0.ada, lasting: 59) }),
            ("user_disabled", try line { $0.open(session: "bearer-1", of: disabled) }),
            ("not_member", try line { $0.stage.members = [:] }),
            ("directory_unavailable", try line { $0.directory.roomsFail = DirectoryError("down") }),
        ] {
            #expect(line.contains(#""reason":"\#(reason)""#))
            #expect(line.contains(who), "\(reason)")
        }
        let unknown = try line { $0.directory.sessions = [:] }
        #expect(unknown.contains(#""reason":"session_unknown""#))
        #expect(!unknown.contains("userId") && !unknown.contains(#""session":"#))
    }

    @Test func `a session without a key of its own has no name in the line`() throws {
        #expect(Session(user: Fixture().ada, endsAt: nil, key: nil).label == nil)
        #expect(Session(user: Fixture().ada, endsAt: nil, key: [0, 1, 0xAB, 0xFF, 16, 9, 7]).label == "0001abff1009")
        #expect(Session(user: Fixture().ada, endsAt: nil, key: [1]).label == "01")
    }

    @Test func `where 401 is configured, the line says what the client was told`() throws {
        var fixture = Fixture()
        fixture.unauthenticatedStatus = 401
        #expect(try fixture.ask { $0.authorization = nil }.line.contains(#""status":401,"code":"session_missing""#))
    }

    @Test func `a fault of ours is told to the operator`() throws {
        var fixture = Fixture()
        fixture.directory.roomsFail = DirectoryError("database is locked")
        let reply = try fixture.ask()
        #expect(reply.event?.isFault == true)
        #expect(reply.line.contains(#""reason":"directory_unavailable","fault":"database is locked","userId":"ada","#))
    }

    @Test func `no line and no event holds a bearer, a token or a secret`() throws {
        let bearer = "CANARY-bearer-71d3"
        var fixture = Fixture()
        fixture.open(session: bearer, of: fixture.ada)
        let requests: [(inout HTTPRequest) -> Void] = [
            { _ in }, { $0.send("{}") }, { $0.send(#"{"roomId":"stage-2"}"#) }, { $0.method = "GET" },
            { $0.authorize("Bearer \(bearer) \(bearer)") }, { $0.authorize("Basic \(bearer)") },
        ]
        for change in requests {
            let reply = try fixture.ask {
                $0.authorize("Bearer \(bearer)")
                change(&$0)
            }
            var dumped = ""
            dump(reply.event, to: &dumped)
            for text in [reply.line, dumped] {
                #expect(!text.contains("CANARY"))
                #expect(!text.contains("eyJ"))
                #expect(!text.contains("golden-secret"))
            }
        }
        #expect(
            try fixture.ask { $0.authorize("Bearer \(bearer)") }.body.contains("eyJ"),
            "the canary's token was there to be seen"
        )
    }

    @Test func `nothing in a line can forge another`() throws {
        var fixture = Fixture()
        fixture.open(
            session: "bearer-1",
            of: User(
                id: "ada",
                did: "\r\n{\"event\":\"token.issued\"}\u{2028}\u{1B}[2J\0",
                name: nil,
                isDisabled: false
            )
        )
        let reply = try fixture.ask { $0.client = "192.0.2.7\n\u{85}" }
        let line = reply.line
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{2028}" })
        let json = try JSONValue(parsing: Array(line.utf8))
        #expect(json["did"]?.text == "\r\n{\"event\":\"token.issued\"}\u{2028}\u{1B}[2J\0")
        #expect(json["client"]?.text == "192.0.2.7\n\u{85}")
        #expect(json["event"] == nil)
    }
}
