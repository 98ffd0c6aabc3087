import Glibc
import LiveKitToken
import TestSupport
import Testing

@testable import livekit_tokend

@Suite struct `The URL of a back end` {
    @Test(arguments: [
        ("http://127.0.0.1", 80, "/"), ("http://127.0.0.1:8000", 8000, "/"),
        ("http://127.0.0.1:8000/auth/", 8000, "/auth/"),
        ("http://127.8.9.1:1/a?b=c", 1, "/a?b=c"), ("http://127.0.0.1?b", 80, "/?b"),
        ("http://localhost:65535/x", 65_535, "/x"), ("http://[::1]:8000/x", 8000, "/x"), ("http://[::1]/x", 80, "/x"),
    ])
    func `is of this machine`(text: String, port: UInt16, target: String) throws {
        let url = try #require(BackendURL(text))
        #expect((url.port, url.target) == (port, target))
        #expect((url.address == .v6) == text.contains("[::1]"))
    }

    /// Of another machine, of another scheme, or with what could end the line of the request.
    @Test(arguments: [
        "", "127.0.0.1:8000", "https://127.0.0.1/", "HTTP://127.0.0.1/", "http://", "http:///x", "http://10.0.0.1/",
        "http://128.0.0.1/", "http://127.1/", "http://0.0.0.0/", "http://example.com/", "http://127.0.0.1.example.com/",
        "http://localhost.example.com/", "http://user@127.0.0.1/", "http://127.0.0.1@example.com/", "http://[::2]/",
        "http://[::1/", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1:/", "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/", "http://127.0.0.1:+80/", "http://127.0.0.1:80 80/", "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nCookie: x", "http://127.0.0.1/\n", "http://127.0.0.1/\u{7F}", "http://127.0.0.1/ä",
        "http://127.0.0.1/#x", "http://127.0.0.1\0/",
    ])
    func `is refused otherwise`(text: String) {
        #expect(BackendURL(text) == nil)
    }
}

@Suite struct `A request to a back end` {
    @Test func `is what nginx sends`() throws {
        let url = try #require(BackendURL("http://127.0.0.1:8000/auth/?x"))
        let request = BackendRequest(url: url, host: "meet.example.com", cookie: Array("sessionid=abc".utf8))
        let lines = String(decoding: request.message, as: UTF8.self)
        #expect(lines.hasPrefix("GET /auth/?x HTTP/1.0\r\nHost: meet.example.com\r\n"))
        #expect(lines.hasSuffix("\r\nCookie: sessionid=abc\r\n\r\n"))
        #expect(lines.contains("\r\nX-Forwarded-Proto: https\r\n"))
        #expect(!lines.contains("Authorization"))
    }

    @Test func `without a cookie has no such header`() throws {
        let url = try #require(BackendURL("http://127.0.0.1:8000/"))
        let request = BackendRequest(url: url, host: "localhost", cookie: nil)
        #expect(!String(decoding: request.message, as: UTF8.self).contains("Cookie"))
    }

    @Test func `to a port where no process listens is not connected`() throws {
        // The port of a socket that was bound and not listened on.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe bind(descriptor, name, length) == 0 && getsockname(descriptor, name, &length) == 0
            }
        }
        try #require(isBound)
        let url = try #require(BackendURL("http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))/"))
        #expect(BackendRequest(url: url, host: "localhost", cookie: nil).send() == .notConnected(code: ECONNREFUSED))
    }
}

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
