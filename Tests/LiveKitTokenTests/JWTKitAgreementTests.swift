import JWTKit
import LiveKitToken
import StrictJSON
import Testing

/// jwt-kit shares with us the HMAC alone; header, encoding and claims it reads with code of its own.
@Suite struct `jwt-kit` {
    /// What a LiveKit server would read, with every grant that nobody may ever have.
    struct Claims: JWTPayload, Equatable {
        struct Video: Codable, Equatable {
            var room: String
            var roomJoin: Bool
            var canPublish: Bool
            var canSubscribe: Bool
            var canPublishData: Bool
            var canUpdateOwnMetadata: Bool
            var canPublishSources: [String]?
            var roomAdmin: Bool?
            var roomCreate: Bool?
            var roomList: Bool?
            var roomRecord: Bool?
            var ingressAdmin: Bool?
            var hidden: Bool?
            var recorder: Bool?
            var agent: Bool?
            var destinationRoom: String?
        }

        var iss: String
        var sub: String
        var jti: String
        var iat: Int
        var nbf: Int
        var exp: Int
        var name: String?
        var metadata: String
        var video: Video

        func verify(using _: some JWTAlgorithm) {}
    }

    private let secret = "golden-secret-of-the-tests-0123456789"

    private func verifier(_ secret: String, _ algorithm: DigestAlgorithm = .sha256) async -> JWTKeyCollection {
        await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: algorithm)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `it accepts every token and reads what was asked for`(seed: UInt64) async throws {
        let verifier = await verifier(secret)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let (asked, expected) = Self.randomClaims(using: &generator)
            let token = try AccessToken(signing: asked, with: .sample())
            let read = try await verifier.verify(token.compact.utf8, as: Claims.self)
            #expect(read == expected)
        }
    }

    @Test(arguments: GoldenToken.all)
    func `it accepts the golden tokens`(_ golden: GoldenToken) async throws {
        let read = try await verifier(secret).verify(golden.compact, as: Claims.self)
        #expect(read.sub == golden.claims.identity.text.description)
        #expect(read.video.room == golden.claims.video.room.description)
        #expect(read.exp == Int(golden.claims.expiresAt.seconds))
    }

    @Test func `whichever bit of a token is flipped, it and we refuse it`() async throws {
        let compact = try AccessToken(signing: .sample(), with: .sample()).compact.utf8
        let key = try APIKey.sample()
        let verifier = await verifier(secret)
        #expect(try JSONWebSignature(compact: compact).isSigned(by: key))
        #expect((try? await verifier.verify(compact, as: Claims.self)) != nil)
        for index in compact.indices {
            for bit in 0..<8 {
                var flipped = compact
                flipped[index] ^= 1 << UInt8(bit)
                let signed = try? JSONWebSignature(compact: flipped)
                #expect(signed?.isSigned(by: key) != true, "byte \(index), bit \(bit)")
                #expect((try? await verifier.verify(flipped, as: Claims.self)) == nil, "byte \(index), bit \(bit)")
            }
        }
    }

    /// A signature of 43 characters has two bits to spare, and a lenient reader takes four spellings for one token.
    @Test func `the loose bits of the last character are no way to another spelling`() throws {
        let compact = try AccessToken(signing: .sample(), with: .sample()).compact.utf8
        let siblings = Array("opqr".utf8)  // 40 to 43
        try #require(compact.last == siblings[0])
        for sibling in siblings.dropFirst() {
            #expect(throws: JSONWebSignatureError.malformed) {
                try JSONWebSignature(compact: compact.dropLast() + [sibling])
            }
        }
    }

    @Test(arguments: [
        "golden-secret-of-the-tests-0123456788", "golden-secret-of-the-tests-012345678",
        "Golden-secret-of-the-tests-0123456789",
    ])
    func `a wrong key is refused by both`(_ wrong: String) async throws {
        let token = try AccessToken(signing: .sample(), with: .sample())
        let verifier = await verifier(wrong)
        await #expect(throws: JWTError.self) { try await verifier.verify(token.compact.utf8, as: Claims.self) }
        let key = try APIKey(id: "APIgolden", secret: Array(wrong.utf8), strength: .any)
        #expect(!(try JSONWebSignature(compact: token.compact.utf8).isSigned(by: key)))
    }

    @Test func `a token without signature is refused by both, whatever it calls its algorithm`() async throws {
        let token = try AccessToken(signing: .sample(), with: .sample()).compact.description
        let payload = token.split(separator: ".")[1]
        let verifier = await verifier(secret)
        for header in [#"{"alg":"none","typ":"JWT"}"#, #"{"alg":"HS256","typ":"JWT"}"#] {
            let unsigned = "\(String(decoding: Base64URL.encode(header.utf8), as: UTF8.self)).\(payload)."
            await #expect(throws: JWTError.self) { try await verifier.verify(unsigned, as: Claims.self) }
            let signed = try? JSONWebSignature(compact: Array(unsigned.utf8))
            #expect(try signed?.isSigned(by: .sample()) != true)
        }
    }

    @Test(arguments: [DigestAlgorithm.sha384, .sha512])
    func `a token under another HMAC with our key is refused by both`(_ algorithm: DigestAlgorithm) async throws {
        let long = String(repeating: secret, count: 2)  // HS512 wants 64 bytes
        let token = try AccessToken(signing: .sample(), with: .sample(secret: long))
        let claims = try await verifier(long).verify(token.compact.utf8, as: Claims.self)
        let other = try await verifier(long, algorithm).sign(claims)
        let verifier = await verifier(long)
        await #expect(throws: JWTError.self) { try await verifier.verify(other, as: Claims.self) }
        #expect(throws: JSONWebSignatureError.unsupportedAlgorithm) { try JSONWebSignature(compact: Array(other.utf8)) }
    }

    @Test func `what it signs, we accept`() async throws {
        let token = try AccessToken(signing: .sample(), with: .sample())
        let claims = try await verifier(secret).verify(token.compact.utf8, as: Claims.self)
        let theirs = try await verifier(secret).sign(claims)
        #expect(try JSONWebSignature(compact: Array(theirs.utf8)).isSigned(by: .sample()))
    }

    /// Claims, and the same in jwt-kit's terms, put together by hand.
    private static func randomClaims(using generator: inout SeededGenerator) -> (ClaimGrants, Claims) {
        let words = [
            "stage-1", "a", "Zoë \"Ζωή\" \\ 😀", "e\u{301}", "\u{2028}\r\n\0", String(repeating: "x", count: 256),
        ]
        func maybe(_ generator: inout SeededGenerator) -> String? {
            Bool.random(using: &generator) ? words[Int.random(in: 0..<words.count, using: &generator)] : nil
        }
        func flag(_ generator: inout SeededGenerator) -> Bool { .random(using: &generator) }

        let room = words[Int.random(in: 0..<words.count, using: &generator)]
        let name = maybe(&generator)
        let (scene, event, did) = (maybe(&generator), maybe(&generator), maybe(&generator))
        let roles = ["host", "speaker", "viewer"].filter { _ in flag(&generator) }
        let sources = TrackSource.allCases.filter { _ in flag(&generator) }
        let publishing: Permissions.Publishing =
            sources.isEmpty ? (flag(&generator) ? .nothing : .anything) : .only(Set(sources))
        let permissions = Permissions(
            publishing: publishing,
            subscribe: flag(&generator),
            publishData: flag(&generator),
            updateOwnMetadata: flag(&generator),
            roomAdmin: flag(&generator)
        )
        let identity = ParticipantIdentity(.random(using: &generator))
        let tokenID = UUID.random(using: &generator)
        let issuedAt = NumericDate(.random(in: 1_700_000_000...4_200_000_000, using: &generator))
        let lifetime = Int64.random(in: 10...86_400, using: &generator)

        let asked = ClaimGrants(
            issuer: "APIgolden",
            identity: identity,
            tokenID: tokenID,
            issuedAt: issuedAt,
            expiresAt: issuedAt.advanced(by: lifetime),
            name: name.map { Text($0) },
            metadata: ParticipantMetadata(
                sceneID: scene.map { Text($0) },
                eventID: event.map { Text($0) },
                roles: roles.map { Text($0) },
                did: did.map { Text($0) }
            ),
            video: VideoGrant(room: Text(room), permissions: permissions)
        )
        let metadata = JSONWriter.object {
            $0.member(ifPresent: "sceneId", scene.map { Text($0) })
            $0.member(ifPresent: "eventId", event.map { Text($0) })
            $0.member("roles", roles.map { Text($0) })
            $0.member(ifPresent: "did", did.map { Text($0) })
        }
        let expected = Claims(
            iss: "APIgolden",
            sub: identity.text.description,
            jti: tokenID.description,
            iat: Int(issuedAt.seconds),
            nbf: Int(issuedAt.seconds),
            exp: Int(issuedAt.seconds + lifetime),
            name: name,
            metadata: String(decoding: metadata, as: UTF8.self),
            video: Claims.Video(
                room: room,
                roomJoin: true,
                canPublish: publishing != .nothing,
                canSubscribe: permissions.subscribe,
                canPublishData: permissions.publishData,
                canUpdateOwnMetadata: permissions.updateOwnMetadata,
                canPublishSources: sources.isEmpty ? nil : sources.map(\.rawValue),
                roomAdmin: permissions.roomAdmin ? true : nil
            )
        )
        return (asked, expected)
    }
}
