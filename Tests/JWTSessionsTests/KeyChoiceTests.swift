import Cryptography
import JWTSessions
import RoomAccess
import StrictJSON
import Testing

/// One key is tried, the one that the header asks for (RFC 7515 §6, §10.12).
@Suite struct `The key of a token` {
    private let one = TestKey(1)
    private let other = TestKey(2)
    private let header = #"{"alg":"EdDSA"}"#

    private func header(_ kid: String, _ algorithm: String = "EdDSA") -> String {
        #"{"alg":"\#(algorithm)","kid":"\#(kid)"}"#
    }

    @Test func `is the one of its kid, and no other`() throws {
        let set = try keySet([one.jwk(#""kid":"a""#), other.jwk(#""kid":"b""#)])
        #expect(try verdict(one.token(header("a")), set).get() == #"{"sub":"ada"}"#)
        #expect(try verdict(other.token(header("b")), set).get() == #"{"sub":"ada"}"#)
        #expect(verdict(one.token(header("b")), set) == .failure(.signature))
        #expect(verdict(other.token(header("a")), set) == .failure(.signature))
    }

    @Test(arguments: ["", "A", "a ", " a", "a\\u0000", "b", "../a", "a/../a", "\\u0430", "a\\u0301"])
    func `has that kid byte for byte`(kid: String) throws {
        let set = try keySet([one.jwk(#""kid":"a""#)])
        guard case .failure(.keyIDUnknown(let unknown)) = verdict(one.token(header(kid)), set) else {
            Issue.record("\(kid) is a")
            return
        }
        #expect(unknown != "a")
    }

    @Test(arguments: ["", "a=", "é", "e\u{301}", "🔑", "a b", String(repeating: "x", count: 4096)])
    func `has any text for a kid`(kid: String) throws {
        let set = try keySet([one.jwk(#""kid":"\#(kid)""#)])
        #expect(try verdict(one.token(header(kid)), set).get() == #"{"sub":"ada"}"#)
    }

    @Test func `without a kid is the only one for the algorithm`() throws {
        #expect(try verdict(one.token, keySet([one.jwk()])).get() == #"{"sub":"ada"}"#)
        // Keys for other algorithms do not count, nor does the same key again.
        let set = try keySet([SampleKey.rsa(), one.jwk(#""kid":"a""#), SampleKey.p256(), one.jwk(#""kid":"a""#)])
        #expect(try verdict(one.token, set).get() == #"{"sub":"ada"}"#)
    }

    @Test func `without a kid is none of two`() throws {
        for set in [
            try keySet([one.jwk(), other.jwk()]), try keySet([one.jwk(#""kid":"a""#), other.jwk(#""kid":"b""#)]),
            try keySet([one.jwk(), other.jwk(#""kid":"b""#)]),
        ] {
            #expect(verdict(one.token, set) == .failure(.ambiguousKey(.edDSA)))
            #expect(verdict(other.token, set) == .failure(.ambiguousKey(.edDSA)))
        }
    }

    @Test func `without a kid of its own has none that a token names`() throws {
        #expect(verdict(one.token(header("a")), try keySet([one.jwk()])) == .failure(.keyIDUnknown("a")))
        #expect(verdict(one.token(header("")), try keySet([one.jwk()])) == .failure(.keyIDUnknown("")))
    }

    @Test func `is for the algorithm of the header`() throws {
        let set = try keySet([SampleKey.rsa(#""kid":"a","alg":"RS256""#), one.jwk(#""kid":"b""#)])
        #expect(verdict(one.token(header("a")), set) == .failure(.keyAlgorithm(.edDSA)))
        #expect(verdict(one.token(header("a", "PS256")), set) == .failure(.keyAlgorithm(.ps256)))
        #expect(verdict(one.token(header("b", "RS256")), set) == .failure(.keyAlgorithm(.rs256)))
        #expect(verdict(one.token(header("b", "ES256")), set) == .failure(.keyAlgorithm(.es256)))
        #expect(verdict(one.token(#"{"alg":"ES384"}"#), set) == .failure(.noKey(.es384)))
        #expect(verdict(one.token(header("a", "RS256")), set) == .failure(.signature))
    }

    @Test func `may share its kid with one for another algorithm`() throws {
        let set = try keySet([SampleKey.rsa(#""kid":"a""#), SampleKey.p256(#""kid":"a""#), one.jwk(#""kid":"a""#)])
        #expect(set.keys.count == 3)
        #expect(try verdict(one.token(header("a")), set).get() == #"{"sub":"ada"}"#)
        #expect(verdict(one.token(header("a", "ES256")), set) == .failure(.signature))
    }

    @Test func `is not asked where its algorithm is not configured`() throws {
        let set = try keySet([SampleKey.rsa(#""kid":"a""#), one.jwk(#""kid":"b""#)], for: [.rs256])
        #expect(verdict(one.token(header("b")), set) == .failure(.algorithm("EdDSA")))
        #expect(verdict(one.token(header("b", "Ed25519")), set) == .failure(.algorithm("Ed25519")))
        #expect(verdict(one.token(header("b", "RS256")), set) == .failure(.keyIDUnknown("b")))
    }
}

@Suite struct `A secret` {
    private static let secret = Array("a secret of thirty-two bytes, ok".utf8)

    private func token(_ header: String, by secret: [UInt8] = secret) -> String {
        let input = "\(base64url(header.utf8)).\(base64url("{}".utf8))"
        let code = HMACSHA256(key: secret.span).code(for: Array(input.utf8).span)
        return "\(input).\(base64url(code.indices.map { code[$0] }))"
    }

    private func verdict(_ token: String) throws -> Result<String, TokenFault> {
        let secret = HMACSecret(Self.secret.span)
        let own = try #require(secret)
        return Result { () throws(TokenFault) in
            String(decoding: try CompactJWS(token).verified(by: own).bytes, as: UTF8.self)
        }
    }

    @Test func `verifies HS256, whatever kid the token names`() throws {
        #expect(try verdict(token(#"{"alg":"HS256"}"#)) == .success("{}"))
        #expect(try verdict(token(#"{"alg":"HS256","kid":"any","typ":"JWT"}"#)) == .success("{}"))
        let other = Self.secret.dropLast() + [0]
        #expect(try verdict(token(#"{"alg":"HS256"}"#, by: Array(other))) == .failure(.signature))
    }

    @Test(arguments: ["none", "HS384", "HS512", "RS256", "EdDSA", "hs256"])
    func `verifies nothing else`(algorithm: String) throws {
        let fault = TokenFault.algorithm(UTF8String(algorithm))
        #expect(try verdict(token(#"{"alg":"\#(algorithm)"}"#)) == .failure(fault))
    }

    @Test func `is no key of a set`() throws {
        // The public key as the secret, in each spelling that an attacker has of it (RFC 8725 §2.1).
        let key = TestKey(1)
        let set = try keySet([key.jwk()], for: everyAlgorithm.union([.hs256]))
        for secret in [key.publicKey, Array(base64url(key.publicKey).utf8), Array(key.jwk().utf8), []] {
            let forged = token(#"{"alg":"HS256"}"#, by: secret)
            #expect(JWTSessionsTests.verdict(forged, set) == .failure(.algorithm("HS256")))
        }
    }

    @Test func `has at least 32 bytes`() {
        for count in 0..<HMACSecret.minimumLength {
            let isTaken = HMACSecret([UInt8](repeating: 7, count: count).span) != nil
            #expect(!isTaken, "\(count)")
        }
    }

    @Test func `is cut by no bit, and lengthened by none`() throws {
        let good = token(#"{"alg":"HS256"}"#)
        let parts = good.split(separator: ".")
        #expect(try verdict("\(parts[0]).\(parts[1]).\(parts[2].dropLast(22))") != .success("{}"))
        #expect(try verdict("\(parts[0]).\(parts[1]).") == .failure(.signature))
        #expect(try verdict("\(parts[0]).\(parts[1]).AA") == .failure(.signature))
    }

    @Test func `prints nothing of itself`() throws {
        let secret = HMACSecret(Self.secret.span)
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(dumped) \(String(reflecting: secret))".contains("thirty"))
        #expect(dumped.contains("redacted"))
    }
}
