import Configuration
import Glibc
import LiveKitToken
import TestSupport
import Testing

@testable import livekit_tokend

@Suite struct `The answer of a back end` {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let answer: String
        var hasCookie = true
        /// The levels of the findings.
        let levels: [Finding.Level]
        /// What the words must hold.
        let words: [String]

        init(_ name: String, _ answer: String, cookie: Bool = true, _ levels: [Finding.Level], _ words: String...) {
            (testDescription, self.answer, hasCookie, self.levels, self.words) = (name, answer, cookie, levels, words)
        }
    }

    private static func answer(_ status: Int, _ headers: String...) -> String {
        "HTTP/1.1 \(status) X\r\n" + headers.map { "\($0)\r\n" }.joined() + "\r\n"
    }

    /// What nginx makes of each was recorded from nginx 1.22: a yes, a no that is 403, or 503.
    static let rows = [
        Row("204", answer(204, "X-Livekit-User: ada"), [.ok, .ok], "204", "ada"),
        Row("200 with a body", answer(200, "X-Auth-Request-User: ada") + "text", [.ok, .ok], "ada"),
        Row("299", answer(299, "Remote-User: ada"), [.ok, .ok], "ada"),
        Row("no user", answer(200), [.ok, .error], "LIVEKIT_USER"),
        Row("an empty user", answer(200, "X-Livekit-User:"), [.ok, .error], "login_missing"),
        Row(
            "two users, the first empty",
            answer(200, "X-Livekit-User: ", "X-Livekit-User: ada"),
            [.ok, .error],
            "login_missing"
        ),
        Row("a tab inside of a user", answer(200, "X-Livekit-User: ada\tx"), [.ok, .error], "login_malformed"),
        Row("an address as user", answer(200, "X-Livekit-User: ada@example.com"), [.ok, .warning], "mail address"),
        Row(
            "a header of the client, mirrored",
            answer(200, "Remote_User: eve", "Remote-User: ada"),
            [.ok, .ok, .warning],
            "eve",
            "underscore"
        ),
        Row("a name in UTF-8", answer(200, "X-Livekit-User: 1", "X-Livekit-Name: Zoë"), [.ok, .ok, .ok], "Zoë"),
        Row(
            "a name as server-login.conf passes it, decoded once",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Name: Zo%C3%AB%20M%2525"),
            [.ok, .ok, .ok],
            "X-Livekit-Name: Zo%C3%AB%20M%2525, shown as Zoë M%25 (LIVEKIT_NAME_PERCENT)"
        ),
        Row(
            "a name whose percent sign stands for itself",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Name: 100%"),
            [.ok, .ok, .warning],
            "dropped",
            "%25"
        ),
        Row(
            "a name that is no UTF-8 once it is decoded",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Name: Jos%E9"),
            [.ok, .ok, .warning],
            "dropped"
        ),
        Row(
            "a name that hides what turns text",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Name: a%E2%80%AEb%0A"),
            [.ok, .ok, .warning],
            "dropped"
        ),
        Row(
            "a name that a recipe passes as it is",
            answer(200, "X-Livekit-User: 1", "Remote-Name: Zo%C3%AB"),
            [.ok, .ok, .warning],
            "people see so, as LIVEKIT_NAME",
            "see Zoë"
        ),
        Row(
            "an address as user, encoded",
            answer(200, "X-Livekit-User: ada%40example.com"),
            [.ok, .warning],
            "mail address"
        ),
        Row(
            "groups",
            answer(200, "X-Livekit-User: 1", "Remote-Groups: crew, x"),
            [.ok, .ok, .ok],
            "Remote-Groups: crew, x, for memberships.source: groups"
        ),
        Row(
            "a name as an encoded word",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Name: =?utf-8?b?Wm/DqQ==?="),
            [.ok, .ok, .warning],
            "LIVEKIT_NAME_PERCENT"
        ),
        Row(
            "a name that turns text",
            answer(200, "X-Livekit-User: 1", "Remote-Name: a\u{202E}b"),
            [.ok, .ok, .warning],
            "dropped"
        ),
        Row(
            "an end to come",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Session-End: 4000000000"),
            [.ok, .ok, .ok],
            "until 2096-10-02"
        ),
        Row(
            "an end that is past",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Session-End: 1"),
            [.ok, .ok, .error],
            "session_expired"
        ),
        Row(
            "an end that is no number",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Exp: 2026-11-28 03:04:18 +0000"),
            [.ok, .ok, .error],
            "login_malformed"
        ),
        Row("rooms", answer(200, "X-Livekit-User: 1", #"X-Livekit-Rooms: {"a":["host"]}"#), [.ok, .ok, .ok], "1 room"),
        Row(
            "rooms that are no JSON",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Rooms: {a}"),
            [.ok, .ok, .error],
            "not JSON"
        ),
        Row(
            "a role that is in no list",
            answer(200, "X-Livekit-User: 1", #"X-Livekit-Rooms: {"stage-*":"host"}"#),
            [.ok, .ok, .warning],
            #"of "stage-*" must be a list of roles"#
        ),
        Row(
            "rooms that are no object",
            answer(200, "X-Livekit-User: 1", "X-Livekit-Rooms: [1]"),
            [.ok, .ok, .error],
            "no JSON object"
        ),
        Row(
            "17,000 bytes",
            answer(200, "X-Livekit-User: 1", "X: \(String(repeating: "x", count: 17_000))"),
            [.ok, .ok, .error],
            "16k"
        ),

        Row("401, without a cookie", answer(401), cookie: false, [.ok], "session_invalid"),
        Row("403, without a cookie", answer(403), cookie: false, [.ok], "session_invalid"),
        Row("401, with one", answer(401, "Location: /login"), [.warning], "session_invalid", "cookie"),
        Row("yes to everybody", answer(200, "X-Livekit-User: ada"), cookie: false, [.error], "everybody"),
        Row("yes without a user, unasked", answer(202), cookie: false, [.warning], "login_missing"),

        Row("a slash too few", answer(301, "Location: /auth/"), [.error], "503", "/auth/", "proxy_pass"),
        Row("a slash too few, absolute", answer(308, "Location: https://h/auth/"), [.error], "proxy_pass"),
        Row("https", answer(301, "Location: https://h.example/auth"), [.error], "X-Forwarded-Proto"),
        Row("a page to log in", answer(302, "Location: /login?next=/auth"), [.error], "/login?next=/auth", "401"),
        Row("somewhere", answer(307), [.error], "another page"),
        Row("400", answer(400), [.error], "503", "ALLOWED_HOSTS", "--host"),
        Row("404", answer(404), [.error], "503", "slash"), Row("405", answer(405), [.error], "GET"),
        Row("429", answer(429), [.error], "503"), Row("500", answer(500), [.error], "503", "log"),
        Row("304", answer(304), [.error], "503", "204"), Row("100", answer(100), [.error], "503"),

        Row("nothing", "", [.error], "503", "closed"), Row("another protocol", "SSH-2.0-x\r\n\r\n", [.error], "503"),
        Row("no end", "HTTP/1.1 204 X\r\nX-Livekit-User: ada\r\n", [.error], "503"),
        Row("a NUL", answer(200, "X-Livekit-User: a\0"), [.error], "503"),
        Row("a bare CR", answer(200, "X-Livekit-User: a\rb"), [.error], "503"),
        Row("a folded line", answer(200, "X-Livekit-User: a", " b: c"), [.error], "503"),
        Row("a blank before the colon", answer(200, "X-Livekit-User : a"), [.error], "503"),
        Row("no colon", answer(200, "X-Livekit-User"), [.error], "503"),
        Row("a status of letters", "HTTP/1.1 2O4 X\r\n\r\n", [.error], "503"),
        Row("HTTP/2", "HTTP/2.0 204 X\r\n\r\n", [.error], "503"),
        Row("a terminal's commands", answer(302, "Location: /\u{1B}[2J\u{202E}"), [.error], "/?[2J?"),
    ]

    private func findings(_ outcome: BackendRequest.Outcome, cookie: Bool = true) throws -> [Finding] {
        let url = try #require(BackendURL("http://127.0.0.1:8000/auth"))
        return BackendVerdict(outcome: outcome, url: url, hasCookie: cookie, now: .sample).findings
    }

    @Test(arguments: rows) func `is explained`(row: Row) throws {
        let findings = try findings(.answered(Array(row.answer.utf8), after: 1), cookie: row.hasCookie)
        #expect(findings.map(\.level) == row.levels, "\(findings)")
        let words = findings.map(\.message).joined(separator: "\n")
        for wanted in row.words { #expect(words.contains(wanted), "\(words)") }
        #expect(findings.allSatisfy { $0.message == $0.message.harmlessForTests })
    }

    /// Where the encoding is right, the advice would be wrong.
    @Test(arguments: [("100%", true), ("a%2", true), ("%1B[31mred", false), ("Jos%E9", false)])
    func `has advice on a percent sign only where one stands for itself`(name: String, isAdvised: Bool) throws {
        let answer = Self.answer(200, "X-Livekit-User: 1", "X-Livekit-Name: \(name)")
        let findings = try findings(.answered(Array(answer.utf8), after: 1))
        #expect(findings.contains { $0.message.contains("%25") } == isAdvised, "\(findings)")
    }

    /// Compared by bytes, with nothing trimmed.
    @Test(arguments: [
        ("crew,x", Finding.Level.ok, #"2 groups, "crew", "x"; memberships.rooms has "crew""#),
        ("x, crew", .warning, #"2 groups, "x", " crew": memberships.rooms has none of them"#),
        ("Crew", .warning, #"1 group, "Crew": memberships.rooms has none"#),
    ])
    func `has groups as the configuration splits them`(groups: String, level: Finding.Level, words: String) throws {
        let folder = try Folder()
        try folder.write(
            "config.yaml",
            "directory: {url: none}\npeers: []\nsessions: {source: nginx, users: any}\n"
                + "memberships: {source: groups, groups_separator: ',', rooms: {crew: {'stage-*': [host]}}}\n"
        )
        let settings = try Settings.load(from: "\(folder.path)/config.yaml")
        let answer = Self.answer(204, "X-Livekit-User: 1", "X-Livekit-Groups: \(groups)")
        let verdict = BackendVerdict(
            outcome: .answered(Array(answer.utf8), after: 1),
            url: try #require(BackendURL("http://127.0.0.1:8000/auth")),
            hasCookie: true,
            memberships: settings.memberships,
            now: .sample
        )
        let finding = try #require(verdict.findings.last)
        #expect(finding.level == level && finding.message.contains(words), "\(finding)")
    }

    @Test func `that is Latin-1 has no name`() throws {
        let bytes = Array("HTTP/1.1 204 X\r\nX-Livekit-User: 1\r\nX-Livekit-Name: Jos".utf8) + [0xE9, 13, 10, 13, 10]
        #expect(try findings(.answered(bytes, after: 1)).map(\.level) == [.ok, .ok, .warning])
    }

    @Test func `that is slow, or missing, is told so`() throws {
        let answer = Array(Self.answer(401).utf8)
        #expect(try findings(.answered(answer, after: 1_500_000_000), cookie: false).map(\.level) == [.ok, .warning])
        #expect(try findings(.silent).map(\.level) == [.error])
        #expect(try findings(.notConnected(code: ECONNREFUSED)).first?.message.contains("refused") == true)
    }

    @Test func `of random bytes is explained without a trap`() throws {
        var generator = SeededGenerator(seed: 5)
        let base = Array(Self.answer(204, "X-Livekit-User: ada", "X-Livekit-Exp: 4000000000").utf8)
        for _ in 0..<5000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            #expect(try !findings(.answered(bytes, after: 1)).isEmpty)
        }
    }
}

extension String {
    /// The text without what would command a terminal.
    fileprivate var harmlessForTests: String {
        String(
            unicodeScalars.filter { $0.value >= 0x20 && $0 != "\u{7F}" && !$0.properties.isBidiControl }.map {
                Character($0)
            }
        )
    }
}
