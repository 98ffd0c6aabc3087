import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `a request of a login that the web server vouches for` {
    private static let end = NumericDate.sample.advanced(by: 300).seconds

    /// Ada, a host of `stage-1`, whom the directory knows.
    private static func fixture(_ users: VouchedSessions.Users = .known) -> Fixture {
        var fixture = Fixture()
        fixture.sessions = VouchedSessions(ParameterLogins(memberships: .none), users: users)
        return fixture
    }

    private func ask(
        _ parameters: KeyValuePairs<LoginParameter, String>,
        in fixture: Fixture = fixture(),
        _ change: (inout HTTPRequest) -> Void = { _ in }
    ) throws -> Reply {
        try fixture.ask { request in
            request.authorization = nil
            for (parameter, value) in parameters { request.login[parameter] = Array(value.utf8) }
            change(&request)
        }
    }

    @Test func `gets a token of the user, with the directory's name and DID, and no bearer`() throws {
        let reply = try ask([.user: "ada", .name: "Eve", .did: "did:web:eve", .answer: "204"])
        #expect(reply.status == 200)
        let claims = try #require(try reply.claims)
        #expect(claims["name"]?.text == "Ada")
        #expect(claims["metadata"]?.text == #"{"roles":["host"],"did":"did:plc:ada"}"#)
        #expect(reply.line.contains(#""userId":"ada""#))
    }

    @Test func `is held to its own end, of which ten seconds must be left, whatever token.min_ttl is`() throws {
        for (seconds, status, reason) in [(9, 403, "session_ends_too_soon"), (10, 200, nil), (59, 200, nil)] {
            let end = NumericDate.sample.advanced(by: Int64(seconds))
            let reply = try ask([.user: "ada", .sessionEnd: "\(end.seconds)"])
            #expect(reply.status == status)
            #expect(reply.reason == reason)
            #expect(try reply.claims?["exp"]?.integer == (status == 200 ? end.seconds : nil))
        }
    }

    @Test func `never gives a token that outlives the usual one`() throws {
        let reply = try ask([.user: "ada", .sessionEnd: "999999999999999999"])
        #expect(try reply.claims?["exp"]?.integer == Self.end)
    }

    @Test func `is of nobody without a user, also with a bearer that the directory knows`() throws {
        let reply = try ask([:]) { $0.authorize("Bearer bearer-1") }
        #expect((reply.status, reply.code, reply.reason) == (403, "session_missing", "login_missing"))
        #expect(reply.calls == [])
        #expect(reply.json?["detail"]?.text == "The request is of no one who has logged in; log in on this site first.")
    }

    @Test func `is refused like one without a membership where the directory does not know its user`() throws {
        let reply = try ask([.user: "bob"])
        #expect((reply.status, reply.code, reply.reason) == (403, "forbidden", "unknown_user"))
        #expect(reply.line.contains(#""userId":"bob""#))
        let stranger = try ask([.user: "bob"], in: Self.fixture(.any))
        #expect((stranger.status, stranger.code, stranger.reason) == (403, "forbidden", "not_member"))
        #expect(stranger.response == reply.response)
    }

    @Test func `says in the log that a name was dropped, and in no answer`() throws {
        var fixture = Self.fixture(.any)
        fixture.stage.access = .open
        let reply = try ask([.user: "bob", .percentName: "%ZZ"], in: fixture)
        #expect(reply.status == 200)
        #expect(try reply.claims?["name"] == nil)
        #expect(reply.line.contains(#""nameDropped":true"#))
        #expect(try !ask([.user: "bob", .percentName: "Bob"], in: fixture).line.contains("nameDropped"))
        #expect(try !ask([.user: "bob"], in: fixture).line.contains("nameDropped"))
    }

    // MARK: - What the back end has answered

    @Test(arguments: ["401", "403", "500", "100", "", "200"])
    func `is refused where the back end said no, whatever else it says and whatever source there is`(
        answer: String
    ) throws {
        let isGood = ["", "200"].contains(answer)
        for (fixture, bearer) in [(Self.fixture(), nil), (Fixture(), "Bearer bearer-1")] {
            let reply = try ask([.user: "ada", .answer: answer], in: fixture) { request in
                if let bearer { request.authorize(bearer) }
            }
            #expect(reply.status == (isGood ? 200 : 403))
            guard !isGood else { continue }
            #expect((reply.code, reply.reason) == ("session_invalid", "login_denied"))
            #expect(reply.calls == [])
        }
    }

    @Test func `has the status of the deployment for callers without a session`() throws {
        var fixture = Self.fixture()
        fixture.unauthenticatedStatus = 401
        #expect(try ask([.answer: "403"], in: fixture).status == 401)
        #expect(try ask([:], in: fixture).status == 401)
    }

    @Test func `looks the same from outside, whatever is wrong with its session`() throws {
        let past = "\(NumericDate.sample.seconds)"
        let replies = try [
            ask([.answer: "401"]), ask([.user: "a b"]), ask([.user: "ada", .did: "x"]),
            ask([.user: "ada", .sessionEnd: past]), ask([.user: "ada", .sessionEnd: "x"]),
        ]
        #expect(
            replies.map(\.reason)
                == ["login_denied", "login_malformed", "login_malformed", "session_expired", "login_malformed"]
        )
        #expect(replies.allSatisfy { $0.response == replies[0].response && $0.code == "session_invalid" })
    }

    @Test func `is named in the log with its session where it is known, and never by what it brought`() throws {
        let past = "\(NumericDate.sample.seconds)"
        let reply = try ask([.user: "ada", .session: "CANARY", .sessionEnd: past, .rooms: "CANARY", .name: "CANARY"])
        #expect(reply.line.contains(#""userId":"ada""#))
        #expect(reply.line.contains(#""session":"\#(digest("CANARY").hex.prefix(12))""#))
        #expect(!reply.line.contains("CANARY") && !reply.body.contains("CANARY"))
    }

    /// The order of judgement: what is wrong before the session is said first.
    @Test func `that is denied is judged where sessions are`() throws {
        #expect(try ask([.answer: "401"]) { $0.contentType = "text/plain" }.code == "unsupported_media_type")
        #expect(try ask([.answer: "401"]) { $0.method = "GET" }.code == "method_not_allowed")
        #expect(try ask([.answer: "401"]) { $0.send("{") }.code == "session_invalid")
        #expect(try ask([.answer: "401"]) { $0.repeatedMetaVariable = "LIVEKIT_USER" }.code == "internal")
    }

    // MARK: - Identities

    @Test func `is one participant for each session of the user, where the deployment says so`() throws {
        var fixture = Self.fixture()
        fixture.identity = .session
        func identity(_ parameters: KeyValuePairs<LoginParameter, String>) throws -> UTF8String? {
            try ask(parameters, in: fixture).claims?["sub"]?.text
        }
        let one = try identity([.user: "ada", .session: "1"])
        #expect(try identity([.user: "ada", .session: "1"]) == one)
        #expect(try identity([.user: "ada", .session: "2"]) != one)
        // The same word of another user's session is no other one's identity.
        fixture.sessions = VouchedSessions(ParameterLogins(memberships: .none), users: .any)
        fixture.stage.access = .open
        #expect(try identity([.user: "bob", .session: "1"]) != one)
    }
}
