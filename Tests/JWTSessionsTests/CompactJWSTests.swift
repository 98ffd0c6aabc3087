import JWTSessions
import RoomAccess
import StrictJSON
import Testing

/// What a token may look like (RFC 7515 §3.1, §4.1, §7.1, RFC 8725 §3); each is signed by a key of the set.
@Suite struct `A compact signature` {
    static let key = TestKey(1)
    static let set = Result { () throws(KeySetError) in try keySet([key.jwk(#""kid":"k""#)]) }

    private static func verdict(_ token: String) throws -> Result<String, TokenFault> {
        try JWTSessionsTests.verdict(token, set.get())
    }

    // MARK: - The header

    @Test(arguments: [
        #"{"alg":"EdDSA"}"#, #"{"alg":"Ed25519"}"#, #"{"alg":"EdDSA","kid":"k"}"#, #"{"kid":"\u006b","alg":"EdDSA"}"#,
        #" { "alg" : "EdDSA" } "#, #"{"alg":"EdDSA","cty":"JWT","x5t":"AA","x5t#S256":"AA","nonce":7,"org":{"a":[]}}"#,
        #"{"alg":"EdDSA","typ":"JWT"}"#, #"{"alg":"EdDSA","typ":"jwt"}"#, #"{"alg":"EdDSA","typ":"Jwt"}"#,
        #"{"alg":"EdDSA","typ":"at+jwt"}"#, #"{"alg":"EdDSA","typ":"AT+JWT"}"#,
        #"{"alg":"EdDSA","typ":"application/at+jwt"}"#, #"{"alg":"EdDSA","typ":"Application/AT+JWT"}"#,
    ])
    func `is verified`(header: String) throws {
        #expect(try Self.verdict(Self.key.token(header)) == .success(#"{"sub":"ada"}"#))
    }

    @Test(arguments: [
        "dpop+jwt", "logout+jwt", "secevent+jwt", "JOSE", "JOSE+JSON", "application/jwt", "jwe", "", " jwt", "jwt ",
        "at-jwt", "id+jwt", "application/AT+JWT; a=b", "ＪＷＴ",
    ])
    func `is of no other type`(type: String) throws {
        let fault = try #require(try Self.fault(of: Self.key.token(#"{"alg":"EdDSA","typ":"\#(type)"}"#)))
        guard case .type(let named) = fault else { throw fault }
        #expect(named.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test(arguments: ["null", "1", "true", "[]", #"["JWT"]"#, "{}"]) func `has a type that is a text`(type: String)
        throws
    {
        let token = Self.key.token(#"{"alg":"EdDSA","typ":\#(type)}"#)
        #expect(try Self.verdict(token) == .failure(.type("(no text)")))
    }

    @Test(
        arguments: ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"],
        ["null", "true", #"["exp"]"#, #""DEF""#, "{}", "[]"]
    )
    func `has no member that changes it, or brings a key`(member: String, value: String) throws {
        let named = TokenFault.member(UTF8String(member))
        let escaped = #"\u00"# + String(member.utf8.first ?? 0, radix: 16) + member.dropFirst()
        for header in [
            #"{"alg":"EdDSA","\#(member)":\#(value)}"#, #"{"\#(member)":\#(value),"alg":"EdDSA","kid":"k"}"#,
            #"{"alg":"none","\#(escaped)":\#(value)}"#,
        ] {
            #expect(try Self.verdict(Self.key.token(header)) == .failure(named))
        }
    }

    @Test(arguments: [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES512",
        "ES256K", "eddsa", "EDDSA", "Ed448", "rs256", "RS256 ", " RS256", "RSA-OAEP", "dir", "RS256,none",
        "ES256/P-256",
    ])
    func `is under no algorithm but those that are configured`(name: String) throws {
        let fault = TokenFault.algorithm(UTF8String(name))
        #expect(try Self.verdict(Self.key.token(#"{"alg":"\#(name)"}"#)) == .failure(fault))
        // An empty signature is as bad as any.
        #expect(try Self.verdict(token(#"{"alg":"\#(name)"}"#, signature: [])) == .failure(fault))
    }

    @Test func `names an algorithm that a log can have`() throws {
        let odd = #"\n\u001b[31m\u202e"# + String(repeating: "é", count: 80)
        let fault = try #require(try Self.fault(of: Self.key.token(#"{"alg":"\#(odd)"}"#)))
        #expect(fault == .algorithm(UTF8String("??[31m" + String(repeating: "?", count: 122) + "...")))
    }

    @Test(arguments: [
        #"{}"#, #"{"alg":null}"#, #"{"alg":1}"#, #"{"alg":["EdDSA"]}"#, #"{"Alg":"EdDSA"}"#, #"{"kid":"k"}"#,
    ])
    func `has an algorithm, which is a text`(header: String) throws {
        #expect(try Self.verdict(Self.key.token(header)) == .failure(.algorithmMissing))
    }

    @Test(arguments: ["null", "1", "0", "true", "[]", #"["k"]"#, "{}"]) func `has a kid that is a text`(kid: String)
        throws
    {
        let token = Self.key.token(#"{"alg":"EdDSA","kid":\#(kid)}"#)
        #expect(try Self.verdict(token) == .failure(.keyIDNotText))
    }

    @Test(arguments: ["[]", #"["EdDSA"]"#, #""EdDSA""#, "null", "1", "true"]) func `has a header that is an object`(
        header: String
    ) throws {
        #expect(try Self.verdict(Self.key.token(header)) == .failure(.headerNotObject))
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), ("{", .unexpectedEnd), (#"{"alg":"EdDSA"}x"#, .trailingData),
            (#"{"alg":"EdDSA"}{}"#, .trailingData), (#"{"alg":"EdDSA",}"#, .unexpectedByte),
            (#"{"alg":"none","alg":"EdDSA"}"#, .duplicateName), (#"{"alg":"EdDSA","\u0061lg":"none"}"#, .duplicateName),
            (#"{"alg":"EdDSA","kid":"a","kid":"k"}"#, .duplicateName),
            (#"{"alg":"EdDSA","x":{"y":1,"y":1}}"#, .duplicateName),
            ("{\"alg\":\"EdDSA\"}\0", .trailingData), ("\u{FEFF}{\"alg\":\"EdDSA\"}", .byteOrderMark),
            (#"{"alg":"EdDSA","kid":"\ud800"}"#, .loneSurrogate), (#"{"alg":"EdDSA","exp":01}"#, .badNumber),
            (#"{"alg":"EdDSA","exp":1e999}"#, .numberOutOfRange), (#"{'alg':'EdDSA'}"#, .unexpectedByte),
        ] as [(String, JSONError.Kind)]
    )
    func `has a header of strict JSON`(header: String, kind: JSONError.Kind) throws {
        guard case .headerSyntax(let error) = try Self.fault(of: Self.key.token(header)) else {
            Issue.record("not refused as JSON")
            return
        }
        #expect(error.kind == kind)
    }

    @Test func `has a header of UTF-8`() throws {
        for header: [UInt8] in [
            Array(#"{"alg":"EdDSA","kid":""#.utf8) + [0xFF] + Array(#""}"#.utf8),
            Array(#"{"alg":"EdDSA"}"#.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
        ] {
            let fault = try #require(try Self.fault(of: Self.key.token(header, [])))
            guard case .headerSyntax = fault else { throw fault }
        }
    }

    // MARK: - The form

    @Test func `has three parts`() throws {
        let good = Self.key.token.split(separator: ".")
        let (header, payload, signature) = (good[0], good[1], good[2])
        for token in [
            "", "\(header)", "\(header).\(payload)", "\(header)\(payload).\(signature)", "\(Self.key.token).",
            ".\(Self.key.token)", "\(Self.key.token).\(signature)", "\(header)..\(payload).\(signature)",
            "....", String(repeating: ".", count: 16_000),
            #"{"payload":"\#(payload)","protected":"\#(header)","signature":"\#(signature)"}"#,
        ] {
            #expect(try Self.verdict(token) == .failure(.parts), "\(token.prefix(80))")
        }
        // Five are an encrypted token (RFC 7516 §3.1).
        for token in [
            "\(header)....\(signature)", "\(header).\(payload).\(signature)..",
            "\(header).AA.AA.\(payload).\(signature)",
        ] {
            #expect(try Self.verdict(token) == .failure(.encrypted), "\(token.prefix(80))")
        }
        #expect(try Self.verdict("..") == .failure(.headerSyntax(JSONError(kind: .unexpectedEnd, offset: 0))))
        #expect(try Self.verdict("\(header).\(payload).") == .failure(.signature))
        #expect(try Self.verdict("\(header)..\(signature)") == .failure(.signature))
    }

    @Test(arguments: [
        "=", "==", "A", "AAAAA", "AAA=", "AA==", "A===", "====", "AB", "AAB", "A+", "A/", "AA AA", " AAAA", "AAAA ",
        "AAAA\n", "AA\0A", "AAA\u{E9}", "AA%3D", "AA~A",
    ])
    func `has parts of base64url in its one spelling`(part: String) throws {
        let good = Self.key.token.split(separator: ".")
        #expect(try Self.verdict("\(part).\(good[1]).\(good[2])") == .failure(.encoding(.header)))
        #expect(try Self.verdict("\(good[0]).\(part).\(good[2])") == .failure(.encoding(.payload)))
        #expect(try Self.verdict("\(good[0]).\(good[1]).\(part)") == .failure(.encoding(.signature)))
        let longer = try #require(try Self.fault(of: "\(good[0]).\(good[1]).\(good[2])\(part)"))
        #expect([.encoding(.signature), .signature].contains(longer))
    }

    @Test func `is refused with any bit of it changed`() throws {
        let good = Array(Self.key.token.utf8)
        let set = try Self.set.get()
        for index in 0..<good.count * 8 {
            var other = good
            other[index / 8] ^= 1 << UInt8(index % 8)
            let jws = try? CompactJWS(other[...], maximumLength: maximumLength)
            #expect((try? jws?.verified(by: set)) == nil, "bit \(index)")
        }
    }

    @Test func `is no longer than it may be`() throws {
        let token = Self.key.token
        let count = token.utf8.count
        _ = try CompactJWS(token, maximumLength: count)
        #expect(throws: TokenFault.tooLong(bytes: count, maximumLength: count - 1)) {
            try CompactJWS(token, maximumLength: count - 1)
        }
    }

    /// What an attacker can make large, without a limit of length: the time is that of reading it.
    @Test func `of a megabyte is refused by what is wrong with it`() throws {
        let set = try Self.set.get()
        func fault(_ token: String) -> TokenFault? {
            do throws(TokenFault) {
                _ = try CompactJWS(token, maximumLength: .max).verified(by: set)
                return nil
            } catch {
                return error
            }
        }
        func syntax(_ token: String) -> JSONError.Kind? {
            guard case .headerSyntax(let error) = fault(token) else { return nil }
            return error.kind
        }
        let million = 1_000_000
        let text = String(repeating: "a", count: million)
        let members = (0..<20_000).map { #""m\#($0)":0"# }.joined(separator: ",")
        #expect(syntax(Self.key.token(#"{"alg":"EdDSA",\#(members)}"#)) == .tooManyMembers)
        #expect(syntax(Self.key.token(#"{"alg":"EdDSA","a":"# + String(repeating: "[", count: 100_000))) == .tooDeep)
        #expect(syntax(Self.key.token(#"{"a":"# + String(repeating: #"{"a":"#, count: million))) == .tooDeep)
        let digits = String(repeating: "1", count: million)
        #expect(syntax(Self.key.token(#"{"alg":"EdDSA","a":\#(digits)}"#)) == .numberOutOfRange)
        #expect(syntax(Self.key.token(#"{"alg":"EdDSA","a":0.\#(digits)}"#)) == .numberOutOfRange)
        #expect(fault(Self.key.token(#"{"alg":"EdDSA","zip":"DEF"}"#, text)) == .member("zip"))
        #expect(fault(Self.key.token(#"{"alg":"EdDSA","kid":"\#(text)"}"#)) == .keyIDUnknown(UTF8String(text)))
        #expect(fault(token(#"{"alg":"EdDSA"}"#, signature: Array(text.utf8))) == .signature)
        #expect(fault(String(repeating: ".", count: 16 * million)) == .parts)
        #expect(fault(String(repeating: "A", count: 16 * million)) == .parts)
        // The limit of the service refuses each before it is looked at.
        let long = Self.key.token(#"{"alg":"EdDSA"}"#, text)
        #expect(try Self.fault(of: long) == .tooLong(bytes: long.utf8.count, maximumLength: maximumLength))
    }

    @Test func `prints nothing of itself`() throws {
        let jws = try CompactJWS(Self.key.token(#"{"alg":"EdDSA"}"#, "correct horse battery staple"))
        var dumped = ""
        dump(jws, to: &dumped)
        dump(try jws.verified(by: Self.set.get()), to: &dumped)
        dumped += "\(jws) \(String(reflecting: jws))"
        #expect(!dumped.contains("horse") && !dumped.contains("Y29ycm"))
        #expect(!dumped.contains("- \(Array("c".utf8)[0])"), "no list of bytes either")
    }

    private static func fault(of token: String) throws -> TokenFault? {
        guard case .failure(let fault) = try verdict(token) else { return nil }
        return fault
    }
}
