import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// A second source of sessions: the bearer is a JWT (RFC 7519), and its signature proves the session.
private struct SignedSessions: SessionSource {
    let key: APIKey

    func session(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(SessionError) -> Session {
        let bearer = Array(try credential.bearerToken.bytes)
        guard let signature = try? JSONWebSignature(compact: bearer), signature.isSigned(by: key),
            let claims = try? JSONValue(parsing: signature.payload),
            let subject = claims["sub"]?.text.flatMap({ Identifier($0) }), let end = claims["exp"]?.integer
        else { throw .invalid(.unknown) }
        guard now.seconds < end else { throw .invalid(.expired) }
        let user = User(id: subject, did: nil, name: nil, isDisabled: false)
        return Session(user: user, endsAt: NumericDate(end), key: nil)
    }
}

/// A second source of memberships: the department before the slash in a user's id is a room, and its users are
/// speakers.
private struct DepartmentMemberships: MembershipSource {
    func room(
        _ room: Identifier,
        for session: Session,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(DirectoryError) -> RoomEntry? {
        let department = session.user.id.text.utf8.prefix { $0 != UInt8(ascii: "/") }
        let isMember = department.elementsEqual(room.text.utf8)
        return RoomEntry(
            access: .restricted,
            memberships: isMember ? [Membership(role: "speaker")] : [],
            isScheduled: false,
            streamSessions: []
        )
    }
}

@Suite struct `sessions and memberships from other sources` {
    private func fixture() throws -> Fixture {
        var fixture = Fixture()
        fixture.sessions = SignedSessions(key: try .sample(secret: "the-secret-of-the-logins-0123456789"))
        fixture.memberships = DepartmentMemberships()
        return fixture
    }

    private func bearer(
        sub: String = "physics/ada",
        lasting seconds: Int64 = 120,
        secret: String = "the-secret-of-the-logins-0123456789"
    ) throws -> String {
        let claims = #"{"sub":"\#(sub)","exp":\#(NumericDate.sample.advanced(by: seconds).seconds)}"#
        return String(
            decoding: JSONWebSignature.compact(signing: Array(claims.utf8), with: try .sample(secret: secret)),
            as: UTF8.self
        )
    }

    private func ask(_ bearer: String, room: String = "physics") throws -> Reply {
        try fixture().ask {
            $0.authorize("Bearer \(bearer)")
            $0.send(#"{"roomId":"\#(room)"}"#)
        }
    }

    @Test func `a token follows both, and the directory is asked for a block alone`() throws {
        let reply = try ask(try bearer())
        #expect(reply.status == 200)
        #expect(reply.calls == [.block(ParticipantIdentity(user: "physics/ada"), "physics")])
        let claims = try #require(try reply.claims)
        #expect(claims["metadata"]?.text == #"{"roles":["speaker"]}"#)
        #expect(claims["exp"]?.integer == NumericDate.sample.advanced(by: 120).seconds)
    }

    @Test func `the source judges the bearer, and the endpoint what holds for all sessions`() throws {
        #expect(try ask(try bearer(secret: "another-secret-of-the-logins-012345")).reason == "session_unknown")
        #expect(try ask("not-a-jwt").reason == "session_unknown")
        #expect(try ask(try bearer(lasting: 0)).reason == "session_expired")
        #expect(try ask(try bearer(lasting: 59)).reason == "session_ends_too_soon")
    }

    @Test func `the source of memberships decides who is a member`() throws {
        #expect(try ask(try bearer(sub: "chemistry/bob")).reason == "not_member")
        #expect(try ask(try bearer(), room: "chemistry").reason == "not_member")
    }

    @Test func `no bearer is refused before any source is asked`() throws {
        let reply = try fixture().ask { $0.authorization = nil }
        #expect(reply.reason == "authorization_missing")
    }
}
