import LiveKitToken
import StrictJSON
import TestSupport
import Testing

/// What verifiers that share no code with us make of our tokens, and we of theirs.
@Suite(SecondOpinion.isAtHand) struct `a second opinion` {
    private static let secret = "golden-secret-of-the-tests-0123456789"

    @Test(arguments: SecondOpinion.Library.allCases)
    func `accepts 200 random tokens and reads what was asked for`(_ library: SecondOpinion.Library) throws {
        var generator = SeededGenerator(seed: 11)
        let cases = (0..<200).map { _ in Self.randomClaims(using: &generator) }
        let tokens = try cases.map { try AccessToken(signing: $0.0, with: .sample()).compact.description }
        let questions = zip(cases, tokens).map { one, token in
            SecondOpinion.Question(verify: token, by: library, secret: Self.secret, at: one.1.iat + 1)
        }
        let answers = try SecondOpinion.answers(to: questions)
        for (answer, one) in zip(answers, cases) {
            #expect(answer.claims == one.1.as(readBy: library), "\(answer)")
        }
    }

    @Test(arguments: SecondOpinion.Library.allCases)
    func `accepts the golden tokens`(_ library: SecondOpinion.Library) throws {
        let questions = GoldenToken.all.map { golden in
            let now = Int(golden.claims.expiresAt.seconds) - 1
            return SecondOpinion.Question(verify: golden.compact, by: library, secret: Self.secret, at: now)
        }
        for (answer, golden) in zip(try SecondOpinion.answers(to: questions), GoldenToken.all) {
            let read = try #require(answer.claims, "\(answer)")
            #expect((read.sub ?? read.identity) == golden.claims.identity.text.description)
            #expect(read.video.room == golden.claims.video.room.description)
            #expect(library == .liveKit || read.exp == Int(golden.claims.expiresAt.seconds))
        }
    }

    /// A signature of 43 characters has two bits to spare: lenient readers take four spellings for one token.
    @Test(arguments: SecondOpinion.Library.allCases)
    func `and we refuse a token with any bit flipped, but for the spelling that lenient readers share`(
        _ library: SecondOpinion.Library
    ) throws {
        let compact = try AccessToken(signing: .sample(), with: .sample()).compact.utf8
        let key = try APIKey.sample()
        #expect(try JSONWebSignature(compact: compact).isSigned(by: key))
        // Those that differ from the last character in the spare bits alone.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let last = try #require(compact.last.flatMap { alphabet.firstIndex(of: $0) })
        try #require(last % 4 == 0)
        let siblings = Set(alphabet[last..<last + 4])
        var flips: [[UInt8]] = []
        for index in compact.indices {
            for bit in 0..<8 {
                var flipped = compact
                flipped[index] ^= 1 << UInt8(bit)
                let signed = try? JSONWebSignature(compact: flipped)
                #expect(signed?.isSigned(by: key) != true, "byte \(index), bit \(bit)")
                // The questions are JSON, which holds no byte above 127 by itself; that one we have refused.
                if flipped[index] < 0x80 { flips.append(flipped) }
            }
        }
        let now = Int(NumericDate.sample.seconds) + 1
        let answers = try SecondOpinion.answers(
            to: flips.map {
                .init(verify: String(decoding: $0, as: UTF8.self), by: library, secret: Self.secret, at: now)
            }
        )
        for (answer, flipped) in zip(answers, flips) {
            guard answer.claims != nil else {
                #expect(answer.refused != nil)
                continue
            }
            #expect(flipped.dropLast() == compact.dropLast() && siblings.contains(flipped[flipped.count - 1]))
        }
    }

    @Test(arguments: SecondOpinion.Library.allCases)
    func `refuses our token under a wrong key, as we do`(_ library: SecondOpinion.Library) throws {
        let wrong = [
            "golden-secret-of-the-tests-0123456788", "golden-secret-of-the-tests-012345678",
            "Golden-secret-of-the-tests-0123456789",
        ]
        let token = try AccessToken(signing: .sample(), with: .sample()).compact
        let now = Int(NumericDate.sample.seconds) + 1
        let answers = try SecondOpinion.answers(
            to: wrong.map { .init(verify: token.description, by: library, secret: $0, at: now) }
        )
        for (answer, wrong) in zip(answers, wrong) {
            #expect(answer.refused == library.wrongSignature, "\(answer)")
            let key = try APIKey(id: "APIgolden", secret: Array(wrong.utf8), strength: .any)
            #expect(!(try JSONWebSignature(compact: token.utf8).isSigned(by: key)))
        }
    }

    @Test(arguments: SecondOpinion.Library.allCases)
    func `refuses our token once it has expired`(_ library: SecondOpinion.Library) throws {
        let token = try AccessToken(signing: .sample(), with: .sample()).compact.description
        let late = Int(NumericDate.sample.seconds) + 300 + 61  // LiveKit's verifiers allow for a minute
        let answer = try SecondOpinion.answers(
            to: [.init(verify: token, by: library, secret: Self.secret, at: late)]
        )
        #expect(answer.first?.refused == library.expired, "\(answer)")
    }

    @Test(arguments: SecondOpinion.Library.allCases)
    func `refuses a token without signature, as we do, whatever it calls its algorithm`(
        _ library: SecondOpinion.Library
    ) throws {
        let token = try AccessToken(signing: .sample(), with: .sample()).compact.description
        let payload = token.split(separator: ".")[1]
        for header in [#"{"alg":"none","typ":"JWT"}"#, #"{"alg":"HS256","typ":"JWT"}"#] {
            let unsigned = "\(String(decoding: Base64URL.encode(header.utf8), as: UTF8.self)).\(payload)."
            let now = Int(NumericDate.sample.seconds) + 1
            let answers = try SecondOpinion.answers(
                to: [.init(verify: unsigned, by: library, secret: Self.secret, at: now)]
            )
            #expect(answers.first?.refused != nil, "\(answers)")
            let signed = try? JSONWebSignature(compact: Array(unsigned.utf8))
            #expect(try signed?.isSigned(by: .sample()) != true)
        }
    }

    @Test(arguments: SecondOpinion.Library.signers, ["HS384", "HS512"])
    func `signs under another HMAC with our key, and both refuse it`(
        _ library: SecondOpinion.Library,
        _ algorithm: String
    ) throws {
        let long = String(repeating: Self.secret, count: 2)  // HS512 wants 64 bytes
        let signed = try SecondOpinion.answers(
            to: [.init(sign: .sample, by: library, secret: long, algorithm: algorithm)]
        )
        let token = try #require(signed.first?.token)
        #expect(throws: JSONWebSignatureError.unsupportedAlgorithm) { try JSONWebSignature(compact: Array(token.utf8)) }
        let now = Int(NumericDate.sample.seconds) + 1
        let judged = try SecondOpinion.answers(to: [.init(verify: token, by: library, secret: long, at: now)])
        #expect(judged.first?.refused != nil)
    }

    @Test(arguments: SecondOpinion.Library.signers)
    func `signs under HS256, and we accept it`(_ library: SecondOpinion.Library) throws {
        let signed = try SecondOpinion.answers(
            to: [.init(sign: .sample, by: library, secret: Self.secret, algorithm: "HS256")]
        )
        let token = try #require(signed.first?.token)
        #expect(try JSONWebSignature(compact: Array(token.utf8)).isSigned(by: .sample()))
    }

    /// Claims, and what a verifier must read in them, put together by hand.
    private static func randomClaims(using generator: inout SeededGenerator) -> (ClaimGrants, SecondOpinion.Claims) {
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
            name: name.map { UTF8String($0) },
            metadata: ParticipantMetadata(
                sceneID: scene.map { UTF8String($0) },
                eventID: event.map { UTF8String($0) },
                roles: roles.map { UTF8String($0) },
                did: did.map { UTF8String($0) }
            ),
            video: VideoGrant(room: UTF8String(room), permissions: permissions)
        )
        let metadata = JSONWriter.object {
            $0.member(ifPresent: "sceneId", scene.map { UTF8String($0) })
            $0.member(ifPresent: "eventId", event.map { UTF8String($0) })
            $0.member("roles", roles.map { UTF8String($0) })
            $0.member(ifPresent: "did", did.map { UTF8String($0) })
        }
        let expected = SecondOpinion.Claims(
            iss: "APIgolden",
            sub: identity.text.description,
            jti: tokenID.description,
            iat: Int(issuedAt.seconds),
            nbf: Int(issuedAt.seconds) - 10,
            exp: Int(issuedAt.seconds + lifetime),
            name: name,
            metadata: String(decoding: metadata, as: UTF8.self),
            video: SecondOpinion.Claims.Video(
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
