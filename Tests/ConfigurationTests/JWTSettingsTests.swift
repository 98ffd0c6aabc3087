import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A configuration with one issuer, whose keys are these lines.
private func yaml(_ keys: String) -> String {
    "sessions: {source: jwt, jwt: {\(keys)}}"
}

private func path(_ names: UTF8String...) -> ClaimPath? { ClaimPath(names) }

private let required = "issuer: 'https://id.example.com/', audience: livekit, key_set_file: /k"
private let secret = "secret_file: jwt-secret"

@Suite struct `The settings of tokens` {
    private func issuer(_ keys: String) throws -> JWTIssuer {
        try #require(try settings(yaml(keys)).sessions.jwt?.issuers.first)
    }

    @Test func `have defaults`() throws {
        let jwt = try #require(try settings(yaml(required)).sessions.jwt)
        #expect(jwt.place == .header)
        #expect(jwt.maximumLength == 16_000)
        let expected = JWTIssuer(
            setting: "sessions.jwt",
            name: "https://id.example.com/",
            audience: .audience("livekit"),
            keys: .keySet(KeySetFile(path: "/k", url: nil, maximumAge: 604_800)),
            algorithms: [.es256, .rs256, .edDSA],
            claims: Defaults.tokenClaims
        )
        #expect(jwt.issuers == [expected])
        #expect(Defaults.tokenClaims.user == path("sub") && Defaults.tokenClaims.session == path("sid"))
    }

    @Test func `may set every key`() throws {
        let jwt = try #require(
            try settings(
                """
                sessions:
                  source: jwt
                  users: any
                  jwt:
                    issuer: https://id.example.com/realms/main
                    audience: {claim: [app, client], value: web}
                    key_set_file: /keys/main.json
                    key_set_url: https://id.example.com/certs?x=1
                    max_age: 2d
                    algorithms: [Ed25519, PS256, ES384]
                    require: {typ: Bearer, is_anonymous: false, level: [1, '1', 2.5]}
                    refuse:
                      - {claim: client_id, value: present}
                      - {claim: [firebase, sign_in_provider], value: [anonymous, null1]}
                    claims:
                      {user: oid, name: [user_metadata, full_name], did: 'https://x.example/did', session: session_id}
                    prefix: 'main:'
                    from: parameter
                    max_length: 8000
                """
            ).sessions.jwt
        )
        let issuer = try #require(jwt.issuers.first)
        #expect(issuer.audience == path("app", "client").map { .claim($0, "web") })
        let file = KeySetFile(path: "/keys/main.json", url: "https://id.example.com/certs?x=1", maximumAge: 172_800)
        #expect(issuer.keys == .keySet(file))
        #expect(issuer.algorithms == [.edDSA, .ps256, .es384])
        #expect(issuer.required.map(\.claim) == [path("typ"), path("is_anonymous"), path("level")])
        #expect(issuer.required[0].values == [.string("Bearer")] && issuer.required[1].values == [.bool(false)])
        #expect(issuer.required[2].values == [.integer(1), .string("1"), .number(2.5)])
        #expect(issuer.refused.map(\.claim) == [path("client_id"), path("firebase", "sign_in_provider")])
        #expect(issuer.refused[0].values == nil)
        #expect(issuer.refused[1].values == [.string("anonymous"), .string("null1")])
        #expect(issuer.claims.name == path("user_metadata", "full_name"))
        #expect(issuer.claims.did == path("https://x.example/did"))
        #expect(issuer.prefix == "main:")
        #expect(jwt.place == .parameter && jwt.maximumLength == 8000)
    }

    @Test func `of a secret are for HS256, and may have neither issuer nor audience`() throws {
        let issuer = try issuer("issuer: none, audience: none, \(secret)")
        #expect(issuer.name == nil && issuer.audience == .none && issuer.algorithms == [.hs256])
        guard case .secret(let file) = issuer.keys else {
            Issue.record("\(issuer.keys)")
            return
        }
        // Beside the configuration, as a key file is.
        #expect(file == SecretFile(path: "./jwt-secret", originalPath: "./jwt-secret"))
        let inUnit = try settings(
            yaml("issuer: none, audience: none, \(secret)"),
            variables: ["CREDENTIALS_DIRECTORY": "/run/credentials"]
        )
        #expect(
            inUnit.sessions.jwt?.issuers.first?.keys
                == .secret(SecretFile(path: "/run/credentials/jwt-secret", originalPath: "./jwt-secret"))
        )
    }

    @Test func `are of several issuers, which share where a token is and how long it may be`() throws {
        let jwt = try #require(
            try settings(
                """
                sessions:
                  source: jwt
                  jwt:
                    - {issuer: a, audience: x, key_set_file: /a, prefix: 'a:', from: parameter}
                    - {issuer: b, audience: x, key_set_file: /a, prefix: 'b:', max_length: 9000}
                """
            ).sessions.jwt
        )
        #expect(jwt.issuers.map(\.setting) == ["sessions.jwt[1]", "sessions.jwt[2]"])
        #expect(jwt.issuers.map(\.prefix) == ["a:", "b:"])
        #expect(jwt.place == .parameter && jwt.maximumLength == 9000)
    }

    @Test func `may have blanks inside a value`() throws {
        let issuer = try issuer("issuer: My App, audience: a b, key_set_file: /k, require: {team: [the crew, 1]}")
        #expect(issuer.name == "My App" && issuer.audience == .audience("a b"))
        #expect(issuer.required[0].values == [.string("the crew"), .integer(1)])
    }

    static let broken = [
        BrokenConfiguration(
            "sessions: {jwt: {\(required)}}",
            "config.yaml:1: sessions.jwt",
            "directory",
            "source: jwt"
        ),
        BrokenConfiguration("sessions: {source: jwt, jwt: x}", "config.yaml:1: sessions.jwt", "mapping"),
        BrokenConfiguration("sessions: {source: jwt, jwt: []}", "config.yaml:1: sessions.jwt", "no issuer"),
        BrokenConfiguration("sessions: {source: jwt, jwt: [x]}", "config.yaml:1: sessions.jwt", "mapping"),
        broken("", ".issuer", "missing"), broken("issuer: x", ".key_set_file", "missing", "secret_file"),
        broken("issuer: x, key_set_file: /k", ".audience", "missing", "client_id"),
        broken("issuer: '', audience: a, key_set_file: /k", ".issuer", "missing"),
        broken("issuer: x, audience: '', key_set_file: /k", ".audience", "missing"),
        broken("issuer: none, audience: a, key_set_file: /k", ".issuer", "only secret_file"),
        broken("issuer: x, audience: none, key_set_file: /k", ".audience", "only secret_file"),
        broken("issuer: x, audience: {value: a}, key_set_file: /k", ".audience.claim", "missing"),
        broken("issuer: x, audience: {claim: azp}, key_set_file: /k", ".audience.value", "missing"),
        broken("issuer: x, audience: {claim: a, vlaue: b}, key_set_file: /k", ".audience.vlaue", "write value"),
        broken("issuer: x, audience: [meet], key_set_file: /k", ".audience", "such as meet;", "others beside it"),
        broken("\(required), secret_file: s", ".secret_file", "beside key_set_file"),
        broken("issuer: x, audience: a, key_set_file: k", ".key_set_file", "absolute path"),
        broken("issuer: x, audience: a, secret_file: /", ".secret_file", "path of a file"),
        broken("issuer: x, audience: a, secret_file: s, key_set_url: 'https://x/'", ".key_set_url", "no use"),
        broken("issuer: x, audience: a, secret_file: s, max_age: 7d", ".max_age", "no use"),
        broken("\(required), key_set_url: 'http://id.example.com/'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'https://'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'https://u:p@x/'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'https://x/ y'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'https://x/\"'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'https://x/#a'", ".key_set_url", "https"),
        broken("\(required), key_set_url: 'file:///x'", ".key_set_url", "https"),
        broken("\(required), max_age: 7d", ".max_age", "key_set_url"),
        broken("\(required), key_set_url: 'https://x/', max_age: 59m", ".max_age", "1h"),
        broken("\(required), key_set_url: 'https://x/', max_age: soon", ".max_age", "duration"),
        broken("\(required), algorithms: RS256", ".algorithms", "must be a list; write [RS256]"),
        broken("\(required), algorithms: []", ".algorithms", "none", "ES256"),
        broken("\(required), algorithms: [es256]", ".algorithms", "es256; write ES256"),
        broken("\(required), algorithms: [none]", ".algorithms", "none", "ES256"),
        broken("\(required), algorithms: [ES256, HS256]", ".algorithms", "HS256", "key sets are for ES256"),
        broken("\(required), algorithms: [RS512]", ".algorithms", "RS512"),
        broken("issuer: x, audience: a, \(secret), algorithms: [ES256]", ".algorithms", "secret_file is for HS256"),
        broken("\(required), require: typ", ".require", "mapping"),
        broken("\(required), require: {typ: []}", ".require.typ", "no value"),
        broken("\(required), require: {typ: ~}", ".require.typ", "string"),
        broken("\(required), require: {typ: {a: b}}", ".require.typ", "require: [{claim: [typ, NAME], value: VALUE}]"),
        broken("\(required), require: {'': b}", ".require.", "no name"),
        broken("\(required), require: [{claim: a, value: {b: c}}]", ".require[1].value", "or present"),
        broken("\(required), claims: {user: {a: b}}", ".claims.user", "a string, or a list of strings"),
        // RFC 8693 §4.3 and RFC 7519 §4.1.2: these are texts, which true never is.
        broken("\(required), refuse: {client_id: true}", ".refuse.client_id", "is true", "text", "write present"),
        broken("\(required), refuse: [{claim: sub, value: [a, false]}]", ".refuse[1].value", "is false", "present"),
        broken("\(required), refuse: {bot: True}", ".refuse.bot", "is True; write true, or 'True' in quotes"),
        broken("\(required), require: {bot: [a, FALSE]}", ".require.bot", "is FALSE; write false"),
        broken("\(required), require: {azp: true}", ".require.azp", "is true", "write present"),
        broken("\(required), refuse: {client_id: [present, a]}", ".refuse.client_id", "stands for any value, alone"),
        broken("\(required), refuse: {client_id: Present}", ".refuse.client_id", "stands for any value, alone"),
        broken("\(required), refuse: [{claim: a}]", ".refuse[1].value", "no value"),
        broken("\(required), refuse: [{value: a}]", ".refuse[1].claim", "missing"),
        broken("\(required), refuse: [{claim: a, value: b, x: 1}]", ".refuse[1].x", "unknown"),
        broken("\(required), require: [{claim: [user_metadata, a], value: b}]", ".require[1].claim", "users write"),
        broken("\(required), refuse: [{claim: [unsafe_metadata, a], value: b}]", ".refuse[1].claim", "users write"),
        broken("\(required), claims: {user: [user_metadata, id]}", ".claims.user", "users write"),
        broken("\(required), claims: {session: [unsafe_metadata, s]}", ".claims.session", "users write"),
        broken("\(required), claims: {did: user_metadata}", ".claims.did", "users write"),
        broken("\(required), claims: {user: []}", ".claims.user", "1 to 8"),
        broken("\(required), claims: {uesr: sub}", ".claims.uesr", "write user"),
        broken("\(required), prefix: ''", ".prefix", "visible ASCII"),
        broken("\(required), prefix: 'a b'", ".prefix", "visible ASCII"),
        broken("\(required), prefix: zoë", ".prefix", "visible ASCII"),
        broken("\(required), from: cookie", ".from", "header or parameter"),
        broken("\(required), max_length: 999", ".max_length", "1000 to 65000"),
        broken("\(required), max_length: 16k", ".max_length", "whole number"),
        broken("\(required), key_set: /k", ".key_set", "unknown"),
        // What a token has is compared byte for byte (RFC 7519 §4.1.1), and quotes keep a blank.
        broken("issuer: 'https://x/ ', audience: a, key_set_file: /k", ".issuer", "ends with the blank U+0020"),
        broken("issuer: ' x', audience: a, key_set_file: /k", ".issuer", "begins with the blank U+0020"),
        broken("issuer: ' ', audience: a, key_set_file: /k", ".issuer", "begins with the blank U+0020"),
        broken("issuer: 'x\u{A0}', audience: a, key_set_file: /k", ".issuer", "ends with the blank U+00A0"),
        broken("issuer: 'x\u{200B}', audience: a, key_set_file: /k", ".issuer", "ends with the blank U+200B"),
        broken("issuer: 'none ', audience: none, \(secret)", ".issuer", "ends with the blank"),
        broken("issuer: x, audience: 'a ', key_set_file: /k", ".audience", "ends with the blank"),
        broken("issuer: x, audience: ' none', \(secret)", ".audience", "begins with the blank"),
        broken("issuer: x, audience: {claim: azp, value: 'a '}, key_set_file: /k", ".audience.value", "ends"),
        broken("issuer: x, audience: {claim: 'azp ', value: a}, key_set_file: /k", ".audience.claim", "ends"),
        broken("\(required), require: {' typ': Bearer}", ".require. typ", "begins with the blank"),
        broken("\(required), require: {typ: 'Bearer '}", ".require.typ", "ends with the blank"),
        broken("\(required), refuse: {typ: [a, 'b ', c]}", ".refuse.typ", "ends with the blank"),
        broken("\(required), refuse: {typ: 'present '}", ".refuse.typ", "ends with the blank"),
        broken("\(required), refuse: [{claim: [a, 'b '], value: x}]", ".refuse[1].claim", "ends with the blank"),
        broken("\(required), refuse: [{claim: a, value: ' x'}]", ".refuse[1].value", "begins with the blank"),
        broken("\(required), claims: {user: 'sub '}", ".claims.user", "ends with the blank"),
        broken("\(required), claims: {name: [' user_metadata', n]}", ".claims.name", "begins with the blank"),
        broken("\(required), algorithms: ['ES256 ']", ".algorithms", "has ES256 "),
        broken("\(required), key_set_url: 'https://x/ '", ".key_set_url", "https"),
        broken("\(required), prefix: 'a '", ".prefix", "visible ASCII"),
        several("{issuer: a, \(rest)}, {issuer: b, prefix: 'b:', \(rest)}", "[1].prefix", "missing"),
        several("{issuer: a, prefix: 'a', \(rest)}, {issuer: b, prefix: 'ab', \(rest)}", "[2].prefix", "begin"),
        several("{issuer: a, prefix: 'ab', \(rest)}, {issuer: b, prefix: 'a', \(rest)}", "[2].prefix", "begin"),
        several("{issuer: a, prefix: 'a', \(rest)}, {issuer: b, prefix: 'a', \(rest)}", "[2].prefix", "begin"),
        several("{issuer: a, prefix: 'a', \(rest)}, {issuer: a, prefix: 'b', \(rest)}", "[2].issuer", "once"),
        several(
            "{issuer: a, prefix: a, \(rest), key_set_url: 'https://a/'}, "
                + "{issuer: b, prefix: b, \(rest), key_set_url: 'https://b/'}",
            "[2].key_set_file",
            "another key_set_url"
        ),
        several(
            "{issuer: none, audience: x, secret_file: s, prefix: a}, {issuer: b, prefix: b, \(rest)}",
            "[1].issuer",
            "others"
        ),
        several(
            "{issuer: a, prefix: a, from: header, \(rest)}, {issuer: b, prefix: b, from: parameter, \(rest)}",
            "[2].from",
            "all of them"
        ),
        several(
            "{issuer: a, prefix: a, max_length: 8000, \(rest)}, {issuer: b, prefix: b, max_length: 9000, \(rest)}",
            "[2].max_length",
            "all of them"
        ),
    ]

    private static let rest = "audience: x, key_set_file: /k"

    private static func broken(_ keys: String, _ place: String, _ words: String...) -> BrokenConfiguration {
        BrokenConfiguration(yaml(keys), "config.yaml:1: sessions.jwt\(place)", words)
    }

    private static func several(_ entries: String, _ place: String, _ word: String) -> BrokenConfiguration {
        BrokenConfiguration(
            "sessions: {source: jwt, jwt: [\(entries)]}",
            "config.yaml:1: sessions.jwt\(place)",
            [word]
        )
    }

    @Test(arguments: broken) func `are refused with the key and what would be right`(_ broken: BrokenConfiguration)
        throws
    {
        let message = try #require(throws: ConfigurationError.self) { try settings(broken.yaml) }.message
        #expect(message.hasPrefix("\(broken.place) "), "\(message)")
        for word in broken.words { #expect(message.contains(word), "\(message)") }
    }
}

@Suite struct `The secret of an issuer` {
    private static let good = "0123456789abcdef0123456789abcdef"
    private static let file = SecretFile(path: "/s", originalPath: "/s")

    private func read(
        _ content: StubSystem.File?,
        keys: String = "APIx: another-secret-of-livekit-0123456789",
        variables: [String: String] = [:],
        keyFile: String? = "keys.yaml"
    ) throws -> (secret: String, system: StubSystem) {
        var files: [String: StubSystem.File] = ["/etc/keys.yaml": .regular(Array(keys.utf8))]
        files["/s"] = content
        let system = StubSystem(variables: variables, files: files)
        let source = KeySource(directory: "/etc", file: keyFile)
        let secret = try source.sharedSecret(
            in: Self.file,
            setting: "sessions.jwt.secret_file",
            minimumLength: 32,
            on: system
        )
        return (String(decoding: secret, as: UTF8.self), system)
    }

    private func message(
        _ content: StubSystem.File?,
        keys: String = "APIx: another-secret-of-livekit-0123456789",
        variables: [String: String] = [:]
    ) throws -> String {
        try #require(throws: ConfigurationError.self) { try read(content, keys: keys, variables: variables) }.message
    }

    @Test(arguments: [("", ""), ("\n", ""), ("\n\n", "\n"), (" ", " "), ("\r\n", "\r")])
    func `is the file, less one line end`(_ end: String, _ kept: String) throws {
        #expect(try read(.regular(Array((Self.good + end).utf8))).secret == Self.good + kept)
    }

    @Test func `has 32 bytes at least`() throws {
        #expect(
            try message(.regular(Array(Self.good.dropLast().utf8 + [0x0A]))).contains("31 bytes, and HS256 needs 32")
        )
        #expect(try message(.regular([0x0A])).contains("the secret file is empty or missing"))
        #expect(try message(nil).contains("the secret file is empty or missing"))
    }

    @Test func `is not one of LiveKit's own, in any place of theirs`() throws {
        let words = "the secret is one of LiveKit's own"
        let secret = StubSystem.File.regular(Array(Self.good.utf8))
        #expect(try message(secret, keys: "APIx: \(Self.good)").contains(words))
        #expect(try message(secret, keys: "APIx: x\nAPIy: '\(Self.good)'").contains(words))
        let inVariable = ["LIVEKIT_API_KEY": "APIx", "LIVEKIT_API_SECRET": Self.good]
        #expect(try message(secret, variables: inVariable).contains(words))
        #expect(try message(secret, variables: ["LIVEKIT_KEYS": "APIx: \(Self.good)"]).contains(words))
        // Hidden behind a variable, the file still has LiveKit's keys.
        let hiding = ["LIVEKIT_KEYS": "APIz: third-secret-of-livekit-0123456789"]
        #expect(try message(secret, keys: "APIx: \(Self.good)", variables: hiding).contains(words))
        #expect(try read(secret, keys: "APIx: \(Self.good)x").secret == Self.good)
    }

    @Test func `is wiped where it is refused`() throws {
        let system = StubSystem(files: [
            "/s": .regular(Array(Self.good.utf8)), "/etc/keys.yaml": .regular(Array("APIx: \(Self.good)".utf8)),
        ])
        #expect(throws: ConfigurationError.self) {
            try KeySource(directory: "/etc", file: "keys.yaml")
                .sharedSecret(in: Self.file, setting: "x", minimumLength: 32, on: system)
        }
        #expect(system.wiped.count { $0 == Array(Self.good.utf8) } == 2)
    }

    @Test(arguments: [
        (0o644 as UInt32, "the secret file has mode 0644, so others can read it"),
        (0o660, "the secret file has mode 0660, so the group group5 can write it"),
    ])
    func `is in a file that others cannot read`(_ permissions: UInt32, _ words: String) throws {
        let message = try message(.regular(Array(Self.good.utf8), permissions: permissions))
        #expect(message.hasPrefix("/s: \(words)"), "\(message)")
        #expect(message.contains("sessions.jwt.secret_file") && !message.contains("key file"))
    }

    @Test func `is in a file that belongs to root or the service`() throws {
        let message = try message(.regular(Array(Self.good.utf8), owner: 33))
        #expect(message.contains("the secret file belongs to www-data; it must belong to root or 990"))
    }
}
