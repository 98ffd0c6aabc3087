import CNettle
import Cryptography
import Foundation
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

/// A folder with the secret and the key sets of issuers, and what signs by them.
private final class TokenSite {
    private static let secret = Array("shared-secret-of-the-tests-0123456789".utf8)
    private static let seed = [UInt8](repeating: 1, count: 32)
    private static let publicKey: [UInt8] = {
        var key = [UInt8](repeating: 0, count: 32)
        unsafe nettle_ed25519_sha512_public_key(&key, seed)
        return key
    }()

    let program: CommandLineProgram

    init() throws {
        program = try CommandLineProgram()
        let key = #"{"kty":"OKP","crv":"Ed25519","x":"\#(Self.encode(Self.publicKey))","kid""#
        let other = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"other"}"#
        try write("keys.yaml", "APIgolden: golden-secret-of-the-tests-0123456789\n")
        try write("secret", String(decoding: Self.secret, as: UTF8.self))
        for (name, text, age) in [
            ("good", #"{"keys":[\#(key):"main"},\#(other)]}"#, 60), ("old", #"{"keys":[\#(key):"main"}]}"#, 90_000),
            ("garbage", "<html>", 60),
        ] {
            try write("\(name).json", text)
            let date = Date(timeIntervalSince1970: Double(NumericDate.sample.seconds - Int64(age)))
            let path = "\(program.folder)/\(name).json"
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        }
    }

    func write(_ name: String, _ text: String) throws {
        let path = "\(program.folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: Base64URL.encode(Array(bytes)), as: UTF8.self)
    }

    /// A token under the secret, or the key of the sets.
    static func token(_ header: String, _ payload: String, bySecret: Bool) -> String {
        let input = "\(encode(header.utf8)).\(encode(payload.utf8))"
        let message = Array(input.utf8)
        if bySecret {
            let code = HMACSHA256(key: secret.span).code(for: message.span)
            return "\(input).\(encode(code.indices.map { code[$0] }))"
        }
        var signature = [UInt8](repeating: 0, count: 64)
        unsafe nettle_ed25519_sha512_sign(publicKey, seed, message.count, message, &signature)
        return "\(input).\(encode(signature))"
    }
}

/// A token before it is signed: members as JSON has them.
private struct Draft {
    var header: [String: String]
    var claims: [String: String]
    /// In place of what the members are.
    var headerText: String?
    var payload: String?
    /// What happens to the token once it is signed.
    var change: @Sendable (String) -> String = { $0 }

    func token(bySecret: Bool) -> String {
        func object(_ members: [String: String]) -> String {
            "{\(members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
        }
        let (header, payload) = (headerText ?? object(header), payload ?? object(claims))
        return change(TokenSite.token(header, payload, bySecret: bySecret))
    }

    private static func seconds(_ offset: Int64) -> String { "\(NumericDate.sample.seconds + offset)" }

    /// A claim with each of its values, `nil` for none.
    private static let values: [(name: String, values: [String?])] = [
        ("iss", [nil, #""https://other.example""#, #"["https://a.example"]"#]),
        ("aud", [nil, #""x""#, #"["livekit",1]"#]),
        ("exp", [nil, #""1""#, seconds(0), seconds(1), seconds(9), seconds(10), seconds(90), "1e40"]),
        ("exp", [nil, seconds(0), seconds(9)]), ("nbf", [seconds(61), "null"]), ("iat", [seconds(61), seconds(60)]),
        ("typ", [#""Refresh""#]),
        ("events", ["{}"]), ("cnf", [#"{"jkt":"x"}"#]), ("tier", [nil, #""tin""#]), ("client_id", [#""app""#]),
        ("sub", [nil, #""""#, #""a b""#, "12", "1.5"]), ("did", [#""x""#, #""did:web:b""#, "null"]),
        ("sid", [nil, "[]", "7"]), ("name", [#""\u202e""#, "5"]),
        ("pad", [#""\#(String(repeating: "x", count: 1200))""#]),
    ]

    private static let changes: [@Sendable (inout Draft) -> Void] = [
        { $0.header["alg"] = #""none""# }, { $0.header["alg"] = nil }, { $0.header["alg"] = #""ES256""# },
        { $0.header["typ"] = #""logout+jwt""# }, { $0.header["crit"] = "[]" }, { $0.header["kid"] = nil },
        { $0.header["kid"] = #""gone""# }, { $0.header["kid"] = #""gone again""# }, { $0.header["kid"] = "1" },
        { $0.headerText = "{" },
        { $0.payload = "[]" }, { $0.payload = "{" }, { $0.change = { "\($0).AA.AA" } }, { $0.change = { "\($0)." } },
        { $0.change = { "\($0)=" } },
        { $0.change = { "\($0.dropLast(8))AAAAAAAA" } },
    ]

    mutating func spoil(using generator: inout SeededGenerator) {
        if generator.pick([true, false, false]) { return generator.pick(Self.changes)(&self) }
        let (name, values) = generator.pick(Self.values)
        claims[name] = generator.pick(values)
    }
}

extension ExplainedState {
    /// A login by a token of an issuer.
    fileprivate init(tokenOf site: TokenSite, using generator: inout SeededGenerator) {
        self.init(using: &generator)
        let memberships = generator.pick(["directory", "claims", "claims", "groups"])
        let hasPath = generator.pick([true, false])
        let issuers = generator.pick([["secret"], ["keys"], ["secret", "keys"]])
        let signer = generator.pick(issuers)
        let set = generator.pick(Array(repeating: "good", count: 9) + ["old", "garbage", "none"])
        let place = generator.pick(["header", "header", "parameter"])
        let prefixes = issuers.count > 1 ? ["secret": "a:", "keys": "b:"] : generator.pick([[:], [signer: "kc:"]])
        let hasURL = generator.pick([true, false])
        let hasRules = generator.pick([true, false])
        let entries = issuers.map { name in
            let keys =
                name == "secret"
                ? "secret_file: '\(site.program.folder)/secret'"
                : "key_set_file: '\(site.program.folder)/\(set).json'"
                    + (hasURL ? ", key_set_url: 'https://b.example/keys', max_age: 24h" : "")
            let host = name == "secret" ? "a" : "b"
            return "{issuer: 'https://\(host).example', audience: livekit, \(keys), from: \(place), max_length: 1000"
                + (prefixes[name].map { ", prefix: '\($0)'" } ?? "")
                + (hasRules ? ", require: {tier: [gold, 2]}, refuse: {client_id: present}" : "") + "}"
        }
        let (name, rooms) = (memberships == "groups" ? "groups" : "livekit_rooms", "rooms: \(Self.rooms)")
        let claim = ", claim: \(hasPath ? "[app, \(name)]" : name)"
        let more = memberships == "directory" ? "" : claim + (memberships == "groups" ? ", \(rooms)" : "")
        yaml =
            (["peers: []", "livekit: {key_file: '\(site.program.folder)/keys.yaml'}"]
            + Self.sections(isDirectory: memberships == "directory", using: &generator)
            + [
                "sessions: {source: jwt, users: \(generator.pick(["known", "any", "any", "any"])), "
                    + "jwt: [\(entries.joined(separator: ", "))]}",
                "memberships: {source: \(memberships)\(more)}",
            ]).joined(separator: "\n") + "\n"

        var draft = Draft(
            header: ["alg": signer == "secret" ? #""HS256""# : #""EdDSA""#, "kid": #""main""#],
            claims: [
                "iss": "\"https://\(signer == "secret" ? "a" : "b").example\"", "aud": #"["livekit","x"]"#,
                "sub": "\"\(user)\"", "exp": "\(NumericDate.sample.seconds + 900)", "sid": #""session-1""#,
                "name": #""Ada L.""#, "tier": #""gold""#,
            ]
        )
        let said = memberships == "groups" ? Self.groups : (Self.claims + Self.everywhere).map { Self.value($0) }
        let value = generator.pick(said + said + Self.claims.map { Self.text($0) })
        if hasPath { draft.claims["app"] = #"{"\#(name)":\#(value)}"# } else { draft.claims[name] = value }
        for _ in 0..<generator.pick([0, 0, 0, 0, 1, 1, 1, 2]) { draft.spoil(using: &generator) }
        let token = draft.token(bySecret: signer == "secret")
        bearer = Array(token.utf8)
        if place == "parameter" { parameters[.jwt] = token }
        user = id("\(prefixes[signer] ?? "")\(user)")
        let isDisabled = generator.pick([true, false, false, false, false, false])
        let known = User(id: user, did: "did:web:a", name: "Ada", isDisabled: isDisabled)
        if generator.pick([true, true, true, false]) { directory.users[user] = known }
        // In rooms that are always on air more come in.
        for (id, room) in directory.rooms.sorted(by: { $0.key < $1.key }) where generator.pick([true, true, false]) {
            directory.rooms[id] = RoomEntry(
                access: room.access,
                memberships: room.memberships,
                isScheduled: false,
                streamSessions: []
            )
        }
    }

    private static let everywhere = [#"{"*":["host"]}"#, #"{"*":["viewer"],"a":["speaker"]}"#]

    private static let groups = [
        "[]", #"["crew"]"#, #"["crew","staff"]"#, #""guests""#, #"["nobody"]"#, #"["crew","staff",7]"#, "{}",
    ]

    /// A text as a value of JSON.
    private static func text(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(UTF8String(text))
        return writer.text.description
    }

    /// The value that a text is, if it is one.
    private static func value(_ text: String) -> String {
        (try? JSONValue(parsing: Array(text.utf8))) == nil ? Self.text(text) : text
    }
}

/// Tokens of every kind, of issuers by secrets and by key sets: what `explain` says is what the endpoint does.
@Suite struct `An explanation of a token` {
    private let site: TokenSite

    init() throws { site = try TokenSite() }

    /// What the endpoint may say of a token, or of who has a good one.
    private static let reasons: Set<Reason> = {
        let ofTheEndpoint: Set<Reason> = [.tokenTooLong, .tokenNotWhatWasAsked]
        let ofTokens = Reason.allCases.filter { $0.rawValue.hasPrefix("token_") && !ofTheEndpoint.contains($0) }
        return Set(ofTokens).union([
            .sessionEndsTooSoon, .userDisabled, .sessionKeyMissing, .unknownUser, .unknownRoom, .notAMember,
            .notAMemberHere, .membershipExpired, .unknownRole, .streamNotOpen, .streamEndsTooSoon, .roomsClaimMalformed,
            .keySetMissing, .keySetTooOld, .keySetPending,
        ])
    }()

    @Test func `is what the endpoint does, also of a login that it remembers`() throws {
        var generator = SeededGenerator(seed: 16)
        var (admitted, refused): (Int, [Reason: Int]) = (0, [:])
        for _ in 0..<1000 {
            let state = ExplainedState(tokenOf: site, using: &generator)
            let deployment = try ExplainedDeployment(state)
            let account = deployment.explained
            try deployment.expect(account, toBe: deployment.outcome)
            try deployment.expect(account, toBe: deployment.outcome)
            switch account.decision {
            case .success: admitted += 1
            case .failure(let refusal): refused[refusal.reason, default: 0] += 1
            }
        }
        #expect((200...800).contains(admitted), "\(admitted)")
        let missing = Self.reasons.subtracting(refused.keys)
        #expect(missing.isEmpty, "\(missing.map(\.rawValue).sorted())")
        let more = Set(refused.keys).subtracting(Self.reasons)
        #expect(more.isEmpty, "\(more.map(\.rawValue).sorted())")
    }

    /// The program itself, where no directory is needed: what it prints and its exit status.
    @Test func `is what the command prints of a bearer on standard input`() throws {
        var generator = SeededGenerator(seed: 17)
        var (admitted, refused) = (0, 0)
        while admitted < 20 || refused < 20 {
            var state = ExplainedState(tokenOf: site, using: &generator)
            guard state.yaml.contains("users: any"), !state.yaml.contains("source: directory") else { continue }
            state.directory = .init()
            let outcome = try ExplainedDeployment(state).outcome
            let isAdmitted = outcome.response.status == 200
            guard (isAdmitted ? admitted : refused) < 20 else { continue }
            if isAdmitted { admitted += 1 } else { refused += 1 }

            try site.write("config.yaml", "directory: {url: none}\n\(state.yaml)")
            let options = [("--scene", state.scene), ("--event", state.event)].flatMap { name, value in
                value.map { [name, $0.description] } ?? []
            }
            let printed = try site.program.call(
                exactly: [
                    "explain", "--config", "\(site.program.folder)/config.yaml", "-", state.room.description, "--json",
                    "--at", "\(NumericDate.sample.rfc3339)",
                ] + options,
                input: String(decoding: state.bearer ?? [], as: UTF8.self) + "\n"
            )
            let json = try JSONValue(parsing: Array(printed.output.utf8.dropLast()))
            #expect(json["admitted"] == .bool(isAdmitted), "\(state)")
            switch try #require(outcome.event?.result) {
            case .issued(let issuance):
                #expect(printed.status == 0, "\(state)")
                #expect(json["roles"] == .array(issuance.roles.map { JSONValue.string($0) }), "\(state)")
                #expect(json["expiresAt"] == .string(issuance.expiresAt.rfc3339), "\(state)")
                #expect(json["user"]?["id"] == .string(issuance.user.id.text), "\(state)")
            case .refused(let refusal, _):
                #expect(printed.status == (outcome.response.status == 503 ? 69 : 65), "\(state)")
                #expect(json["reason"] == .string(UTF8String(refusal.reason.rawValue)), "\(state)")
            }
        }
    }
}
