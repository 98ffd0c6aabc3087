import Cryptography
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON

/// Claims under a good signature: accepted where a second reading finds no fault in them, else refused for one of its.
///
/// The session of accepted ones is what stands there, lasts to their end, and gives in rooms what its claim says. The
/// first four bytes of an input choose the rules of an issuer and the time; the payload follows.
enum TokenClaims {
    static func check(_ bytes: [UInt8]) {
        var input = Input(bytes)
        let rules = ClaimRules(from: &input)
        let clock = input.byte()
        let payload = Array(bytes.dropFirst(4))
        let claims = (try? JSONValue(parsing: payload, within: .token)).flatMap { $0.members == nil ? nil : $0 }
        let now = time(clock, of: claims)
        let opinion = SecondOpinion(claims, rules, now)

        let logins = rules.logins
        let found = judge(payload, by: logins, at: now)
        want(judge(payload, by: logins, at: now) == found, "another verdict when it is asked again")
        if let members = claims?.members {
            var writer = JSONWriter()
            writer.value(.object(members.reversed()))
            want(judge(writer.bytes, by: logins, at: now) == found, "another verdict in another order")
        }
        switch found {
        case .success(let session):
            want(opinion.faults.isEmpty, "accepted with \(opinion.faults) at \(now.seconds)")
            check(session, against: opinion)
            lasts(session, payload, logins, from: now)
            rules.checkMemberships(of: session)
        case .failure(.invalid(.token(let refusal), let session)):
            want(opinion.faults.contains(refusal.kind), "\(refusal) at \(now.seconds), and not \(opinion.faults)")
            want(refusal.problem.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "it quotes: \(refusal.problem)")
            want(refusal.problem.utf8.count <= 512, "\(refusal.problem.utf8.count) bytes of words")
            let isNamed = opinion.faults.isDisjoint(with: [.payload, .issuer, .user])
            want((session != nil) == isNamed, "the log names a user too many, or too few")
            want(session?.user.id.text.utf8 == (isNamed ? opinion.user : nil), "the log names another user")
            want(session?.key == nil && session?.claim == nil, "a refused login has a session")
        case .failure(let error): finding("\(error) of a signed token")
        }
    }

    private static func judge(_ payload: [UInt8], by logins: JWTLogins, at now: NumericDate) -> Verdict {
        guard let bearer = BearerToken(ClaimRules.token(payload)[...]) else { finding("no bearer") }
        return Result { () throws(SessionError) in try logins.login(for: Credential(.success(bearer)), at: now) }
    }

    private typealias Verdict = Result<Session, SessionError>

    /// A time near one that the token has.
    private static func time(_ choice: UInt8, of claims: JSONValue?) -> NumericDate {
        let name: UTF8String? = [nil, "exp", "nbf", "iat"][Int(choice % 4)]
        let distances: [Int64] = [0, 1, -1, 59, -59, 60, -60, 61, -61, 600, -600, .max, .min]
        let distance = distances[Int(choice / 4) % distances.count]
        let base: Int64? =
            switch name.flatMap({ claims?[$0] }) {
            case .integer(let seconds): seconds
            case .number(let seconds): Int64(exactly: seconds.rounded(.down))
            default: nil
            }
        return NumericDate(base ?? 1_795_834_600).advanced(by: distance)
    }

    private static func check(_ session: Session, against opinion: SecondOpinion) {
        want(session.user.id.text.utf8 == opinion.user, "another user")
        want(session.endsAt.map { Int128($0.seconds) } == opinion.end, "another end")
        want(session.key == opinion.session.map { SessionDigest(bearer: $0).bytes }, "another key of the session")
        want(session.user.did == opinion.did, "another DID")
        want(session.claim == opinion.membership, "another claim of rooms")
        let name = opinion.name.flatMap { SecondOpinion.isName($0) ? $0 : nil }
        want(session.user.name == name, "another name")
        want(session.isNameDropped == (opinion.hasName && name == nil), "a name is dropped unseen")
        want(!session.user.isDisabled, "a disabled user")
    }

    private static func lasts(_ session: Session, _ payload: [UInt8], _ logins: JWTLogins, from now: NumericDate) {
        guard let end = session.endsAt, now < end else { finding("a session that has ended") }
        want(judge(payload, by: logins, at: end.advanced(by: -1)) == .success(session), "it ends too soon")
        guard case .failure(.invalid(.token(let refusal), _)) = judge(payload, by: logins, at: end) else {
            finding("a login outlives its token")
        }
        want(refusal.kind == .expired, "\(refusal.kind) at its end")
    }
}

/// What one issuer's tokens must say, as three bytes choose it.
struct ClaimRules {
    let issuer: JWTIssuer
    let membership: ClaimPath
    let hasGroups: Bool

    init(from input: inout Input) {
        let (first, second, third) = (input.byte(), input.byte(), input.byte())
        func one(_ bits: UInt8, of paths: [[UTF8String]]) -> ClaimPath {
            guard let path = ClaimPath(paths[Int(bits) % paths.count]) else { finding("no path") }
            return path
        }
        let audiences: [JWTIssuer.Audience] = [
            .audience("livekit"), .none, .claim(one(0, of: [["client_id"]]), "livekit"),
            .claim(one(0, of: [["ext", "aud"]]), "livekit"),
        ]
        hasGroups = first & 8 != 0
        membership =
            hasGroups
            ? one(first >> 4, of: [["groups"], ["app_metadata", "groups"]])
            : one(first >> 4, of: [["livekit_rooms"], ["app_metadata", "livekit_rooms"], ["ext", "livekit_rooms"]])
        let required: [([UTF8String], [JSONValue]?)] = [
            (["typ"], [.string("Bearer"), .string("ID")]), (["email_verified"], [.bool(true), .integer(1)]),
            (["app_metadata", "provider"], nil),
        ]
        let refused: [([UTF8String], [JSONValue]?)] = [
            (["client_id"], nil),
            (
                ["amr"],
                [.string("anonymous"), .integer(1), .number(2), .number(0.5), .integer(1 << 53 + 1), .bool(false)]
            ),
            (["user_metadata", "email_verified"], [.bool(false), .string("no")]),
        ]
        func rules(_ bits: UInt8, _ all: [([UTF8String], [JSONValue]?)]) -> [JWTIssuer.Rule] {
            all.enumerated().filter { bits >> $0.offset & 1 == 1 }.map { rule in
                JWTIssuer.Rule(claim: one(0, of: [rule.element.0]), values: rule.element.1)
            }
        }
        issuer = JWTIssuer(
            setting: "sessions.jwt",
            name: first & 1 == 0 ? "http://id.example.test/main" : nil,
            audience: audiences[Int(first >> 1 & 3)],
            keys: .secret(Self.file),
            algorithms: [.hs256],
            required: rules(second, required),
            refused: rules(second >> 3, refused),
            claims: .init(
                user: one(third, of: [["sub"], ["user_metadata", "sub"]]),
                name: one(third >> 1, of: [["name"], ["ext", "name"]]),
                did: one(third >> 2, of: [["did"], ["user_metadata", "did"]]),
                session: one(third >> 3, of: [["sid"], ["session_id"]])
            ),
            prefix: ["", "kc:", UTF8String(String(repeating: "p", count: 240))][Int(third >> 4) % 3]
        )
    }

    /// A source that has seen nothing yet.
    var logins: JWTLogins {
        JWTLogins(
            JWTSettings(issuers: [issuer], place: .header, maximumLength: 16_000),
            secrets: [Self.file: Self.secret],
            files: NoFiles(),
            membership: membership
        ) { _ in }
    }

    /// A token of the issuer.
    static func token(_ payload: [UInt8]) -> [UInt8] {
        let input = header + [UInt8(ascii: ".")] + Base64URL.encode(payload)
        let code = hmac.code(for: input.span)
        return input + [UInt8(ascii: ".")] + Base64URL.encode(code.indices.map { code[$0] })
    }

    private struct NoFiles: KeySetFiles {
        func version(ofFile path: String) -> FileVersion? { nil }

        func contents(
            ofFile path: String,
            atMost maximumLength: Int
        ) throws(KeySetFileError) -> (bytes: [UInt8], version: FileVersion) {
            throw KeySetFileError("is not there")
        }
    }

    private static let file = SecretFile(path: "/secret", originalPath: "/secret")
    private static let bytes = Array("a secret of no use, made for this fuzzer".utf8)
    private static let hmac = HMACSHA256(key: bytes.span)
    private static let secret: HMACSecret = {
        guard let secret = HMACSecret(bytes.span) else { finding("no secret") }
        return secret
    }()
    private static let header = Base64URL.encode(Array(#"{"alg":"HS256"}"#.utf8))
}

// MARK: - What a session gives in rooms

extension ClaimRules {
    private static let grants: [UTF8String: [GroupMemberships.Grant]] = {
        guard let host = Identifier("host"), let viewer = Identifier("viewer") else { finding("no roles") }
        return [
            "crew": [.init(rooms: RoomGlob("stage-*"), memberships: [Membership(role: host)])],
            "stage, main": [
                .init(rooms: RoomGlob("stage-1"), memberships: [Membership(role: viewer)]),
                .init(rooms: RoomGlob("*"), memberships: [Membership(role: viewer)]),
            ],
        ]
    }()

    /// Fails unless both sources of memberships give in a room what a second reading of the claim gives.
    func checkMemberships(of session: Session) {
        let source: any MembershipSource = hasGroups ? GroupMemberships(Self.grants) : ClaimMemberships()
        let directory = NoDirectory().snapshot()
        for room in RoomsClaims.rooms {
            let (expected, isWhole) = hasGroups ? grants(session.claim, room) : entries(session.claim, room)
            guard let entry = try? source.room(room, for: session, in: directory, at: NumericDate(0)) else {
                want(expected == nil, "no room of a membership")
                want((source.fault(of: session, in: room) == nil) == isWhole, "a fault too many or too few")
                continue
            }
            want(entry.memberships == expected && entry.access == .restricted, "another room than the claim has")
            want((source.fault(of: session, in: room) == nil) == isWhole, "a fault too many or too few")
        }
    }

    /// What groups give, and whether the claim has nothing else.
    private func grants(_ claim: JSONValue?, _ room: Identifier) -> (given: [Membership]?, isWhole: Bool) {
        var elements: [JSONValue] = []
        if case .array(let list) = claim { elements = list } else if let claim { elements = [claim] }
        var (names, isWhole): ([String], Bool) = ([], true)
        for element in elements {
            guard let name = element.text else { isWhole = false; continue }
            if !names.contains(name.description) { names.append(name.description) }
        }
        let (host, viewer) = (Self.grants["crew"]?[0].memberships, Self.grants["stage, main"]?[0].memberships)
        let isStage = room.description.hasPrefix("stage-")
        let given = names.flatMap { name in
            if name == "crew" { return isStage ? host ?? [] : [] }
            guard name == "stage, main", let viewer else { return [] }
            return room.description == "stage-1" ? viewer + viewer : viewer
        }
        return (given.isEmpty ? nil : given, isWhole)
    }

    /// What entries give, and whether each about the room gives something.
    private func entries(_ claim: JSONValue?, _ room: Identifier) -> (given: [Membership]?, isWhole: Bool) {
        guard var value = claim else { return (nil, true) }
        if let text = value.text { value = (try? JSONValue(parsing: text.utf8, within: .token)) ?? .null }
        guard let members = value.members else { return (nil, false) }
        let matching = members.filter { RoomsClaims.matches($0.name.utf8, room.text.utf8) }
        let given = matching.flatMap { RoomsClaims.memberships($0.value) }
        let isWhole = matching.allSatisfy { member in
            guard case .array(let roles) = member.value else { return false }
            return roles.count == RoomsClaims.memberships(member.value).count
        }
        return (matching.isEmpty ? nil : given, isWhole)
    }
}
