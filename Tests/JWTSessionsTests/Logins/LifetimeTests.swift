import JWTSessions
import LiveKitToken
import RoomAccess
import RoomPattern
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// Each user who has logged in is a speaker in each room.
private struct OpenRooms: MembershipSource {
    func room(
        _ room: Identifier,
        for session: Session,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(DirectoryError) -> RoomEntry? {
        RoomEntry(
            access: .restricted,
            memberships: [Membership(role: "speaker")],
            isScheduled: false,
            streamSessions: []
        )
    }
}

@Suite struct `A token for LiveKit` {
    private static let key = TestKey(40)

    /// What a deployment answers to a bearer, as JSON.
    private func answer(
        _ bearer: String,
        at now: NumericDate = at(),
        lifetime: Int64 = 300,
        minimum: Int64 = 60,
        identity: ParticipantIdentity.Policy = .user
    ) throws -> (status: Int, json: JSONValue, reason: String?) {
        let files = StubFiles()
        files.put(Self.key.set())
        let endpoint = Endpoint(
            routes: Route.all(tokenSource: nil, metrics: .init(type: "text/plain") { _ in [] }),
            sessions: VouchedSessions(JWTLogins(.sample(), files: files), users: .any),
            directory: NoDirectory(),
            issuer: Issuer(
                key: try .sample(),
                policy: try #require(
                    TokenPolicy(
                        lifetime: lifetime,
                        minimumLifetime: minimum,
                        maximumLifetime: 86_400,
                        identity: identity
                    )
                ),
                join: try #require(JoinPolicy(roles: Role.samples, openRole: "viewer")),
                memberships: OpenRooms(),
                newUUID: { UUID(high: 0, low: 7) }
            ),
            policy: .init(
                ids: IDPattern(try RoomPattern("[a-z]+")),
                unauthenticatedStatus: 403,
                earliestTime: NumericDate(0)
            )
        )
        let body = Array(#"{"roomId":"stage"}"#.utf8)
        let outcome = endpoint.respond(
            to: HTTPRequest(
                method: "POST",
                path: "/livekit/token",
                contentType: "application/json",
                contentLength: UTF8String("\(body.count)"),
                authorization: Redacted(Array("Bearer \(bearer)".utf8)),
                body: body,
                client: "192.0.2.7",
                id: try #require(RequestID("0123456789abcdef0123456789abcdef"))
            ),
            at: now
        )
        var reason: String?
        if case .refused(let refusal, _)? = outcome.event?.result { reason = refusal.reason.rawValue }
        return (outcome.response.status, try JSONValue(parsing: outcome.response.body), reason)
    }

    private static func end(_ json: JSONValue) throws -> Int64 {
        let text = try #require(json["expiresAt"]?.text)
        return try #require(NumericDate(rfc3339: text.description)).seconds
    }

    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func `never outlives the token that it was given for`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let now = at(Int64.random(in: -1_000_000...1_000_000, using: &generator))
        let left = Int64.random(in: -5...400, using: &generator)
        let minimum = Int64.random(in: 10...300, using: &generator)
        let lifetime = Int64.random(in: minimum...600, using: &generator)
        let fraction = Bool.random(using: &generator) ? ".\(Int.random(in: 0...999_999, using: &generator))" : ""
        let bearer = Self.key.login(["exp": "\(now.advanced(by: left).seconds)\(fraction)"], at: now)
        let (status, json, reason) = try answer(bearer, at: now, lifetime: lifetime, minimum: minimum)
        guard left >= 10 else {
            #expect(status == 403)
            #expect(reason == (left <= 0 ? "token_expired" : "session_ends_too_soon"))
            return
        }
        #expect(status == 200)
        #expect(try Self.end(json) == now.seconds + min(left, lifetime))
    }

    @Test(arguments: [(9, 403), (10, 200), (11, 200)] as [(Int64, Int)])
    func `is given where ten seconds are left, also below the shortest life`(_ left: Int64, _ status: Int) throws {
        let bearer = Self.key.login(["exp": "\(at(left).seconds)"])
        #expect(try answer(bearer, lifetime: 3600, minimum: 3600).status == status)
    }

    @Test func `has an identity of its own for each session, or is not given`() throws {
        let without = try answer(Self.key.login(), identity: .session)
        #expect(without.status == 403 && without.reason == "session_key_missing")
        #expect(without.json["code"]?.text == "session_invalid")
        #expect(try answer(Self.key.login(["sid": #""s""#]), identity: .session).status == 200)
        #expect(try answer(Self.key.login(), identity: .user).status == 200)
        #expect(try answer(Self.key.login(), identity: .token).status == 200)
    }

    @Test(
        arguments: [
            (["aud": #""x""#], "token_audience"), (["exp": "1"], "token_expired"), (["cnf": "{}"], "token_bound"),
        ] as [([String: String?], String)]
    )
    func `is refused outward in one way, with its reason in the log`(_ changes: [String: String?], _ reason: String)
        throws
    {
        let refused = try answer(Self.key.login(changes))
        #expect(refused.reason == reason)
        #expect(refused.json["code"]?.text == "session_invalid")
        #expect(refused.json["detail"] == (try answer("a.b.c")).json["detail"])
    }
}
