import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `The gate` {
    @Test func `lets in somebody who may be in, and hands on the token and the query without it`() throws {
        let site = Site()
        let outcome = try site.ask()
        #expect(outcome.response.status == 204 && outcome.response.body.isEmpty)
        #expect(
            outcome.response.headers == [
                .init(name: "X-Accel-Redirect", value: "@livekit_rtc"),
                .init(name: "X-LiveKit-Token", value: try site.claims.token(by: .sample())),
                .init(name: "X-LiveKit-Query", value: "auto_subscribe=1"),
            ]
        )
    }

    @Test(arguments: [
        ("/rtc", ""), ("/rtc?", ""), ("/rtc/v1?join_request=H4sI-_A", "join_request=H4sI-_A"),
        ("/rtc?sdk=js&protocol=16&room=other", "sdk=js&protocol=16"),
    ]) func `takes a token from the header`(target: String, query: String) throws {
        var site = Site()
        site.target = target
        site.authorization = "Bearer TOKEN"
        let outcome = try site.ask()
        #expect(outcome.response.status == 204)
        #expect(
            outcome.response.headers.map(\.value) == ["@livekit_rtc", try site.claims.token(by: .sample()), query]
        )
    }

    @Test func `takes a token of any key that LiveKit has`() throws {
        var site = Site()
        site.claims.issuer = "APItwo"
        site.token = site.claims.token(by: try .sample(id: "APItwo", secret: "another-secret-of-the-tests-9876543210"))
        #expect(try site.reason() == nil)
    }

    @Test(arguments: [
        (GateEndpoint.rtc, ["GET"]), (.validate, ["GET"]), (.whip, ["POST", "PATCH", "DELETE"]), (.twirp, ["POST"]),
    ]) func `takes the methods of an endpoint`(endpoint: GateEndpoint, methods: [UTF8String]) throws {
        var site = Site()
        site.memberships = [Membership(role: "moderator")]
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true"]
        site.endpoint = endpoint
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", ""] as [UTF8String] {
            site.method = method
            #expect(try site.reason() == (methods.contains(method) ? nil : .method), "\(method)")
        }
    }

    @Test func `takes as much as a web server can hand on, and not a byte more`() throws {
        var site = Site()
        let token = try site.claims.token(by: .sample())
        let room = Gate.maximumLength - token.utf8.count - 2
        site.target = "/rtc?access_token=TOKEN&a=" + String(repeating: "b", count: room)
        #expect(try site.reason() == nil)
        site.target += "b"
        #expect(try site.reason() == .tooLong)
    }

    @Test(arguments: Refused.all) func `refuses`(_ refused: Refused) throws {
        var site = Site()
        refused.change(&site)
        let outcome = try site.ask()
        #expect(outcome.event.refusal?.reason == refused.reason)
        #expect(outcome.response.status == refused.status)
        // One text for all reasons of a status; 503 is the web server's to word.
        let words = [401: Gate.unauthorized, 403: Gate.forbidden, 503: ""][refused.status]
        #expect(outcome.response.headers == [.init(name: "Content-Type", value: "text/plain")])
        #expect(outcome.response.body == words.map { Array($0.utf8) })
        #expect(outcome.event.isFault == (refused.status == 503))
    }

    @Test func `has a case here for every reason`() {
        // The log is the process's, not the gate's.
        let seen = Set(Refused.all.map(\.reason)).union([.auditUnavailable])
        #expect(Set(JoinReason.allCases).subtracting(seen).isEmpty)
    }

    @Test func `refuses what could not be logged`() throws {
        let site = Site()
        let gate = try site.gate(asking: MemoryDirectory(site.directory))
        let outcome = gate.refuse(try site.request(), with: .unavailable(.audit))
        #expect(outcome.response.status == 503 && outcome.response.body.isEmpty)
        #expect(outcome.event.refusal?.reason == .auditUnavailable)
    }

    /// Whatever goes wrong in the directory, at whatever question.
    @Test(arguments: MemoryDirectory.Question.allCases, [true, false])
    func `never says no because it cannot know`(failing: MemoryDirectory.Question, isOfSessions: Bool) throws {
        var site = Site()
        if isOfSessions { site.identifySessions() }
        site.directory.failing = failing
        let isAsked = ![.successor, .users].contains(failing) && failing != (isOfSessions ? .openSession : .session)
        #expect(try site.ask().response.status == (isAsked ? 503 : 204))
    }

    @Test func `asks nothing about a token that LiveKit would not take`() throws {
        for refused in Refused.ofRequests + Refused.ofTokens {
            var site = Site()
            refused.change(&site)
            let directory = MemoryDirectory(site.directory)
            _ = try site.gate(asking: directory).answer(site.request(), at: site.now)
            #expect(directory.questions.isEmpty, "\(refused.testDescription)")
        }
    }

    /// The index comes first, so that what it did not know is judged by a directory that is at least as new.
    @Test func `asks one snapshot, which it gives back before the answer`() throws {
        var site = Site()
        let directory = MemoryDirectory(site.directory)
        _ = try site.gate(asking: directory).answer(site.request(), at: site.now)
        #expect(directory.questions == ["identity", "user", "block", "openSession", "room", "end"])
        for refused in Refused.ofPeople + Refused.ofRooms + Refused.unknowable {
            site = Site()
            refused.change(&site)
            let directory = MemoryDirectory(site.directory)
            _ = try site.gate(asking: directory).answer(site.request(), at: site.now)
            let isSnapshotAsked = !Set(directory.questions).subtracting(["identity", "end"]).isEmpty
            #expect(!isSnapshotAsked || directory.questions.last == "end", "\(refused.testDescription)")
        }
    }

    /// Both at once: the one that an operator should mend first.
    @Test func `says first what keeps out longest`() throws {
        var site = Site()
        site.directory.blocks = [Block(user: "ada")]
        site.add("ada", isDisabled: true)
        site.directory.sessions = [:]
        site.directory.rooms = [:]
        site.claims.video = ["hidden": "true"]
        #expect(try site.reason() == .blocked)
        site.directory.blocks = []
        #expect(try site.reason() == .userDisabled)
        site.add("ada")
        #expect(try site.reason() == .noOpenSession)
        site.open("bearer-1", of: "ada")
        #expect(try site.reason() == .grantMissing)
        site.claims.video = ["roomJoin": "true", "hidden": "true"]
        #expect(try site.reason() == .unknownRoom)
        site.stage.access = .open
        #expect(try site.reason() == .grantsExceeded)
    }

    @Test func `lets in as soon as what barred is gone`() throws {
        var site = Site()
        site.directory.blocks = [Block(user: "ada", until: .sample), Block(user: "ada", room: "stage-2")]
        #expect(try site.reason() == nil)
    }
}
