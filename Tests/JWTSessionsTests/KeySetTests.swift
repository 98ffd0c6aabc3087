import Cryptography
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing

/// RFC 7517 §4, §5; RFC 7518 §6; RFC 8037 §2.
@Suite struct `A key set` {
    static let key = TestKey(1)

    // MARK: - Keys that verify

    @Test func `has keys in their order, each with its kid and its algorithms`() throws {
        let set = try keySet([
            SampleKey.rsa(#""kid":"r""#), SampleKey.rsa(#""kid":"p","alg":"PS256","use":"sig""#), SampleKey.p256(),
            SampleKey.p384(#""alg":"ES384","key_ops":["verify"]"#), Self.key.jwk(#""kid":"","alg":"EdDSA""#),
            TestKey(2).jwk(#""alg":"Ed25519","key_ops":["sign","verify"],"x5c":["no certificate"],"ext":true"#),
        ])
        #expect(set.keys.map(\.id) == ["r", "p", nil, nil, "", nil])
        #expect(set.keys.map(\.algorithms) == [[.rs256, .ps256], [.ps256], [.es256], [.es384], [.edDSA], [.edDSA]])
        #expect(set.skipped.isEmpty)
        #expect(set.algorithms == everyAlgorithm)
    }

    @Test func `has members besides, which are not looked at`() throws {
        let many = (0..<1000).map { #""m\#($0)":[[[[[[[[[[]]]]]]]]]]"# }.joined(separator: ",")
        #expect(try keySet([Self.key.jwk(many)]).keys.count == 1)
        #expect(
            try JSONWebKeySet(#"{"issuer":"https://id.example.com","keys":[\#(Self.key.jwk())],"x":{}}"#).keys.count
                == 1
        )
    }

    @Test func `has no key for an algorithm that is not configured`() throws {
        let keys = [SampleKey.rsa(#""kid":"r""#), SampleKey.p256(#""alg":"ES256""#), Self.key.jwk()]
        let set = try keySet(keys, for: [.rs256, .hs256])
        #expect(set.keys.map(\.algorithms) == [[.rs256]])
        #expect(set.algorithms == [.rs256], "a secret is no key of a set")
        #expect(set.skipped.map(\.reason) == [.notConfigured([.es256]), .notConfigured([.edDSA])])
    }

    // MARK: - Keys that are skipped

    static let skipped: [(String, SkippedKey.Reason)] = [
        (#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA","kid":"a"}"#, .unsupported("kty", "AKP")),
        (#"{"kty":"rsa","n":"AQAB","e":"AQAB"}"#, .unsupported("kty", "rsa")),
        (#"{"kty":"","crv":"P-256"}"#, .unsupported("kty", "")),
        ("{}", .malformed("kty")), (#"{"kty":null}"#, .malformed("kty")), (#"{"kty":["RSA"]}"#, .malformed("kty")),
        (#"{"kty":"EC","x":"AA","y":"AA"}"#, .malformed("crv")), (#"{"kty":"OKP","x":"AA"}"#, .malformed("crv")),
        (SampleKey.p256(curve: "P-521"), .unsupported("crv", "P-521")),
        (SampleKey.p256(curve: "secp256k1"), .unsupported("crv", "secp256k1")),
        (SampleKey.p256(curve: "Ed25519"), .unsupported("crv", "Ed25519")),
        (#"{"kty":"OKP","crv":"Ed448","alg":"EdDSA","x":"AA"}"#, .unsupported("crv", "Ed448")),
        (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, .unsupported("crv", "X25519")),
        (#"{"kty":"OKP","crv":"P-256","x":"AA"}"#, .unsupported("crv", "P-256")),
        (SampleKey.rsa(#""use":"enc""#), .unsupported("use", "enc")),
        (SampleKey.rsa(#""use":"SIG""#), .unsupported("use", "SIG")),
        (SampleKey.rsa(#""use":["sig"]"#), .malformed("use")), (SampleKey.rsa(#""use":null"#), .malformed("use")),
        (SampleKey.rsa(#""key_ops":["encrypt","wrapKey"]"#), .notForVerifying),
        (SampleKey.rsa(#""key_ops":[]"#), .notForVerifying),
        (SampleKey.rsa(#""key_ops":["Verify"]"#), .notForVerifying),
        (SampleKey.rsa(#""key_ops":"verify""#), .malformed("key_ops")),
        (SampleKey.rsa(#""alg":"RSA-OAEP""#), .unsupported("alg", "RSA-OAEP")),
        (SampleKey.rsa(#""alg":"RS512""#), .unsupported("alg", "RS512")),
        (SampleKey.rsa(#""alg":"ES256""#), .unsupported("alg", "ES256")),
        (SampleKey.rsa(#""alg":"HS256""#), .unsupported("alg", "HS256")),
        (SampleKey.rsa(#""alg":"none""#), .unsupported("alg", "none")),
        (SampleKey.rsa(#""alg":256"#), .malformed("alg")), (SampleKey.rsa(#""kid":1"#), .malformed("kid")),
        (SampleKey.rsa(#""kid":null"#), .malformed("kid")),
        (SampleKey.p256(#""alg":"ES384""#), .unsupported("alg", "ES384")),
        (SampleKey.p384(#""alg":"ES256""#), .unsupported("alg", "ES256")),
        (SampleKey.p256(#""alg":"EdDSA""#), .unsupported("alg", "EdDSA")),
        (key.jwk(#""alg":"ES256""#), .unsupported("alg", "ES256")),
        (#"{"kty":"RSA","e":"AQAB"}"#, .malformed("n")), (#"{"kty":"RSA","n":1,"e":"AQAB"}"#, .malformed("n")),
        (SampleKey.rsa(n: SampleKey.modulus + "="), .malformed("n")), (SampleKey.rsa(n: "A==="), .malformed("n")),
        (SampleKey.rsa(n: SampleKey.modulus.replacing("_", with: "/")), .malformed("n")),
        (SampleKey.rsa(n: SampleKey.modulus.dropLast() + "R"), .malformed("n")),
        (SampleKey.rsa(n: zero + SampleKey.modulus), .refused(.leadingZero)),
        (SampleKey.rsa(n: "AA"), .refused(.leadingZero)), (SampleKey.rsa(e: "AAEAAQ"), .refused(.leadingZero)),
        (SampleKey.rsa(e: ""), .refused(.exponent)), (SampleKey.rsa(e: "AQ"), .refused(.exponent)),
        (SampleKey.rsa(e: "Ag"), .refused(.exponent)), (SampleKey.rsa(e: "AQAAAAE"), .refused(.exponent)),
        (SampleKey.rsa(e: SampleKey.modulus), .refused(.exponent)),
        (SampleKey.rsa(n: base64url([UInt8](repeating: 0xFF, count: 255) + [0xFE])), .refused(.evenModulus)),
        (SampleKey.rsa(n: base64url([1] + [UInt8](repeating: 0xFF, count: 1024))), .refused(.tooLong(bits: 8193))),
        (SampleKey.p256(x: ""), .refused(.wrongLength(0))), (SampleKey.p256(x: "AA"), .refused(.wrongLength(1))),
        (SampleKey.p256(x: SampleKey.x384, y: SampleKey.y384), .refused(.wrongLength(48))),
        (SampleKey.p384(x: SampleKey.x256, y: SampleKey.y256), .refused(.wrongLength(32))),
        (SampleKey.p256(x: SampleKey.y256, y: SampleKey.x256), .refused(.notOnCurve)),
        (#"{"kty":"EC","crv":"P-256","x":"\#(SampleKey.x256)"}"#, .malformed("y")),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, .refused(.wrongLength(1))),
        (
            #"{"kty":"OKP","crv":"Ed25519","x":"\#(base64url([UInt8](repeating: 0, count: 32)))"}"#,
            .refused(.smallOrder)
        ),
        (#"{"kty":"OKP","crv":"Ed25519"}"#, .malformed("x")),
    ]

    /// Three octets of zero, which leave the characters after them as they are.
    private static let zero = "AAAA"

    @Test(arguments: skipped) func `goes on without a key that verifies nothing here`(
        key: String,
        reason: SkippedKey.Reason
    ) throws {
        for keys in [[key, Self.key.jwk()], [Self.key.jwk(), key]] {
            let set = try keySet(keys)
            #expect(set.skipped.map(\.reason) == [reason])
            #expect(set.keys.count == 1)
            #expect(try verdict(Self.key.token, set).get() == #"{"sub":"ada"}"#)
        }
        guard case .failure(.noUsableKey(let skipped)) = Self.result([key]) else {
            Issue.record("a set of it alone is taken")
            return
        }
        #expect(skipped.map(\.reason) == [reason])
    }

    @Test func `names the key that it skips`() throws {
        let set = try keySet([Self.key.jwk(), SampleKey.rsa(#""kid":"enc-1","use":"enc""#), SampleKey.rsa(#""kid":1"#)])
        #expect(set.skipped.map(\.index) == [1, 2])
        #expect(set.skipped.map(\.id) == ["enc-1", nil])
        #expect(set.skipped[0].problem == #"keys[1] (kid "enc-1") has use "enc", which is not supported"#)
    }

    // MARK: - Sets that are refused

    @Test(arguments: [
        "null", "[]", "{}", #""keys""#, #"{"keys":null}"#, #"{"keys":{}}"#, #"{"keys":"x"}"#, #"{"Keys":[]}"#,
        #"{"error":"not found"}"#, #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "[\(key.jwk())]",
    ])
    func `is an object with an array of keys`(text: String) {
        #expect(throws: KeySetError.notASet) { try JSONWebKeySet(text) }
    }

    @Test(arguments: ["null", "1", #""x""#, "[]", "true"]) func `has keys that are objects`(element: String) {
        #expect(Self.result([Self.key.jwk(), element]) == .failure(.notAKey(1)))
    }

    @Test func `has at least one key that verifies`() {
        #expect(Self.result([]) == .failure(.noUsableKey([])))
    }

    @Test(arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]) func `has no private key`(member: String) {
        for value in [#""AA""#, "null", "[]", #""""#] {
            for key in [
                SampleKey.rsa(#""\#(member)":\#(value)"#), Self.key.jwk(#""\#(member)":\#(value)"#),
                #"{"\#(member)":\#(value)}"#, #"{"kty":"AKP","use":"enc","\#(member)":\#(value)}"#,
            ] {
                #expect(Self.result([Self.key.jwk(), key]) == .failure(.privateMember(1, UTF8String(member))))
            }
        }
        let escaped = #"{"\u00\#(String(member.utf8.first ?? 0, radix: 16))\#(member.dropFirst())":"AA"}"#
        #expect(Self.result([Self.key.jwk(), escaped]) == .failure(.privateMember(1, UTF8String(member))))
    }

    @Test(arguments: [#"{"kty":"oct"}"#, #"{"kty":"oct","alg":"A256GCM","use":"enc"}"#])
    func `has no secret`(key: String) {
        #expect(Self.result([Self.key.jwk(), key]) == .failure(.secretKey(1)))
    }

    @Test(arguments: [1, 512, 1024, 2040, 2047]) func `has no weak RSA key, whatever it is for`(bits: Int) {
        var octets = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
        octets[0] = 0xFF >> UInt8(octets.count * 8 - bits)
        for members in ["", #""use":"enc""#, #""alg":"RS512""#] {
            let key = SampleKey.rsa(members, n: base64url(octets))
            #expect(Self.result([Self.key.jwk(), key]) == .failure(.weakKey(1, bits: bits)))
        }
        #expect(Self.result([Self.key.jwk(), SampleKey.rsa(n: "")]) == .failure(.weakKey(1, bits: 0)))
    }

    /// RFC 7517 §4.5 asks for distinct kids; of two, one reader takes the first, another the last.
    @Test func `has no two keys that a header could mean alike`() throws {
        let (one, other) = (TestKey(1), TestKey(2))
        let kid = #""kid":"a""#
        #expect(Self.result([one.jwk(kid), other.jwk(kid)]) == .failure(.conflict("a")))
        #expect(Self.result([one.jwk(kid), other.jwk(#""kid":"\u0061""#)]) == .failure(.conflict("a")))
        #expect(Self.result([one.jwk(#""kid":"""#), other.jwk(#""kid":"""#)]) == .failure(.conflict("")))
        // With a key between that is the same as the first, and shares an algorithm with the last.
        let wide = SampleKey.rsa(kid)
        let narrow = SampleKey.rsa(#""kid":"a","alg":"RS256""#)
        let rival = SampleKey.rsa(#""kid":"a","alg":"PS256""#, e: "Aw")
        #expect(Self.result([narrow, wide, rival]) == .failure(.conflict("a")))
        #expect(Self.result([rival, wide, narrow]) == .failure(.conflict("a")))
        #expect(try keySet([narrow, rival]).keys.map(\.algorithms) == [[.rs256], [.ps256]])

        #expect(try keySet([one.jwk(kid), one.jwk(kid)]).skipped.map(\.reason) == [.repeated])
        #expect(try keySet([one.jwk(), other.jwk()]).keys.count == 2, "without a kid none is meant")
        #expect(try keySet([one.jwk(kid), other.jwk(#""kid":"A""#)]).keys.count == 2)
        // A key that is skipped is meant by no header.
        #expect(try keySet([one.jwk(kid), other.jwk(#""kid":"a","use":"enc""#)]).keys.count == 1)
        #expect(try keySet([one.jwk(kid), SampleKey.p256(kid)]).keys.count == 2, "one header means one of them")
    }

    @Test func `has no member twice`() {
        let key = Self.key.jwk()
        for text in [
            #"{"keys":[\#(key)],"keys":[]}"#, #"{"keys":[],"k\u0065ys":[\#(key)]}"#,
            #"{"keys":[\#(Self.key.jwk(#""kid":"a","kid":"b""#))]}"#, #"{"keys":[\#(key)],"a":{"b":1,"b":2}}"#,
            #"{"keys":[\#(SampleKey.rsa(#""n":"\#(SampleKey.modulus)""#))]}"#,
        ] {
            let error = #expect(throws: KeySetError.self) { try JSONWebKeySet(text) }
            guard case .syntax(let error) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(error.kind == .duplicateName)
        }
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), (#"{"keys":[]}x"#, .trailingData), ("{\"keys\":[]}\0", .trailingData),
            (#"{"keys":[],}"#, .unexpectedByte), ("\u{FEFF}{}", .byteOrderMark), ("<html>", .unexpectedByte),
            (#"{"keys":"# + String(repeating: "[", count: 60_000), .tooDeep),
            (#"{"keys":[],"a":0."# + String(repeating: "1", count: 60_000) + "}", .numberOutOfRange),
            (#"{"keys":[{"# + (0..<4000).map { #""m\#($0)":0"# }.joined(separator: ",") + "}]}", .tooManyMembers),
        ] as [(String, JSONError.Kind)]
    )
    func `is strict JSON`(text: String, kind: JSONError.Kind) {
        let error = #expect(throws: KeySetError.self) { try JSONWebKeySet(text) }
        guard case .syntax(let error) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.kind == kind)
    }

    @Test func `has at most 64 keys, and 64 KiB`() throws {
        let keys = (1...65).map { TestKey($0).jwk(#""kid":"\#($0)""#) }
        #expect(try keySet(Array(keys.dropLast())).keys.count == 64)
        #expect(Self.result(keys) == .failure(.tooManyKeys(65)))
        #expect(Self.result([String](repeating: "{}", count: 300)) == .failure(.tooManyKeys(300)))

        let text = #"{"keys":[\#(Self.key.jwk())]}"#
        let space = String(repeating: " ", count: JSONWebKeySet.maximumLength - text.utf8.count)
        #expect(try JSONWebKeySet(text + space).keys.count == 1)
        #expect(throws: KeySetError.tooLong(bytes: 65_537)) { try JSONWebKeySet(text + space + " ") }
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: KeySetError.tooLong(bytes: 1_000_000)) { try JSONWebKeySet(deep) }
    }

    @Test func `is no map of certificates`() {
        let certificate = #""-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n""#
        #expect(throws: KeySetError.certificates) {
            try JSONWebKeySet(#"{"a1b2":\#(certificate),"c3":\#(certificate)}"#)
        }
        #expect(throws: KeySetError.notASet) { try JSONWebKeySet(#"{"a1b2":\#(certificate),"c3":1}"#) }
    }

    // MARK: - Words for an operator

    @Test(arguments: [
        (["{}", #"{"kty":"AKP","kid":"b"}"#], #"keys[1] (kid "b") has kty "AKP", which is not supported"#),
        ([SampleKey.rsa(n: "AQAB")], "keys[0] is RSA of 17 bits, of at least 2048"),
        ([#"{"kty":"oct","k":"AA"}"#], #"keys[0] has "k": a private key was published"#),
        ([SampleKey.rsa(e: "AQ")], "exponent"),
        ([], #""keys" is empty"#),
    ])
    func `says which key is wrong, and why`(keys: [String], words: String) {
        guard case .failure(let error) = Self.result(keys) else {
            Issue.record("it is taken")
            return
        }
        #expect(error.problem.contains(words), "\(error.problem)")
    }

    @Test func `says nothing that a terminal would obey`() {
        let odd = #"\u001b[2J\n\u202e"#
        for keys in [
            [#"{"kty":"\#(odd)","kid":"\#(odd)"}"#],
            [Self.key.jwk(#""kid":"\#(odd)""#), TestKey(2).jwk(#""kid":"\#(odd)""#)],
        ] {
            guard case .failure(let error) = Self.result(keys) else { continue }
            #expect(error.problem.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(error.problem)")
        }
    }

    private static func result(_ keys: [String]) -> Result<Int, KeySetError> {
        Result { () throws(KeySetError) in try keySet(keys).keys.count }
    }
}
