import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `a token's policy` {
    struct Times: CustomTestStringConvertible, Sendable {
        let minimum: Int64
        let lifetime: Int64
        let maximum: Int64
        let isAllowed: Bool

        init(_ minimum: Int64, _ lifetime: Int64, _ maximum: Int64, _ isAllowed: Bool) {
            self.minimum = minimum
            self.lifetime = lifetime
            self.maximum = maximum
            self.isAllowed = isAllowed
        }

        var testDescription: String { "min_ttl \(minimum), ttl \(lifetime), max_ttl \(maximum)" }
    }

    static let times: [Times] = [
        Times(60, 300, 3600, true), Times(60, 60, 3600, true), Times(60, 3600, 3600, true), Times(300, 300, 300, true),
        Times(10, 10, 10, true), Times(10, 86_400, 86_400, true), Times(86_400, 86_400, 86_400, true),
        Times(10, 300, 86_400, true),
        Times(9, 300, 3600, false), Times(9, 9, 9, false), Times(0, 300, 3600, false), Times(-60, 300, 3600, false),
        Times(60, 300, 86_401, false), Times(86_401, 86_401, 86_401, false), Times(60, 86_401, 86_401, false),
        Times(60, 59, 3600, false), Times(60, 3601, 3600, false), Times(60, 0, 3600, false),
        Times(60, -300, 3600, false),
        Times(3600, 3600, 60, false), Times(301, 300, 299, false), Times(61, 60, 60, false), Times(60, 60, 59, false),
        Times(.min, 300, .max, false), Times(10, .max, 86_400, false), Times(10, .min, 86_400, false),
    ]

    @Test(arguments: times)
    func `times must lie within each other, and within 10 seconds and 24 hours`(_ times: Times) {
        let policy = TokenPolicy(
            lifetime: times.lifetime,
            minimumLifetime: times.minimum,
            maximumLifetime: times.maximum,
            identity: .user
        )
        #expect((policy != nil) == times.isAllowed)
        if times.isAllowed {
            #expect(policy?.lifetime == times.lifetime)
            #expect(policy?.minimumLifetime == times.minimum)
            #expect(policy?.maximumLifetime == times.maximum)
        }
    }

    /// Seconds from now; `min_ttl` is 60, `ttl` 300.
    struct Ends: CustomTestStringConvertible, Sendable {
        let session: Int64
        let stream: Int64?
        let result: Result

        enum Result: Sendable {
            case expires(Int64)
            case refused(String)
        }

        init(session: Int64, stream: Int64? = nil, _ result: Result) {
            self.session = session
            self.stream = stream
            self.result = result
        }

        var testDescription: String { "session ends in \(session), stream in \(stream.map(String.init) ?? "no time")" }
    }

    static let ends: [Ends] = [
        Ends(session: 3600, .expires(300)), Ends(session: 301, .expires(300)), Ends(session: 300, .expires(300)),
        Ends(session: 299, .expires(299)), Ends(session: 61, .expires(61)), Ends(session: 60, .expires(60)),
        Ends(session: 59, .refused("session_ends_too_soon")), Ends(session: 1, .refused("session_ends_too_soon")),
        Ends(session: 0, .refused("session_expired")), Ends(session: -1, .refused("session_expired")),
        Ends(session: .max, .expires(300)),
        Ends(session: 3600, stream: 3600, .expires(300)), Ends(session: 3600, stream: 301, .expires(300)),
        Ends(session: 3600, stream: 300, .expires(300)), Ends(session: 3600, stream: 299, .expires(299)),
        Ends(session: 3600, stream: 60, .expires(60)),
        Ends(session: 3600, stream: 59, .refused("stream_ends_too_soon")),
        Ends(session: 3600, stream: 1, .refused("stream_ends_too_soon")),
        Ends(session: 3600, stream: 0, .refused("stream_not_open")),
        Ends(session: 200, stream: 100, .expires(100)), Ends(session: 100, stream: 200, .expires(100)),
        Ends(session: 60, stream: 60, .expires(60)), Ends(session: 60, stream: 59, .refused("stream_ends_too_soon")),
        Ends(session: 59, stream: 59, .refused("session_ends_too_soon")),
    ]

    @Test(arguments: ends)
    func `a token never outlives its time, its session or its stream, nor is it too short to be of use`(_ ends: Ends)
        throws
    {
        var fixture = Fixture()
        fixture.bounds = 60...600
        fixture.open(session: "bearer-1", of: fixture.ada, lasting: ends.session)
        if let stream = ends.stream {
            fixture.stage.members["ada"] = [Membership(role: "speaker")]
            fixture.stage.isScheduled = true
            fixture.stage.streamSessions = [StreamSession(closesAt: NumericDate.sample.advanced(by: stream))]
        }
        let reply = try fixture.ask { $0.send(#"{"roomId":"stage-1","sceneId":"intro"}"#) }
        switch ends.result {
        case .expires(let seconds):
            #expect(try reply.claims?["exp"]?.integer == NumericDate.sample.seconds + seconds)
            #expect(reply.json?["expiresAt"]?.text == NumericDate.sample.advanced(by: seconds).rfc3339)
        case .refused(let reason):
            #expect(reply.status == 403)
            #expect(reply.reason == reason)
        }
    }

    @Test(arguments: [10, 86_400] as [Int64])
    func `the hard limits are usable to the second`(_ seconds: Int64) throws {
        var fixture = Fixture()
        fixture.lifetime = seconds
        fixture.bounds = seconds...seconds
        fixture.open(session: "bearer-1", of: fixture.ada, lasting: seconds)
        #expect(try fixture.ask().claims?["exp"]?.integer == NumericDate.sample.seconds + seconds)
        fixture.open(session: "bearer-1", of: fixture.ada, lasting: seconds - 1)
        #expect(try fixture.ask().reason == "session_ends_too_soon")
    }

    @Test(arguments: [-1, 0, 1, 59, 60, 3600] as [Int64])
    func `no stream session ends the token of a role that counts at any time`(_ seconds: Int64) throws {
        var fixture = Fixture()
        fixture.stage.isScheduled = true
        fixture.stage.streamSessions = [StreamSession(closesAt: NumericDate.sample.advanced(by: seconds))]
        for body in [#"{"roomId":"stage-1"}"#, #"{"roomId":"stage-1","sceneId":"intro"}"#] {
            let claims = try #require(try fixture.ask { $0.send(body) }.claims)
            #expect(claims["exp"]?.integer == NumericDate.sample.seconds + 300)
        }
    }

    @Test func `an operator's token is bound by the stream alone`() throws {
        var fixture = Fixture()
        fixture.stage.members["ada"] = [Membership(role: "speaker")]
        fixture.stage.isScheduled = true
        fixture.stage.streamSessions = [StreamSession(scene: "intro", closesAt: NumericDate.sample.advanced(by: 120))]
        let (_, issuer, directory) = try fixture.endpoint()
        for (request, lifetime) in [
            (TokenRequest(room: "stage-1"), 120), (TokenRequest(room: "stage-1", scene: "intro"), 120),
        ] as [(TokenRequest, Int64)] {
            let session = Session(user: fixture.ada, endsAt: nil, key: nil)
            let issued = try issuer.issue(
                to: session,
                as: issuer.identity(of: session),
                request: request,
                in: directory,
                at: fixture.now
            )
            #expect(issued.issuance.expiresAt == NumericDate.sample.advanced(by: lifetime))
        }
    }
}

@Suite struct `identity policies` {
    private func identities(_ policy: ParticipantIdentity.Policy, bearers: [String]) throws -> [UTF8String] {
        var fixture = Fixture()
        fixture.identity = policy
        for bearer in bearers { fixture.open(session: bearer, of: fixture.ada) }
        let endpoint = try fixture.endpoint().endpoint
        return try bearers.map { bearer in
            let reply = Reply(endpoint.respond(to: .token(bearer: bearer), at: fixture.now))
            return try #require(try reply.claims?["sub"]?.text)
        }
    }

    @Test func `user: one identity for all sessions`() throws {
        let identity: UTF8String = "user-954f465c-034f-5135-afb1-130118ad4b66"
        #expect(
            try identities(.user, bearers: ["bearer-1", "bearer-2", "bearer-1"]) == [identity, identity, identity]
        )
    }

    @Test func `session: one identity for each session, the same each time`() throws {
        let subjects = try identities(.session, bearers: ["bearer-1", "bearer-2", "bearer-1"])
        #expect(subjects[0] == "user-66192d38-ed57-574d-9f36-d3ec8dd61e1a")
        #expect(subjects[2] == subjects[0])
        #expect(subjects[1] != subjects[0])
    }

    @Test func `token: a fresh identity each time, which is not the token's id`() throws {
        let subjects = try identities(.token, bearers: ["bearer-1", "bearer-1", "bearer-1"])
        #expect(Set(subjects).count == 3)
        var fixture = Fixture()
        fixture.identity = .token
        let claims = try #require(try fixture.ask().claims)
        #expect(claims["sub"]?.text.map { "\($0)" } != claims["jti"]?.text.map { "user-\($0)" })
    }

    @Test func `a user id that is a UUID is the identity`() throws {
        var fixture = Fixture()
        fixture.ada = User(id: "018F3A52-7C1B-7D2E-9A3F-0123456789AB", did: nil, name: nil, isDisabled: false)
        fixture.open(session: "bearer-1", of: fixture.ada)
        fixture.stage.members[fixture.ada.id] = [Membership(role: "viewer")]
        #expect(try fixture.ask().claims?["sub"]?.text == "user-018f3a52-7c1b-7d2e-9a3f-0123456789ab")
    }

    @Test func `without a session an operator's token of the session policy is fresh`() throws {
        var fixture = Fixture()
        fixture.identity = .session
        let (_, issuer, _) = try fixture.endpoint()
        let session = Session(user: fixture.ada, endsAt: nil, key: nil)
        #expect(issuer.identity(of: session) != issuer.identity(of: session))
    }
}
