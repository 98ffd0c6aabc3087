import Foundation
import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@testable import livekit_tokend

@Suite struct `A decoded token` {
    /// The words for claims, by label; a label that stands before several lines has them all.
    private func words(_ claims: String) throws -> [String: [String]] {
        let compact = JSONWebSignature.compact(signing: Array(claims.utf8), with: try .sample())
        let lines = try DecodedToken(String(decoding: compact, as: UTF8.self)).words(at: .sample)
        var words: [String: [String]] = [:]
        var label = ""
        for line in lines {
            if !line.label.isEmpty { label = line.label }
            words[label, default: []].append(line.words)
        }
        return words
    }

    /// The words for a video grant in a token that is otherwise good.
    private func words(video: String) throws -> [String: [String]] {
        try words(#"{"iss":"k","sub":"u","exp":1795473690,"video":\#(video)}"#)
    }

    @Test func `of this service has nothing to beware of`() throws {
        let seen = try words(
            #"{"iss":"APIgolden","sub":"user-1","jti":"t","iat":1795473630,"nbf":1795473630,"exp":1795473930,"#
                + #""name":"Ada","metadata":"{}","attributes":{"seat":"12"},"video":{"room":"stage-1","roomJoin":true,"#
                + #""canPublish":true,"canSubscribe":true,"canPublishData":true,"canUpdateOwnMetadata":false,"#
                + #""canPublishSources":["microphone"]},"roomConfig":{"agents":[{"agentName":"narrator"}]}}"#
        )
        #expect(
            seen == [
                "room": ["stage-1"], "participant": ["user-1 (Ada)"],
                "may": ["join, publish (only microphone), subscribe, send data"], "metadata": ["{}"],
                "attributes": ["seat=12"], "agents": ["narrator"], "key": ["APIgolden"], "token id": ["t"],
                "valid from": ["2026-11-23T22:40:30Z"], "expires": ["2026-11-23T22:45:30Z, in 5m 0s"],
            ]
        )
    }

    @Test(
        arguments: [
            (#"{"agentName":"narrator","deployment":"staging"}"#, "narrator (deployment staging)"),
            (#"{"agent_name":"narrator","metadata":"{\"a\":1}"}"#, #"narrator (metadata {"a":1})"#),
            (
                #"{"deployment":"staging","metadata":"x"},{"agentName":"narrator"}"#,
                "the unnamed one (deployment staging, metadata x), narrator"
            ),
            (#"{"agentName":"narrator","metadata":"","deployment":null}"#, "narrator"), ("{}", "the unnamed one"),
            (
                #"{"agentName":"narrator","deployment":7,"attributes":{"key":"S3CRET"},"restartPolicy":0}"#,
                "narrator (deployment of a type that LiveKit does not take, attributes)"
            ),
            (#""narrator""#, "the unnamed one"),
        ]
    )
    func `shows its agents with all that is set of them`(_ agents: String, _ words: String) throws {
        #expect(try self.words(#"{"roomConfig":{"agents":[\#(agents)]}}"#)["agents"] == [words])
    }

    // MARK: Grants

    static let dangerous = [
        "roomCreate", "roomList", "roomRecord", "ingressAdmin", "roomAdmin", "hidden", "recorder", "agent",
        "canManageAgentSession", "canUpdateOwnMetadata",
    ]

    @Test(arguments: dangerous) func `shows each dangerous grant by its name`(_ grant: String) throws {
        for rest in ["", #","room":"r","roomJoin":true"#] {
            let seen = try words(video: "{\"\(grant)\":true\(rest)}")
            #expect(seen["beware"]?.count == 1 && seen["beware"]?[0].hasSuffix("(\(grant))") == true)
            #expect(seen["unknown"] == nil)
        }
        for value in ["false", "null"] { #expect(try words(video: "{\"\(grant)\":\(value)}")["beware"] == nil) }
        #expect(try words(video: "{\"\(grant)\":1}")["unknown"] != nil)
    }

    @Test func `shows them first, the widest before the others`() throws {
        let all = "{" + Self.dangerous.reversed().map { "\"\($0)\":true" }.joined(separator: ",") + "}"
        let compact = JSONWebSignature.compact(signing: Array(#"{"video":\#(all)}"#.utf8), with: try .sample())
        let lines = try DecodedToken(String(decoding: compact, as: UTF8.self)).words(at: .sample)
        #expect(lines[0].label == "beware")
        #expect(
            lines.prefix(Self.dangerous.count).map { line in String(line.words.split(separator: "(")[1].dropLast()) }
                == Self.dangerous
        )
    }

    @Test(
        arguments: [
            (#""video":{"destinationRoom":"r2"}"#, "r2"), (#""sip":{"admin":true}"#, "sip"),
            (#""sip":{"call":true}"#, "call"), (#""agent":{"databaseAdmin":true}"#, "databaseAdmin"),
            (#""inference":{"perform":true}"#, "inference"), (#""observability":{"write":true}"#, "write"),
            (#""agentEndpoint":{"invoke":true}"#, "agentEndpoint"), (#""agentThread":{"x":["y"]}"#, "agentThread"),
            (#""kind":"egress""#, "egress"), (#""roomConfig":{"egress":{"room":{}}}"#, "egress"),
            (#""roomPreset":"big""#, "big"),
        ]
    )
    func `shows what reaches beyond its room`(_ claim: String, _ word: String) throws {
        let seen = try words("{\(claim)}")
        #expect(seen["beware"]?.count == 1 && seen["beware"]?[0].contains(word) == true, "\(seen)")
        #expect(seen["unknown"] == nil)
    }

    @Test func `shows what nobody knows by its name, and no value of it`() throws {
        let seen = try words(
            #"{"video":{"canFly":true,"canPublish":"yes","canPublishSources":"camera"},"moderation":{"key":"S3CRET"}}"#
        )
        #expect(seen["unknown"]?.count == 4)
        let all = try #require(seen["unknown"]?.joined(separator: "|"))
        for name in ["video.canFly", "video.canPublish, a value", "video.canPublishSources, a value", "moderation"] {
            #expect(all.contains(name))
        }
        #expect(!all.contains("S3CRET"))
    }

    @Test(
        arguments: [
            (#"{}"#, "not join"), (#"{"room":"r"}"#, "not join"), (#"{"room":"r","roomJoin":false}"#, "not join"),
            (#"{"roomJoin":true}"#, "not join, as no room is named"),
            (#"{"room":"","roomJoin":true}"#, "not join, as no room is named"),
            (#"{"room":"r","roomJoin":true}"#, "join, publish, subscribe, send data"),
            (#"{"room":"r","roomJoin":true,"canPublish":null}"#, "join, publish, subscribe, send data"),
            (#"{"room":"r","roomJoin":true,"canPublish":false}"#, "join, subscribe"),
            (#"{"room":"r","roomJoin":true,"canPublish":false,"canPublishData":true}"#, "join, subscribe, send data"),
            (#"{"room":"r","roomJoin":true,"canPublishData":false}"#, "join, publish, subscribe"),
            (#"{"room":"r","roomJoin":true,"canSubscribe":false}"#, "join, publish, send data"),
            (
                #"{"room":"r","roomJoin":true,"canPublishSources":["camera"],"canSubscribeMetrics":true}"#,
                "join, publish (only camera), subscribe, send data, subscribe to metrics"
            ),
        ]
    )
    func `shows permissions as LiveKit takes them`(_ video: String, _ may: String) throws {
        #expect(try words(video: video)["may"] == [may])
    }

    // MARK: Times

    @Test(
        arguments: [
            (#","exp":1795473690"#, "2026-11-23T22:41:30Z, in 1m 0s"),
            (#","exp":1795473690.9"#, "2026-11-23T22:41:30Z, in 1m 0s"),
            (#","exp":1.8e9"#, "2027-01-15T08:00:00Z, in 52d 9h"),
            (#","exp":1795473630"#, "2026-11-23T22:40:30Z, 0s ago; LiveKit takes it up to 60 s late"),
            (#","exp":1795473570"#, "2026-11-23T22:39:30Z, 1m 0s ago"),
            (#","exp":0"#, "1970-01-01T00:00:00Z, 20780d 22h ago"),
            (#","exp":-9223372036854775808"#, "second -9223372036854775808 of Unix, 106751991167300d 15h ago"),
            (#","exp":9223372036854775807"#, "second 9223372036854775807 of Unix, in 106751991146519d 16h"),
            (#","exp":1e300"#, "second 9223372036854775807 of Unix, in 106751991146519d 16h"),
            (#","exp":-1e300"#, "second -9223372036854775808 of Unix, 106751991167300d 15h ago"),
            (#","exp":"soon""#, "not a number, so LiveKit refuses the token"),
            ("", "never: there is no exp, and only newer servers of LiveKit refuse that"),
        ]
    )
    func `expires at any number`(_ claim: String, _ expires: String) throws {
        let seen = try words(#"{"sub":"u"\#(claim)}"#)
        #expect(seen["expires"] == [expires])
    }

    @Test(arguments: [Int64.min, -1, 0, 1_795_473_631, .max]) func `begins at any number`(_ seconds: Int64) throws {
        let start = try #require(try words("{\"nbf\":\(seconds)}")["valid from"]?[0])
        #expect(start.hasSuffix("which is not yet") == (seconds > NumericDate.sample.seconds))
    }

    // MARK: Terminals

    @Test func `brings no character to a terminal that commands it or turns its text`() throws {
        let evil = #"\u001b[31m\u202e\u2066\u0085\u2028x"#
        let claims =
            #"{"iss":"\#(evil)","sub":"\#(evil)","name":"\#(evil)","jti":"\#(evil)","kind":"\#(evil)","#
            + #""metadata":"\#(evil)","attributes":{"\#(evil)":"\#(evil)"},"\#(evil)":1,"#
            + #""video":{"room":"\#(evil)","destinationRoom":"\#(evil)","\#(evil)":true,"roomJoin":true,"#
            + #""canPublishSources":["\#(evil)"]},"sip":{"\#(evil)":true},"roomPreset":"\#(evil)","#
            + #""roomConfig":{"agents":[{"agentName":"\#(evil)","deployment":"\#(evil)","metadata":"\#(evil)","#
            + #""\#(evil)":1}],"\#(evil)":1}}"#
        let compact = JSONWebSignature.compact(signing: Array(claims.utf8), with: try .sample())
        let token = try DecodedToken(String(decoding: compact, as: UTF8.self))
        let shown = token.words(at: .sample).map(\.words) + [token.claims]
        for text in shown {
            #expect(
                !text.unicodeScalars.contains {
                    $0.properties.isBidiControl || $0.properties.generalCategory == .control
                },
                "\(text.debugDescription)"
            )
        }
        #expect(try JSONValue(parsing: Array(token.claims.utf8)) == JSONValue(parsing: Array(claims.utf8)))
    }
}

@Suite struct `token decode` {
    private static let secret = "golden-secret-of-the-tests-0123456789"
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        try write("livekit: {key_file: keys.yaml}\npeers: []\n", to: "config.yaml")
        try write("API1: \(Self.secret)1\nAPI2: \(Self.secret)2\n", to: "keys.yaml")
    }

    private func write(_ text: String, to name: String) throws {
        let path = "\(run.folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private func token(issuer: String, secret: String) throws -> String {
        let key = try APIKey.sample(secret: secret)
        let claims = #"{"iss":"\#(issuer)","sub":"u","exp":1795473690}"#
        return String(decoding: JSONWebSignature.compact(signing: Array(claims.utf8), with: key), as: UTF8.self)
    }

    @Test(
        arguments: [
            ("API1", "1", 0, "right, by the key API1"), ("API2", "2", 0, "right, by the key API2"),
            ("API1", "2", 65, "WRONG"), ("EVIL", "1", 65, "NOT OURS"), ("", "1", 65, "NOT OURS"),
        ] as [(String, String, Int32, String)]
    )
    func `ends with 65 unless one of our keys signed`(
        _ issuer: String,
        _ secret: String,
        _ status: Int32,
        _ words: String
    ) throws {
        let outcome = try run("token", "decode", "-", input: token(issuer: issuer, secret: Self.secret + secret))
        #expect(outcome.status == status)
        #expect(outcome.output.contains("\nsignature     \(words)"), "\(outcome.output)")
        #expect((outcome.errors == "") == (status == 0))
    }

    @Test func `ends with 0 where the keys cannot be read, and says so`() throws {
        try FileManager.default.removeItem(atPath: "\(run.folder)/keys.yaml")
        let outcome = try run("token", "decode", "-", input: token(issuer: "API1", secret: Self.secret + "1"))
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("\nsignature     not checked: "))
    }

    @Test(
        arguments: [
            ("", "one token"), ("a.b", "one token"), ("eyJhbGciOiJub25lIn0.e30.", "HS256"),
            ("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "HS256"), ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.W10.AAAA", "no claims"),
        ]
    )
    func `refuses what is no token of LiveKit's, and says why`(_ input: String, _ words: String) throws {
        let outcome = try run("token", "decode", "-", input: input)
        #expect(outcome.status == 65 && outcome.output == "")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
