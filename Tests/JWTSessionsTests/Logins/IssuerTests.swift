import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

@Suite struct `Of several issuers` {
    private let files = StubFiles()
    private let staff = TestKey(3)
    private let guests = TestKey(4)

    private func logins() -> JWTLogins {
        files.put(staff.set(kid: "k"), at: "/keys/staff")
        files.put(guests.set(kid: "k"), at: "/keys/guests")
        return JWTLogins(
            .sample("https://staff.test", file: "/keys/staff", prefix: "staff:"),
            .sample("https://guests.test", file: "/keys/guests", prefix: "guest:") { $0.audience = .audience("web") },
            files: files
        )
    }

    private func token(_ key: TestKey, _ issuer: String, _ audience: String, _ more: [String: String?] = [:]) -> String
    {
        key.login(["iss": "\"\(issuer)\"", "aud": "\"\(audience)\""].merging(more) { $1 }, kid: "k")
    }

    @Test func `the one that a token names judges it, and its users are its own`() {
        let logins = logins()
        let one = logins.judge(token(staff, "https://staff.test", "livekit"))
        let other = logins.judge(token(guests, "https://guests.test", "web"))
        #expect(one.session?.user.id == "staff:ada")
        #expect(other.session?.user.id == "guest:ada")
    }

    @Test func `none verifies with the key of another, and none has the audience of another`() {
        let logins = logins()
        #expect(logins.judge(token(guests, "https://staff.test", "livekit")).word == "signature")
        #expect(logins.judge(token(staff, "https://guests.test", "web")).word == "signature")
        #expect(logins.judge(token(guests, "https://guests.test", "livekit")).word == "audience")
    }

    @Test(arguments: [
        #""https://staff.test/""#, #""https://other.test""#, "7", "null", #"["https://staff.test"]"#, nil,
    ])
    func `a token that names none of them has no key`(_ issuer: String?) {
        #expect(logins().judge(staff.login(["iss": issuer], kid: "k")).word == "issuer")
    }

    @Test func `a payload that is no object of JSON names none`() {
        #expect(logins().judge(staff.token(#"{"alg":"EdDSA","kid":"k"}"#, "[{}]")).word == "payload")
        #expect(logins().judge(staff.token(#"{"alg":"EdDSA","kid":"k"}"#, "{")).word == "payload")
        #expect(logins().judge(staff.token(#"{"alg":"EdDSA","kid":"k"}"#, #"{"iss":1,"iss":2}"#)).word == "payload")
    }

    @Test func `an id has room for the prefix`() {
        let long = String(repeating: "x", count: 250)
        #expect(
            logins().judge(token(staff, "https://staff.test", "livekit", ["sub": "\"\(long)\""])).word == "accepted"
        )
        let longer = "\"\(long)x\""
        #expect(logins().judge(token(staff, "https://staff.test", "livekit", ["sub": longer])).word == "user")
    }

    @Test func `one without a set does not keep the others from judging`() {
        let logins = logins()
        files.remove("/keys/guests")
        let fresh = JWTLogins(
            .sample("https://staff.test", file: "/keys/staff", prefix: "staff:"),
            .sample("https://guests.test", file: "/keys/guests", prefix: "guest:"),
            files: files
        )
        #expect(logins.judge(token(guests, "https://guests.test", "web")).word == "unavailable: missing")
        #expect(fresh.judge(token(staff, "https://staff.test", "livekit")).word == "accepted")
        #expect(fresh.condition(at: at()) == .degraded(["there is no key set: /keys/guests is missing"]))
    }
}

@Suite struct `A secret that an issuer shares` {
    private let file = SecretFile(path: "/secret", originalPath: "/secret")
    private let bytes = Array("0123456789abcdef0123456789abcdef".utf8)

    private func logins(_ change: (inout JWTIssuer) -> Void) -> JWTLogins {
        let issuer = JWTIssuer.sample { issuer in
            issuer.keys = .secret(file)
            issuer.algorithms = [.hs256]
            change(&issuer)
        }
        return JWTLogins(issuer, files: StubFiles(), secrets: HMACSecret(bytes.span).map { [file: $0] } ?? [:])
    }

    private func token(_ changes: [String: String?] = [:], _ algorithm: String = "HS256") throws -> String {
        let key = try APIKey(id: "x", secret: bytes)
        // LiveKit's own tokens are HS256 (RFC 7515 §3.1): the form is the same.
        let signed = JSONWebSignature.compact(signing: Array(payload(changes).utf8), with: key)
        return String(decoding: signed, as: UTF8.self)
    }

    @Test func `verifies HS256 alone`() throws {
        let logins = logins { _ in }
        #expect(logins.judge(try token()).session?.user.id == "ada")
        #expect(logins.judge(TestKey(1).login()).word == "algorithm")
        #expect(logins.condition(at: at()) == .good)
    }

    @Test(
        arguments: [
            (["iss": nil], "accepted"), ([:], "issuer"), (["iss": "null"], "issuer"), (["iss": #""""#], "issuer"),
        ] as [([String: String?], String)]
    )
    func `may have no issuer, and then no token has one`(_ changes: [String: String?], _ word: String) throws {
        #expect(logins { $0.name = nil }.judge(try token(changes)).word == word)
    }

    @Test(
        arguments: [
            (["aud": nil], "accepted"), ([:], "audience"), (["aud": "null"], "audience"), (["aud": "[]"], "audience"),
        ] as [([String: String?], String)]
    )
    func `may have no audience, and then no token has one`(_ changes: [String: String?], _ word: String) throws {
        #expect(logins { $0.audience = .none }.judge(try token(changes)).word == word)
    }

    @Test func `that was not read verifies nothing, and no token is refused for that`() throws {
        let issuer = JWTIssuer.sample {
            $0.keys = .secret(file)
            $0.algorithms = [.hs256]
        }
        #expect(JWTLogins(issuer, files: StubFiles()).judge(try token()).word == "unavailable: missing")
    }
}

@Suite struct `A token of a request` {
    private let key = TestKey(5)

    private func logins(_ place: JWTSettings.Place, maximumLength: Int = 16_000) -> JWTLogins {
        let files = StubFiles()
        files.put(key.set())
        return JWTLogins(.sample(), place: place, maximumLength: maximumLength, files: files)
    }

    private func parameters(_ token: String) -> LoginParameters {
        var login = LoginParameters()
        login[.jwt] = Array(token.utf8)
        return login
    }

    @Test func `is in the header or in the parameter, as configured, and never looked for elsewhere`() throws {
        let bearer = try #require(BearerToken(Array(key.login().utf8)[...]))
        let inHeader = Credential(.success(bearer))
        let inParameter = Credential(.failure(.noAuthorization), login: parameters(key.login()))
        #expect(throws: Never.self) { try logins(.header).examine(inHeader) }
        #expect(throws: Never.self) { try logins(.parameter).examine(inParameter) }
        #expect(throws: SessionError.missing(.noAuthorization)) { try logins(.header).examine(inParameter) }
        #expect(throws: SessionError.missing(.noToken)) { try logins(.parameter).examine(inHeader) }
        #expect(throws: SessionError.missing(.noToken)) { try logins(.parameter).login(for: inHeader, at: at()) }
        let both = Credential(.success(bearer), login: parameters(key.login(["sub": #""eve""#])))
        #expect(try logins(.header).login(for: both, at: at()).user.id == "ada")
        #expect(try logins(.parameter).login(for: both, at: at()).user.id == "eve")
    }

    @Test func `has a length that the configuration bounds`() {
        let token = key.login()
        let length = token.utf8.count
        #expect(logins(.header, maximumLength: length).judge(token).word == "accepted")
        let verdict = logins(.header, maximumLength: length - 1).judge(token)
        #expect(verdict.word == "tooLong")
        #expect(verdict.problem == "the token has \(length) bytes, and sessions.jwt.max_length is \(length - 1)")
    }

    @Test func `of the greatest length gets through the header`() throws {
        let filler = String(repeating: "x", count: 11_600)
        let token = key.login(["filler": "\"\(filler)\""])
        #expect((15_000...16_000).contains(token.utf8.count))
        #expect(logins(.header).judge(token).word == "accepted")
    }

    @Test(arguments: ["Bearer x.y.z", "a.b", "a.b.c.d.e", "x", "..", " "])
    func `in a parameter is a token and nothing else`(_ text: String) {
        let credential = Credential(.failure(.noAuthorization), login: parameters(text))
        let error = #expect(throws: SessionError.self) { try logins(.parameter).login(for: credential, at: at()) }
        guard case .invalid(.token(let refusal), of: nil)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect([.parts, .encrypted, .encoding, .header].contains(refusal.kind))
    }
}
