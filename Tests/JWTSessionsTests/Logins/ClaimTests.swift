import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// What a token of a good signature may claim (RFC 7519 §4), one step off at a time.
@Suite struct `A token of a good signature` {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let changes: [String: String?]
        let word: String

        var testDescription: String { name }

        init(_ name: String, _ changes: [String: String?], _ word: String = "accepted") {
            (self.name, self.changes, self.word) = (name, changes, word)
        }
    }

    private static let now = at().seconds
    private static let deepest = String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
    private static let many = "{" + (0..<1000).map { "\"\($0)\":1" }.joined(separator: ",") + "}"
    private static let longID = String(repeating: "x", count: 256)

    private static let issuers = [
        Row("no change", [:]),
        Row("iss with a slash at its end", ["iss": "\"\(issuerName)/\""], "issuer"),
        Row("iss without its last letter", ["iss": #""https://id.example.tes""#], "issuer"),
        Row("iss in other letters", ["iss": #""https://ID.example.test""#], "issuer"),
        Row("iss by http", ["iss": #""http://id.example.test""#], "issuer"),
        Row("iss with a space before it", ["iss": "\" \(issuerName)\""], "issuer"),
        Row("iss in a list", ["iss": "[\"\(issuerName)\"]"], "issuer"),
        Row("iss empty", ["iss": #""""#], "issuer"),
        Row("iss null", ["iss": "null"], "issuer"),
        Row("no iss", ["iss": nil], "issuer"),
        Row("iss by an escape", ["iss": #""https:\/\/id.example.test""#]),
    ]

    private static let audiences = [
        Row("aud in a list", ["aud": #"["account","livekit"]"#]),
        Row("aud alone in a list", ["aud": #"["livekit"]"#]),
        Row("aud of another", ["aud": #""account""#], "audience"),
        Row("aud of others", ["aud": #"["account","web"]"#], "audience"),
        Row("aud that begins like ours", ["aud": #""livekit2""#], "audience"),
        Row("aud that holds ours", ["aud": #""account livekit""#], "audience"),
        Row("aud in other letters", ["aud": #""LiveKit""#], "audience"),
        Row("aud empty", ["aud": #""""#], "audience"), Row("aud an empty list", ["aud": "[]"], "audience"),
        Row("aud beside a number", ["aud": #"["livekit",1]"#], "audience"),
        Row("aud beside null", ["aud": #"["livekit",null]"#], "audience"),
        Row("aud in a list in a list", ["aud": #"[["livekit"]]"#], "audience"),
        Row("aud an object", ["aud": #"{"livekit":true}"#], "audience"), Row("aud null", ["aud": "null"], "audience"),
        Row("no aud", ["aud": nil], "audience"),
    ]

    private static let times = [
        Row("exp in one second", ["exp": "\(now + 1)"]), Row("exp now", ["exp": "\(now)"], "expired"),
        Row("exp a second ago", ["exp": "\(now - 1)"], "expired"),
        Row("exp with a fraction of this second", ["exp": "\(now).9"], "expired"),
        Row("exp with a fraction of the next", ["exp": "\(now + 1).1"]),
        Row("exp with an exponent", ["exp": "1.8e9"]), Row("exp 0", ["exp": "0"], "expired"),
        Row("exp negative", ["exp": "-1"], "expired"), Row("exp in milliseconds", ["exp": "\((now + 300) * 1000)"]),
        Row("exp a text", ["exp": "\"\(now + 300)\""], "time"), Row("exp null", ["exp": "null"], "time"),
        Row("exp true", ["exp": "true"], "time"), Row("exp a list", ["exp": "[\(now + 300)]"], "time"),
        Row("exp 1e300", ["exp": "1e300"], "time"), Row("exp -1e300", ["exp": "-1e300"], "time"),
        Row("exp past 64 bits", ["exp": "99999999999999999999"], "payload"),
        Row("exp at the end of 64 bits", ["exp": "9223372036854775807"]),
        Row("no exp", ["exp": nil], "expiryMissing"),
        Row("nbf in 60 s", ["nbf": "\(now + 60)"]), Row("nbf in 61 s", ["nbf": "\(now + 61)"], "notYetValid"),
        Row("nbf in 60.9 s", ["nbf": "\(now + 60).9"]), Row("nbf a text", ["nbf": "\"0\""], "time"),
        Row("nbf null", ["nbf": "null"], "time"), Row("nbf past", ["nbf": "1"]),
        Row("nbf at the end of 64 bits", ["nbf": "9223372036854775807"], "notYetValid"),
        Row("iat in 60 s", ["iat": "\(now + 60)"]), Row("iat in 61 s", ["iat": "\(now + 61)"], "issuedInFuture"),
        Row("iat in milliseconds", ["iat": "\(now * 1000)"], "issuedInFuture"),
        Row("iat a text", ["iat": #""now""#], "time"), Row("no iat", ["iat": nil]), Row("iat long ago", ["iat": "1"]),
    ]

    private static let purposes = [
        Row("token_type refresh", ["token_type": #""refresh""#], "purpose"),
        Row("token_type Refresh", ["token_type": #""Refresh""#], "purpose"),
        Row("type REFRESH", ["type": #""REFRESH""#], "purpose"),
        Row("typ Refresh", ["typ": #""Refresh""#], "purpose"), Row("typ Offline", ["typ": #""Offline""#], "purpose"),
        Row("typ Logout", ["typ": #""Logout""#], "purpose"), Row("type logout", ["type": #""logout""#], "purpose"),
        Row("token_type offline", ["token_type": #""offline""#], "purpose"),
        Row("token_type access", ["token_type": #""access""#]), Row("typ Bearer", ["typ": #""Bearer""#]),
        Row("typ ID", ["typ": #""ID""#]), Row("type a number", ["type": "1"]),
        Row("typ Refresh in a list", ["typ": #"["JWT","Refresh"]"#], "purpose"),
        Row("events", ["events": #"{"http://schemas.openid.net/event/backchannel-logout":{}}"#], "events"),
        Row("events empty", ["events": "{}"], "events"), Row("events null", ["events": "null"], "events"),
        Row("cnf of DPoP", ["cnf": #"{"jkt":"x"}"#], "bound"),
        Row("cnf of TLS", ["cnf": #"{"x5t#S256":"x"}"#], "bound"),
        Row("cnf empty", ["cnf": "{}"], "bound"), Row("cnf null", ["cnf": "null"], "bound"),
        Row("typ DPoP with cnf", ["typ": #""DPoP""#, "cnf": #"{"jkt":"x"}"#], "bound"),
    ]

    private static let users = [
        Row("no sub", ["sub": nil], "user"), Row("sub null", ["sub": "null"], "user"),
        Row("sub empty", ["sub": #""""#], "user"), Row("sub with a space", ["sub": #""a b""#], "user"),
        Row("sub with a line end", ["sub": #""a\n""#], "user"), Row("sub with a NUL", ["sub": #""a\u0000""#], "user"),
        Row("sub not ASCII", ["sub": #""zoë""#], "user"), Row("sub of 256", ["sub": "\"\(longID)\""]),
        Row("sub of 257", ["sub": "\"\(longID)x\""], "user"), Row("sub 0", ["sub": "0"]),
        Row("sub 2^53", ["sub": "9007199254740992"]), Row("sub 2^53 + 1", ["sub": "9007199254740993"], "user"),
        Row("sub -1", ["sub": "-1"], "user"), Row("sub 1.0", ["sub": "1.0"], "user"),
        Row("sub 1e3", ["sub": "1e3"], "user"), Row("sub true", ["sub": "true"], "user"),
        Row("sub a list", ["sub": #"["ada"]"#], "user"), Row("sub an object", ["sub": #"{"id":"ada"}"#], "user"),
        Row("did", ["did": #""did:key:z6Mk""#]), Row("did null", ["did": "null"]),
        Row("did of another scheme", ["did": #""urn:x""#], "did"), Row("did empty", ["did": #""""#], "did"),
        Row("did a number", ["did": "1"], "did"), Row("did too long", ["did": "\"did:\(longID)\""], "did"),
        Row("sid", ["sid": #""s-1""#]), Row("sid null", ["sid": "null"]), Row("sid a number", ["sid": "7"]),
        Row("sid empty", ["sid": #""""#], "session"), Row("sid a list", ["sid": #"["s-1"]"#], "session"),
        Row("sid true", ["sid": "true"], "session"),
        Row("name with an override", ["name": #""a\u202e""#]), Row("name a number", ["name": "7"]),
        Row("name invisible", ["name": #""\u200b""#]), Row("name of 257", ["name": "\"\(longID)x\""]),
        Row("a thousand members", ["resource_access": many]), Row("fifteen levels more", ["x": deepest]),
        Row("sixteen levels more", ["x": "[\(deepest)]"], "payload"),
    ]

    static let rows = issuers + audiences + times + purposes + users

    @Test func `has more than eighty near misses`() {
        #expect(Self.rows.count { $0.word != "accepted" } >= 80)
    }

    private static let key = TestKey(1)

    private func logins(
        membership: ClaimPath? = nil,
        _ change: (inout JWTIssuer) -> Void = { _ in }
    ) -> JWTLogins {
        let files = StubFiles()
        files.put(Self.key.set())
        return JWTLogins(.sample(issuerName, change), files: files, membership: membership)
    }

    @Test(arguments: rows) func `is a login, or has the one reason why not`(_ row: Row) {
        let verdict = logins().judge(Self.key.login(row.changes))
        #expect(verdict.word == row.word, "\(verdict.problem)")
    }

    @Test(arguments: [
        ("{", "payload"), ("", "payload"), ("[]", "payload"), ("null", "payload"), ("\u{FEFF}{}", "payload"),
        ("{}{}", "payload"), (#"{"sub":"ada","sub":"eve"}"#, "payload"),
        (#"{"sub":"ada","x":{"y":1,"\u0079":2}}"#, "payload"), (#"{"sub":"\ud800"}"#, "payload"),
        ("{\"exp\":1,}", "payload"), ("{}", "issuer"),
    ])
    func `has one object of JSON as its payload (RFC 7519 §7.2), no name twice`(_ text: String, _ word: String) {
        #expect(logins().judge(Self.key.token(#"{"alg":"EdDSA"}"#, text)).word == word)
    }

    @Test func `gives a session with all that it says`() throws {
        let token = Self.key.login([
            "name": #""Zoë \ud83c\udfa4""#, "did": #""did:key:z6Mk""#, "sid": #""s-1""#,
            "livekit_rooms": #"{"stage-1":["host"]}"#,
        ])
        let session = try #require(logins(membership: path("livekit_rooms")).judge(token).session)
        let expected = Session(
            user: User(id: "ada", did: "did:key:z6Mk", name: "Zoë 🎤", isDisabled: false),
            endsAt: at(300),
            key: digest("s-1").bytes,
            claim: .object([JSONMember(name: "stage-1", value: .array([.string("host")]))])
        )
        #expect(session == expected)
    }

    @Test func `has a name that is dropped where it breaks the rule for names`() {
        for (name, isDropped) in [("\"\\u202e\"", true), ("7", true), ("null", false), ("\"Ada\"", false)] {
            #expect(logins().judge(Self.key.login(["name": name])).session?.isNameDropped == isDropped, "\(name)")
        }
    }

    @Test func `has a user whose number is its digits`() {
        #expect(logins().judge(Self.key.login(["sub": "42"])).session?.user.id == "42")
        #expect(logins().judge(Self.key.login(["sub": "9007199254740992"])).session?.user.id == "9007199254740992")
    }

    @Test func `says what was found and what would be right`() {
        let (url, long) = ("api://0b9f5d3e-6a1c-4e0f-9d3b-5f1f6c1d2e3f/", String(repeating: "x", count: 128))
        let problems = [
            (["aud": "\"\(url)\""], "aud is \"\(url)\", and sessions.jwt.audience is livekit"),
            (["aud": "\"\(long)y\""], "aud is \"\(long)...\", and sessions.jwt.audience is livekit"),
            (["aud": #""account""#], #"aud is "account", and sessions.jwt.audience is livekit"#),
            (["iss": #""x""#], #"iss is "x", and sessions.jwt.issuer is https://id.example.test"#),
            (
                ["aud": #"["a","b","c","d"]"#],
                #"aud is ["a", "b", "c" and 1 more], and sessions.jwt.audience is livekit"#
            ),
            (["aud": "[[[1,2],[3]],{}]"], "aud is [a list, an object], and sessions.jwt.audience is livekit"),
            (
                ["sub": #""a\u0007b""#],
                #"sub is "a?b", and an id has 1 to 256 visible ASCII characters"#
            ),
        ]
        for (changes, problem) in problems { #expect(logins().judge(Self.key.login(changes)).problem == problem) }
    }

    @Test func `names its user in the log where the issuer is right, and only then`() {
        for (changes, user) in [
            (["aud": #""x""#], "ada"), (["exp": "1"], "ada"), (["iss": #""x""#], nil), (["sub": "null"], nil),
        ] as [([String: String?], Identifier?)] {
            guard case .refused(_, let session) = logins().judge(Self.key.login(changes)) else {
                Issue.record("\(changes) is a login")
                continue
            }
            #expect(session?.user.id == user)
        }
    }

    @Test(
        arguments: [
            (["azp": #""app""#], "accepted"), (["azp": #"["app","x"]"#], "accepted"),
            (["azp": #""other""#], "audience"),
            (["azp": nil], "audience"), (["azp": #""app""#, "aud": nil], "accepted"),
        ] as [([String: String?], String)]
    )
    func `may say for whom it is in another claim`(_ changes: [String: String?], _ word: String) {
        let logins = logins { $0.audience = .claim(path("azp"), "app") }
        #expect(logins.judge(Self.key.login(changes)).word == word)
    }

    @Test func `has its claims at paths, whose names may have dots`() {
        let logins = logins(membership: path("app", "rooms")) {
            $0.claims.user = path("https://example.com/user")
            $0.claims.name = path("user_metadata", "full_name")
            $0.claims.session = path("a", "b", "c")
        }
        let session = logins.judge(
            Self.key.login([
                "https://example.com/user": "7", "user_metadata": #"{"full_name":"Ada"}"#, "a": #"{"b":{"c":"s"}}"#,
                "app": #"{"rooms":["x"]}"#, "sub": #""eve""#,
            ])
        ).session
        #expect(session?.user == User(id: "7", did: nil, name: "Ada", isDisabled: false))
        #expect(session?.key == digest("s").bytes)
        #expect(session?.claim == .array([.string("x")]))
    }
}

@Suite struct `A rule for claims` {
    private static let key = TestKey(2)

    private func word(
        required: [JWTIssuer.Rule] = [],
        refused: [JWTIssuer.Rule] = [],
        _ changes: [String: String?]
    ) -> String {
        let files = StubFiles()
        files.put(Self.key.set())
        let issuer = JWTIssuer.sample {
            $0.required = required
            $0.refused = refused
        }
        return JWTLogins(issuer, files: files).judge(Self.key.login(changes)).word
    }

    @Test(
        arguments: [
            ([.string("Bearer")], #""Bearer""#, "accepted"), ([.string("Bearer")], #""bearer""#, "required"),
            ([.string("Bearer")], #"["Bearer"]"#, "required"), ([.string("Bearer")], nil, "required"),
            ([.string("Bearer")], "null", "required"), ([.string("a"), .string("b")], #""b""#, "accepted"),
            ([.bool(false)], "false", "accepted"), ([.bool(false)], "true", "required"),
            ([.bool(false)], #""false""#, "required"), ([.bool(false)], "0", "required"),
            ([.bool(false)], nil, "required"),
            ([.integer(2)], "2", "accepted"), ([.integer(2)], #""2""#, "required"), ([.integer(2)], "3", "required"),
            (nil, "null", "accepted"), (nil, #""x""#, "accepted"), (nil, nil, "required"),
        ] as [([JSONValue]?, String?, String)]
    )
    func `that is required holds for one value, exactly`(_ values: [JSONValue]?, _ found: String?, _ expected: String) {
        #expect(word(required: [.init(claim: path("x"), values: values)], ["x": found]) == expected)
    }

    @Test(
        arguments: [
            (nil, #""x""#, "refused"), (nil, "null", "refused"), (nil, nil, "accepted"),
            ([.string("guest")], #""guest""#, "refused"), ([.string("guest")], #""Guest""#, "accepted"),
            ([.string("guest")], #"["user","guest"]"#, "refused"), ([.string("guest")], #"["user"]"#, "accepted"),
            ([.bool(true)], "true", "refused"), ([.bool(true)], "false", "accepted"), ([.integer(0)], "0", "refused"),
            ([.string("a"), .string("b")], #""b""#, "refused"), ([.string("a")], nil, "accepted"),
            ([.integer(0)], "0.0", "refused"), ([.integer(0)], "[[0e0]]", "refused"), ([.number(2)], "2", "refused"),
            ([.integer(9_007_199_254_740_993)], "9007199254740993.0", "refused"),
            ([.integer(0)], "0.5", "accepted"),
        ] as [([JSONValue]?, String?, String)]
    )
    func `that refuses holds for a value, also in a list, or for any`(
        _ values: [JSONValue]?,
        _ found: String?,
        _ expected: String
    ) {
        #expect(word(refused: [.init(claim: path("x"), values: values)], ["x": found]) == expected)
    }

    @Test func `is of a path, and each counts`() {
        let provider = JWTIssuer.Rule(claim: path("firebase", "sign_in_provider"), values: [.string("password")])
        let machine = JWTIssuer.Rule(claim: path("client_id"), values: nil)
        let good = ["firebase": #"{"sign_in_provider":"password"}"#]
        #expect(word(required: [provider], refused: [machine], good) == "accepted")
        #expect(word(required: [provider], ["firebase": #"{"sign_in_provider":"anonymous"}"#]) == "required")
        #expect(word(required: [provider], ["firebase": #""password""#]) == "required")
        #expect(word(required: [provider], refused: [machine], good.merging(["client_id": "1"]) { $1 }) == "refused")
    }
}
