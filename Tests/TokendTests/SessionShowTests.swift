import Foundation
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `session show` {
    private let run: CommandLineProgram
    private static let secret = "shared-secret-of-the-tests-0123456789"
    private static let (now, hour) = (Int64(Date().timeIntervalSince1970), Int64(3600))

    init() throws {
        run = try CommandLineProgram()
        for (name, text) in [
            ("keys.yaml", "APIgolden: golden-secret-of-the-tests-0123456789\n"), ("secret", Self.secret),
            (
                "set.json",
                #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"main-1","#
                    + #""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
            ),
        ] {
            let path = "\(run.folder)/\(name)"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }

    private func configure(_ sessions: String, _ more: String = "") throws {
        try "directory: {url: 'sqlite:\(run.folder)/d.sqlite'}\nlivekit: {key_file: keys.yaml}\npeers: []\n"
            .appending("sessions: {\(sessions)}\n\(more)\n")
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private func configureSecret(_ more: String = "", memberships: String = "") throws {
        try configure(
            "source: jwt, users: any, jwt: {issuer: 'https://id.example.com/', audience: livekit, "
                + "secret_file: secret\(more)}",
            memberships
        )
    }

    private func configureKeySet(_ more: String = "") throws {
        try configure(
            "source: jwt, users: any, jwt: {issuer: 'https://id.example.com/', audience: livekit, "
                + "key_set_file: '\(run.folder)/set.json'\(more)}"
        )
    }

    /// A token that the secret has signed; `changes` replace claims, and `null` takes one out.
    private static func token(_ changes: [String: String] = [:]) throws -> String {
        var claims = [
            "iss": #""https://id.example.com/""#, "aud": #""livekit""#, "sub": #""ada""#, "exp": "\(now + hour)",
        ]
        for (name, value) in changes { claims[name] = value == "null" ? nil : value }
        let payload = claims.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",")
        let key = try APIKey(id: "x", secret: Array(secret.utf8))
        return String(decoding: JSONWebSignature.compact(signing: Array("{\(payload)}".utf8), with: key), as: UTF8.self)
    }

    /// A token of a header, which nobody has signed.
    private static func unsigned(_ header: String, _ payload: String = #"{"iss":"https://id.example.com/"}"#) -> String
    {
        func part(_ text: String) -> String { String(decoding: Base64URL.encode(Array(text.utf8)), as: UTF8.self) }
        return "\(part(header)).\(part(payload)).\(part(String(repeating: "s", count: 64)))"
    }

    private func show(_ bearer: String, _ arguments: String...) throws -> CommandLineProgram.Outcome {
        let outcome = try run.call(["session", "show", "-"] + arguments, input: bearer + "\n")
        #expect(!(outcome.output + outcome.errors).contains(bearer))
        return outcome
    }

    private func line(_ label: String, _ outcome: CommandLineProgram.Outcome) -> String? {
        outcome.output.split(separator: "\n").first { $0.hasPrefix("\(label) ") }.map { String($0.dropFirst(14)) }
    }

    // MARK: A session

    @Test func `says whose a session of the directory is`() throws {
        try configure("source: directory")
        _ = try run("user", "add", "ada", "--name", "Ada")
        let bearer = try run("session", "create", "ada").value
        let outcome = try show(bearer)
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(line("user", outcome) == "ada (Ada), of the directory")
        #expect(line("source", outcome) == "sessions.source: directory")
        #expect(try line("session", outcome) == run("session", "list", "ada").lines[0][0])
        _ = try run("session", "revoke", "--user", "ada")
        let revoked = try show(bearer)
        #expect(revoked.status == 65)
        #expect(line("verdict", revoked) == "no session: session_revoked")
        #expect(line("user", revoked) == "ada (Ada), of the directory")
        let token = try show(Self.token())
        #expect(line("what to do", token)?.contains("write source: jwt") == true)
    }

    @Test func `says whose a token is, until when, and what it says of rooms`() throws {
        try configureSecret(memberships: "memberships: {source: claims, claim: livekit_rooms}")
        let rooms = try show(
            Self.token(["name": #""Ada L.""#, "sid": #""s-1""#, "livekit_rooms": #"{"a":["host"]}"#])
        )
        #expect(rooms.status == 0)
        #expect(line("user", rooms) == "ada (Ada L.), whom the directory does not know")
        #expect(line("until", rooms)?.contains(", in ") == true)
        #expect(line("memberships", rooms) == #"livekit_rooms: {"a":["host"]}"#)
        #expect(try line("memberships", show(Self.token()))?.hasPrefix("none: the token has no livekit_rooms") == true)
        try configureSecret(memberships: "memberships: {source: claims, claim: app.livekit_rooms}")
        let dotted = try show(Self.token(["app": #"{"livekit_rooms":{}}"#]))
        #expect(line("memberships", dotted)?.hasSuffix("another write [app, livekit_rooms]") == true)
        try configureSecret(memberships: "memberships: {source: claims, claim: livekit_rooms}")
        let text = try show(Self.token(["livekit_rooms": #""[1""#]))
        #expect(line("memberships", text)?.hasPrefix("none: livekit_rooms is text that is not JSON") == true)
        let json = try show(Self.token(["livekit_rooms": "7"]), "--json")
        let object = try JSONValue(parsing: Array(json.output.utf8.dropLast()))
        #expect(object["valid"] == .bool(true) && object["userId"] == .string("ada") && object["claim"] == .integer(7))
    }

    // MARK: Which setting would change that

    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let claims: [String: String]
        let reason: String
        let words: String
        var setting = ""

        init(_ reason: String, _ claims: [String: String], _ words: String, setting: String = "") {
            testDescription = "\(reason) \(claims)"
            (self.claims, self.reason, self.words, self.setting) = (claims, reason, words, setting)
        }
    }

    static let refused = [
        Refused("token_audience", ["aud": #""account""#], "a mapper of type Audience"),
        Refused("token_audience", ["aud": #"["account","web"]"#], "write sessions.jwt.audience: 'web'"),
        Refused("token_audience", ["aud": "null", "azp": #""web""#], "audience: {claim: azp, value: 'web'}"),
        Refused("token_audience", ["aud": "null"], "a mapper of type Audience"),
        Refused("token_issuer", ["iss": #""https://id.example.com""#], "a slash at the end tells them apart"),
        Refused("token_issuer", ["iss": #""http://id.example.com/""#], "the scheme tells them apart"),
        Refused("token_issuer", ["iss": #""https://ID.example.com/""#], "the case of letters tells them apart"),
        Refused("token_issuer", ["iss": #""https://evil.example""#], "if that is who you trust"),
        Refused("token_issuer", ["iss": "null"], "let the issuer write its name"),
        Refused("token_expired", ["exp": "\(now - 5)"], "give one that the app has just got"),
        Refused("token_exp_missing", ["exp": "null"], "let the issuer set an end"),
        Refused("token_time", ["exp": #""soon""#], "RFC 7519"),
        Refused("token_not_yet_valid", ["nbf": "\(now + hour)"], "run NTP"),
        Refused("token_purpose", ["token_type": #""refresh""#], "give the access token"),
        Refused("token_events", ["events": "{}"], "give the access token"),
        Refused("token_bound", ["cnf": "{}"], "no DPoP"),
        Refused("token_user", ["sub": "null"], "the client scope basic"),
        Refused("token_user", ["sub": "null", "user_id": "7"], "write sessions.jwt.claims: {user: user_id}"),
        Refused(
            "token_user",
            ["app": #"{"id":"7"}"#],
            "write sessions.jwt.claims: {user: [app, id]}",
            setting: ", claims: {user: app.id}"
        ),
        Refused("token_user", ["sub": #""zoë""#], "in sessions.jwt.claims.user"),
        Refused("token_required", [:], "sessions.jwt.require", setting: ", require: {typ: Bearer}"),
        Refused(
            "token_refused",
            ["client_id": #""x""#],
            "sessions.jwt.refuse",
            setting: ", refuse: {client_id: present}"
        ),
        Refused(
            "token_length",
            ["resource_access": #""\#(String(repeating: "r", count: 900))""#],
            "resource_access 12",
            setting: ", max_length: 1000"
        ),
    ]

    @Test func `names the one limit that several issuers have`() throws {
        try configure(
            """
            source: jwt, users: any, jwt: [
              {issuer: 'https://id.example.com/', audience: livekit, secret_file: secret, prefix: 'a:'},
              {issuer: 'https://b.example/', audience: b, key_set_file: '\(run.folder)/set.json', prefix: 'b:',
               max_length: 1000}]
            """
        )
        let outcome = try show(Self.token(["x": "\"\(String(repeating: "x", count: 900))\""]))
        #expect(
            line("what to do", outcome)?.contains("set max_length, in one entry of sessions.jwt for all") == true,
            "\(outcome.output)"
        )
    }

    @Test(arguments: refused) func `names the claim and the setting`(row: Refused) throws {
        try configureSecret(row.setting)
        let outcome = try show(Self.token(row.claims))
        #expect(outcome.status == 65)
        #expect(line("what to do", outcome)?.contains(row.words) == true, "\(outcome.output)")
        #expect(line("verdict", outcome)?.hasPrefix("no session: \(row.reason): ") == true, "\(outcome.output)")
    }

    @Test(arguments: [
        (#"{"alg":"EdDSA","kid":"other"}"#, "the set has the kids main-1"),
        (#"{"alg":"EdDSA","kid":"main-1"}"#, "may be of another issuer"),
        (#"{"alg":"RS256","kid":"main-1"}"#, "names a key that has not signed"),
        (#"{"alg":"RS256"}"#, "let the issuer name its key"),
        (#"{"alg":"HS256"}"#, "secret_file"), (#"{"alg":"ES384"}"#, "add ES384 to sessions.jwt.algorithms"),
        (#"{"alg":"ES512"}"#, "let the issuer sign with another"),
        (#"{"alg":"none"}"#, "let the issuer sign with another"),
        (#"{"alg":"EdDSA","typ":"logout+jwt"}"#, "give the access token"),
        (#"{"alg":"EdDSA","jku":"x"}"#, "let the issuer leave it out"), ("no JSON", "whole"),
    ])
    func `names what is wrong with header and key`(header: String, words: String) throws {
        try configureKeySet()
        let outcome = try show(Self.unsigned(header))
        #expect(outcome.status == 65)
        #expect(line("what to do", outcome)?.contains(words) == true, "\(outcome.output)")
    }

    @Test func `says that a bearer is opaque, or encrypted`() throws {
        try configureKeySet()
        #expect(try line("what to do", show("ory_at_abc.def"))?.hasPrefix("it is opaque") == true)
        #expect(try line("what to do", show("a.b.c.d.e"))?.hasPrefix("it is encrypted") == true)
        #expect(try show("two words").status == 65)
    }

    @Test func `says what the directory, and the identity, want`() throws {
        try configureSecret()
        _ = try run("user", "add", "ada")
        _ = try run("user", "disable", "ada")
        #expect(try line("what to do", show(Self.token())) == "run: livekit-tokend user enable ada")
        try configure(
            "source: jwt, jwt: {issuer: 'https://id.example.com/', audience: livekit, secret_file: secret}"
        )
        let unknown = try show(Self.token(["sub": #""bob""#]))
        #expect(line("verdict", unknown) == "no session: unknown_user")
        #expect(line("what to do", unknown)?.contains("sessions.users: any") == true)
        try configureSecret("", memberships: "token: {identity: session}")
        let keyless = try show(Self.token(["sub": #""bob""#, "session_id": #""x""#]))
        #expect(line("what to do", keyless)?.contains("{session: session_id}") == true, "\(keyless.output)")
    }

    @Test func `names the entry of the token's own issuer`() throws {
        let rest = "audience: livekit, secret_file: secret"
        try configure(
            "source: jwt, users: any, jwt: [{issuer: other, prefix: 'o:', claims: {session: session_id}, \(rest)}, "
                + "{issuer: 'https://id.example.com/', prefix: 'i:', \(rest)}]",
            "token: {identity: session}"
        )
        let keyless = try show(Self.token(["session_id": #""x""#]))
        let advice = line("what to do", keyless)
        #expect(
            advice?.contains("has no sid; write sessions.jwt[2].claims: {session: session_id}") == true,
            "\(keyless.output)"
        )
        let foreign = try show(Self.token(["aud": #""web""#]))
        #expect(line("what to do", foreign)?.contains("sessions.jwt[2].audience: 'web'") == true, "\(foreign.output)")
    }

    @Test func `fails with 69 where there is no key set`() throws {
        try configureKeySet()
        try FileManager.default.removeItem(atPath: run.folder + "/set.json")
        let outcome = try show(Self.unsigned(#"{"alg":"EdDSA"}"#))
        #expect(outcome.status == 69)
        #expect(line("what to do", outcome)?.contains("put the issuer's key set there") == true)
    }

    @Test func `fails with 69 where a newer key set may have the key, and says which this one has`() throws {
        try configureKeySet(", key_set_url: 'https://id.example.com/keys'")
        let outcome = try show(Self.unsigned(#"{"alg":"EdDSA","kid":"other"}"#))
        #expect(outcome.status == 69)
        #expect(line("verdict", outcome)?.hasPrefix("no session: key_set_pending: kid is \"other\"") == true)
        let advice = line("what to do", outcome)
        #expect(advice?.hasPrefix("the set has the kids main-1; get the set of today") == true, "\(outcome.output)")
    }

    @Test func `takes no bearer as an argument, and none where nginx vouches`() throws {
        #expect(try run("session", "show", "eyJ").status == 64)
        try configure("source: nginx, users: any", "memberships: {source: claims}")
        let outcome = try show("some-cookie-of-a-site")
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("check --auth-url"))
    }
}
