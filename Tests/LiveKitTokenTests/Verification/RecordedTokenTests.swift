import Foundation
import LiveKitToken
import StrictJSON
import TestSupport
import Testing

/// Recordings of a LiveKit server, version 1.13.5, of 28 November 2026 (`Tests/Recorded/livekit`).
private enum Recorded {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Recorded/livekit")
    static let keys = [
        "APItest": "a-long-enough-secret-for-tests-0123456789abcdef",
        "APItwo": "another-long-enough-secret-for-tests-fedcba98765",
    ]

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    static func ring(_ ids: String...) throws -> KeyRing {
        KeyRing(try ids.map { try APIKey(id: UTF8String($0), secret: Array((keys[$0] ?? "").utf8)) })
    }
}

@Suite struct `A token that LiveKit renewed` {
    private struct Renewed: Decodable {
        let receivedUnix: Double
        let token: String
    }

    private struct Expected {
        var identity: UTF8String
        var room: UTF8String = "room-c"
        var permissions = Permissions(
            publishing: .anything,
            subscribe: true,
            publishData: true,
            updateOwnMetadata: true
        )
        var foreignGrants: [UTF8String] = []
        var metadata = TokenMetadata(sceneID: "intro", roles: ["host"])
        var key: UTF8String = "APItest"
    }

    private static func user(_ group: String, _ rest: String = "1111-4000-8000-000000000000") -> UTF8String {
        UTF8String("user-\(group)-\(rest)")
    }

    private static let forged = TokenMetadata(sceneID: "forged", roles: ["host", "moderator"])
    private static let all: [String: Expected] = [
        "after_join": Expected(identity: user("00000001")),
        "after_join_native": Expected(identity: user("00000003")),
        "after_join_room_admin": Expected(
            identity: user("00000004"),
            permissions: Permissions(
                publishing: .anything,
                subscribe: true,
                publishData: true,
                updateOwnMetadata: true,
                roomAdmin: true
            )
        ),
        "after_permission_hidden_recorder_agent": Expected(
            identity: user("00000003"),
            permissions: Permissions(publishing: .only([.microphone]), subscribe: true),
            foreignGrants: ["agent", "hidden", "recorder"],
            metadata: forged
        ),
        "after_permission_narrowed": Expected(
            identity: user("00000003"),
            permissions: Permissions(subscribe: true),
            metadata: forged
        ),
        "after_set_metadata": Expected(identity: user("00000003"), metadata: forged),
        "after_set_name_attributes": Expected(identity: user("00000003"), metadata: forged),
        "after_update_participant_signalling": Expected(
            identity: user("00000011"),
            permissions: Permissions(subscribe: true)
        ),
        "from_token_expired_55s_ago": Expected(identity: user("00000005")),
        "join_request_metadata_attributes": Expected(identity: user("00000010"), metadata: TokenMetadata()),
        "periodic_300s_ttl2400": Expected(identity: user("22222222", "2222-4222-8222-222222222222"), room: "room-p"),
        "periodic_300s_ttl300": Expected(identity: user("11111111", "1111-4111-8111-111111111111"), room: "room-p"),
        "periodic_600s_ttl2400": Expected(identity: user("22222222", "2222-4222-8222-222222222222"), room: "room-p"),
        "periodic_600s_ttl300": Expected(identity: user("11111111", "1111-4111-8111-111111111111"), room: "room-p"),
        "publish_suffix": Expected(
            identity: user("00000008", "1111-4000-8000-000000000000#x"),
            room: "room-x",
            permissions: Permissions(publishing: .anything, publishData: true, updateOwnMetadata: true)
        ),
        "publish_suffix_active": Expected(
            identity: user("00000003", "4444-4000-8000-000000000000#x"),
            room: "room-px",
            permissions: Permissions(publishing: .anything, publishData: true, updateOwnMetadata: true)
        ),
        "two_keys_signed_by_other": Expected(identity: "user-k0", room: "room-key", key: "APItwo"),
    ]

    private func recording(_ name: String) throws -> Renewed {
        let file = Recorded.folder.appending(path: "tokens/\(name).json")
        return try Recorded.decoder.decode(Renewed.self, from: Data(contentsOf: file))
    }

    @Test func `is here in each of its recordings`() throws {
        let folder = Recorded.folder.appending(path: "tokens").path()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(files) == Set(Self.all.keys.map { "\($0).json" }))
    }

    @Test(arguments: Self.all.keys.sorted())
    func `is read with its identity, room, grants and key, and has no id`(_ name: String) throws {
        let (recording, expected) = (try recording(name), try #require(Self.all[name]))
        // A renewed token is of the server's whole second.
        let now = NumericDate(Int64(recording.receivedUnix))
        let compact = Array(recording.token.utf8)
        let token = try VerifiedAccessToken(verifying: compact, by: Recorded.ring("APItest", "APItwo"), at: now)
        #expect(token.keyID == expected.key)
        #expect(token.subject == expected.identity)
        #expect(token.tokenID == nil)
        #expect(token.room == expected.room)
        #expect(token.mayJoin)
        #expect(token.permissions == expected.permissions)
        #expect(token.foreignGrants == expected.foreignGrants)
        #expect(token.metadata == expected.metadata)
    }

    @Test func `is refused once the key that signed it is gone`() throws {
        let recording = try recording("two_keys_signed_by_other")
        let now = NumericDate(Int64(recording.receivedUnix))
        #expect(throws: AccessTokenFault.unknownKey) {
            try VerifiedAccessToken(verifying: Array(recording.token.utf8), by: Recorded.ring("APItest"), at: now)
        }
    }

    @Test func `ends sixty seconds after its expiry`() throws {
        let recording = try recording("after_join")
        let compact = Array(recording.token.utf8)
        let ring = try Recorded.ring("APItest")
        #expect(throws: Never.self) {
            try VerifiedAccessToken(verifying: compact, by: ring, at: NumericDate(1_795_832_060))
        }
        #expect(throws: AccessTokenFault.expired) {
            try VerifiedAccessToken(verifying: compact, by: ring, at: NumericDate(1_795_832_061))
        }
    }
}

/// Tokens for other readers: malformed ones, of other algorithms, of other kinds (`JWTSessionsTests/Cases`).
@Suite struct `A hostile token` {
    private struct Case: Decodable {
        let name: String
        let token: Data
    }

    @Test func `is refused before a signature counts`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../JWTSessionsTests/Cases/cases.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 162)
        for one in cases {
            let verdict = SignedClaims.verdict(on: Array(one.token))
            #expect([.malformed, .algorithm, .unknownKey].contains(verdict.fault), "\(one.name): \(verdict)")
        }
    }
}

@Suite struct `What LiveKit answers to a token` {
    private struct Case: Decodable {
        struct Request: Decodable { let line: String }
        struct Response: Decodable {
            let statusLine: String
            let headers: [[String]]
        }
        let `case`: String
        let request: Request
        let response: Response

        var status: Int? { Int(response.statusLine.split(separator: " ")[1]) }
        /// The token of the request; `nil` where there is none, or it was too long to be recorded.
        var token: [UInt8]? {
            guard let start = request.line.range(of: "access_token=")?.upperBound else { return nil }
            let token = request.line[start...].prefix { $0 != "&" && $0 != " " }
            return token == "<long>" ? nil : Array(token.utf8)
        }
        /// The second in which LiveKit answered.
        var now: NumericDate? {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
            return response.headers.first { $0[0] == "Date" }.flatMap { format.date(from: $0[1]) }
                .map { NumericDate(Int64($0.timeIntervalSince1970)) }
        }
    }

    /// What a case is here; all else is accepted, with a room and the right to join.
    private enum Verdict: Equatable {
        case refused(AccessTokenFault)
        /// Accepted, for the gate to refuse: the token is not for a room, or not for joining.
        case withoutRoom
        case withoutJoin
        case accepted
    }

    /// The faults of what LiveKit refuses.
    private static let refused: [String: Verdict] = [
        "alg_hs512": .refused(.algorithm), "alg_none": .refused(.algorithm), "bad_signature": .refused(.signature),
        "expired_120": .refused(.expired), "garbage": .refused(.malformed), "nbf_future_90": .refused(.notYetValid),
        "no_iss": .refused(.unknownKey), "unknown_key": .refused(.unknownKey),
        "identity_claim_only": .refused(.subjectMissing), "sub_missing_no_jti": .refused(.subjectMissing),
        "no_video": .withoutJoin, "room_join_absent": .withoutJoin, "room_join_false": .withoutJoin,
        "room_empty": .withoutRoom, "room_missing": .withoutRoom,
        // Of the server, not of the token: the room is not there; the parameter is missing.
        "auto_create_false_plain": .accepted, "without_join_request": .accepted,
    ]
    /// What LiveKit takes, and is refused here.
    private static let stricter: [String: Verdict] = [
        // A token without end; version 1.13.11 refuses it too.
        "no_exp": .refused(.expiryMissing),
        // RFC 7519 §2: a NumericDate is a number.
        "exp_string": .refused(.payload),
        "sub_missing_jti_present": .refused(.subjectMissing),
        "sub_and_other_identity_claim": .refused(.payload),
    ]

    private static func cases(_ version: String) throws -> [Case] {
        let file = Recorded.folder.appending(path: "signalling/validate_\(version).json")
        return try Recorded.decoder.decode([Case].self, from: Data(contentsOf: file))
    }

    private func verdict(_ one: Case, _ token: [UInt8]) throws -> Verdict {
        let (now, ring) = (try #require(one.now), try Recorded.ring("APItest"))
        do throws(AccessTokenFault) {
            let read = try VerifiedAccessToken(verifying: token, by: ring, at: now)
            return !read.mayJoin ? .withoutJoin : read.room == nil ? .withoutRoom : .accepted
        } catch {
            return .refused(error)
        }
    }

    @Test(arguments: ["v0", "v1"]) func `is no, or the gate is stricter`(_ version: String) throws {
        var judged = 0
        for one in try Self.cases(version) {
            guard let token = one.token else { continue }
            judged += 1
            let expected =
                one.status == 200
                ? Self.stricter[one.case] ?? .accepted
                : try #require(Self.refused[one.case], "\(one.case)")
            #expect(try verdict(one, token) == expected, "\(one.case)")
        }
        #expect(judged == (version == "v0" ? 29 : 20))
    }

    @Test func `to a grant of roomCreate is yes, and the gate knows the grant`() throws {
        let one = try #require(try Self.cases("v0").first { $0.case == "auto_create_false_with_roomCreate" })
        let (token, now) = (try #require(one.token), try #require(one.now))
        let read = try VerifiedAccessToken(verifying: token, by: Recorded.ring("APItest"), at: now)
        #expect(read.foreignGrants == ["roomCreate"])
    }
}
