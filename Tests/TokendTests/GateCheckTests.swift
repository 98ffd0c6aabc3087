import Daemon
import Foundation
import Testing

@testable import livekit_tokend

/// An answer of HTTP as curl includes it.
private func answer(
    _ status: Int,
    _ body: String,
    _ headers: [String: String] = ["Vary": "Origin"]
) throws -> Probe.Answer {
    let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    return try #require(Probe.Answer(Array("HTTP/1.1 \(status) X\r\n\(lines)\r\n\(body)".utf8)))
}

@Suite struct `An answer of LiveKit's` {
    /// As a livekit-server 1.13.5 has given them.
    @Test(
        arguments: [
            (200, "OK"), (404, "404 page not found\n"), (401, "no permissions to access the room"),
            (401, "invalid API key: APIother"), (401, "invalid API key"), (401, "invalid authorization token"),
            (401, "invalid authorization header. Must start with Bearer "), (401, "permissions denied"),
            (401, "invalid token: eyJ…, error: token has invalid claims: token is expired"),
            (401, #"{"code":"unauthenticated","msg":"permissions denied"}"#),
            (404, #"{"code":"bad_route","msg":"no handler for path","meta":{"twirp_invalid_route":"GET /twirp/x"}}"#),
        ] as [(Int, String)]
    )
    func `is known by its text`(status: Int, text: String) throws {
        #expect(try answer(status, text).isLiveKits(beside: nil))
    }

    @Test(
        arguments: [
            (401, "This token does not let you in; ask for a new one."), (404, "<html><title>404 Not Found</title>"),
            (404, ""), (200, "<!DOCTYPE html>"), (204, ""), (403, "You may not enter this room now."),
            (503, "The gate cannot answer now; try again."),
            (404, #"{"type": "about:blank", "status": 404, "code": "not_found"}"#), (200, "OK, and more"),
        ] as [(Int, String)]
    )
    func `is not the gate's, nor a page of the site's`(status: Int, text: String) throws {
        #expect(try !answer(status, text).isLiveKits(beside: nil))
    }

    /// Any program in Go says so of a path that it does not have.
    @Test func `of a common text varies with the origin`() throws {
        #expect(try !answer(404, "404 page not found\n", [:]).isLiveKits(beside: nil))
        #expect(try !answer(200, "OK", ["Vary": "Accept-Encoding"]).isLiveKits(beside: nil))
        #expect(try answer(200, "OK", ["vary": "accept-encoding, origin"]).isLiveKits(beside: nil))
    }

    @Test func `is not the gate's refusal`() throws {
        #expect(try !answer(401, Probe.Answer.refusal).isLiveKits(beside: answer(401, "invalid API key")))
    }

    @Test func `of a version to come is known by what LiveKit itself answers`() throws {
        let own = try answer(401, "who are you?")
        #expect(try answer(401, "who are you?").isLiveKits(beside: own))
        #expect(try !answer(403, "who are you?").isLiveKits(beside: own))
        #expect(try !answer(401, "who am I?").isLiveKits(beside: own))
        #expect(try !answer(404, "", [:]).isLiveKits(beside: try answer(404, "", [:])), "any server has such answers")
    }

    @Test(
        arguments: [
            ("Sat, 28 Nov 2026 01:57:57 GMT", 1_795_831_077), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sat, 28 Nov 2026 01:57:57 CET", nil), ("Sat, 31 Feb 2026 01:57:57 GMT", nil), ("yesterday", nil),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func `has the time of its clock`(text: String, seconds: Int64?) throws {
        #expect(try answer(200, "OK", ["Date": text]).date == seconds)
    }
}

@Suite struct `A probe` {
    private var probe: Probe {
        Probe(address: "::1", port: 8443, isEncrypted: true, isBehindProxy: true, name: "meet.example.com")
    }

    @Test func `connects where it is told, whatever the name`() {
        let words = probe.asking("/twirp/livekit.RoomService/ListRooms").arguments
        #expect(words.first == "--disable", "no .curlrc of the user counts")
        #expect(words.contains("::[::1]:8443"))
        #expect(words.last == "https://meet.example.com:8443/twirp/livekit.RoomService/ListRooms")
        #expect(words.contains("--haproxy-protocol") && words.contains("--data"))
        #expect(!words.contains { $0.contains("Authorization") })
    }

    /// nginx logs the URI of each request.
    @Test func `has its made-up token in a header`() {
        let words = probe.asking(validateBelow: "/livekit/sfu").arguments
        #expect(words.last == "https://meet.example.com:8443/livekit/sfu/rtc/validate")
        #expect(words.contains("Authorization: Bearer \(Probe.madeUpToken)"))
        #expect(Probe.madeUpToken.wholeMatch(of: /eyJ[\w-]+\.eyJ[\w-]+\.A{43}/) != nil)
    }

    @Test func `means what curl's status says`() {
        let good = Array("HTTP/1.1 200 OK\r\nVary: Origin\r\n\r\nOK".utf8)
        #expect(Probe.outcome(.init(.exited(status: 0), output: good)) == .answered(Probe.Answer(good)!))
        #expect(Probe.outcome(.init(.exited(status: 0), output: Array("SSH-2.0".utf8))) == .other)
        #expect(Probe.outcome(.init(.exited(status: 7))) == .notConnected)
        #expect(Probe.outcome(.init(.exited(status: 28))) == .silent)
        #expect(Probe.outcome(.init(.exited(status: 35))) == .other)
        #expect(Probe.outcome(.init(.killed(signal: 9))) == .other)
    }
}

@Suite struct `The address of LiveKit` {
    @Test(
        arguments: [
            ("127.0.0.1:7880", "127.0.0.1", 7880, true), ("127.8.9.1:1", "127.8.9.1", 1, true),
            ("localhost:7880", "127.0.0.1", 7880, true), ("[::1]:7880", "::1", 7880, true),
            ("10.0.0.5:7880", "10.0.0.5", 7880, false), ("[2001:db8::5]:7880", "2001:db8::5", 7880, false),
            ("livekit.internal:7880", "livekit.internal", 7880, false),
            ("livekit.internal", "livekit.internal", 80, false),
            ("127.0.0.1.example.com:80", "127.0.0.1.example.com", 80, false),
        ] as [(String, String, UInt16, Bool)]
    )
    func `is read as nginx has it`(text: String, host: String, port: UInt16, isLoopback: Bool) throws {
        let address = try #require(LiveKitAddress(text))
        #expect((address.host, address.port, address.isLoopback) == (host, port, isLoopback))
    }

    @Test(arguments: ["", "unix:/run/livekit.sock", "127.0.0.1:x", "127.0.0.1:70000", ":7880"])
    func `is no other text`(text: String) { #expect(LiveKitAddress(text) == nil) }

    @Test(
        arguments: [
            ("http://livekit_server/rtc?$q", true), ("http://livekit_server", true), ("http://127.0.0.1:7880", true),
            ("http://localhost:7880/", true), ("http://[::1]:7880", true), ("http://old_name/", true),
            ("http://127.0.0.1:7881", false), ("http://127.0.0.1", false), ("http://app", false),
            ("http://unix:/run/x.sock", false), ("$backend", false), ("https://example.com/7880", false),
        ]
    )
    func `is where a location leads`(pass: String, leads: Bool) {
        let servers = ["livekit_server": "127.0.0.1:7880", "old_name": "localhost:7880", "app": "127.0.0.1:8000"]
        let upstreams = servers.mapValues { [NginxConfiguration.Target(server: $0, place: "x:1")] }
        #expect(LiveKitAddress.usual.isTarget(of: pass, upstreams: upstreams) == leads)
    }

    @Test(arguments: [
        ("10.0.0.5", true), ("2001:db8::5", true), ("127.0.0.1", false), ("::1", false),
        ("fe80::1", false), ("169.254.1.1", false),
    ])
    func `must be loopback, and no other of the machine's`(text: String, counts: Bool) {
        #expect(OwnAddresses.isUsable(text) == counts)
        #expect(!OwnAddresses.others.contains { $0.hasPrefix("127.") || $0 == "::1" })
    }
}

@Suite struct `A server of nginx's` {
    @Test(
        arguments: [
            ("443 ssl", nil, 443, true), ("[::]:443 ssl http2", nil, 443, true), ("*:8080", nil, 8080, false),
            ("203.0.113.5", "203.0.113.5", 80, false), ("127.0.0.1:8443 ssl", "127.0.0.1", 8443, true),
            ("[2001:db8::5]:443 ssl", "2001:db8::5", 443, true), ("localhost:81", "127.0.0.1", 81, false),
            ("[::1]", "::1", 80, false),
        ] as [(String, String?, UInt16, Bool)]
    )
    func `listens`(text: String, address: String?, port: UInt16, isEncrypted: Bool) throws {
        let listener = try #require(NginxServer.Listener(text.split(separator: " ").map(String.init)[...]))
        #expect((listener.address, listener.port, listener.isEncrypted) == (address, port, isEncrypted))
    }

    @Test(arguments: ["unix:/run/x.sock", "443 quic reuseport", "443:x", ""])
    func `listens at no other TCP port`(text: String) {
        #expect(NginxServer.Listener(text.split(separator: " ").map(String.init)[...]) == nil)
    }

    @Test func `is what its block and the files in it say`() throws {
        let folder = try Folder()
        try folder.write(
            "nginx.conf",
            "stream { server { listen 9000; proxy_pass 127.0.0.1:7880; } }\nhttp {\n  access_log /var/log/nginx/a.log;\n"
                + "  error_log off;\n  server { listen 80; return 301 https://x; }\n  include sites/*;\n}\n"
        )
        try folder.write(
            "sites/meet",
            "server {\n  listen [::]:443 ssl;\n  listen 443 ssl;\n  server_name _ .example.com ~^x meet.example.com;\n"
                + "  include \(folder.path)/gate.conf;\n  location /old/ { proxy_pass http://127.0.0.1:7880/; }\n"
                + "  access_log /var/log/nginx/a.log main;\n}\n"
        )
        try folder.write(
            "gate.conf",
            "location = /livekit/gate {\n  fastcgi_param LIVEKIT_GATE $livekit_gate if_not_empty;\n}\n"
        )
        let configuration = NginxConfiguration("\(folder.path)/nginx.conf")
        #expect(configuration.servers.count == 2 && configuration.servers.first?.gate == nil)
        let server = try #require(configuration.servers.last)
        #expect(server.gate == "\(folder.path)/gate.conf:2")
        #expect(server.passes.map(\.path) == ["/old/"])
        #expect(server.door?.reachable == "::1" && server.door?.port == 443)
        #expect(server.name(preferring: nil) == "meet.example.com")
        #expect(server.name(preferring: "_") == "_")
        #expect(configuration.logs.map(\.server) == ["/var/log/nginx/a.log"])
    }
}

@Suite struct `LiveKit's clock` {
    @Test(
        arguments: [
            (0, nil), (4, nil), (-4, nil), (5, .warning), (-5, .warning), (49, .warning), (50, .error), (-50, .error),
        ]
            as [(Int64, Finding.Level?)]
    )
    func `may be a few seconds from ours`(seconds: Int64, level: Finding.Level?) {
        #expect(Check.verdict(onClockBehind: seconds)?.level == level)
    }
}

@Suite struct `A log of nginx's` {
    @Test func `holds a token where a query has one`() {
        let line = #"192.0.2.1 "GET /rtc?access_token=eyJhbGciOiJIUzI1NiJ9.e30.x HTTP/1.1""#
        #expect(Check.holdsToken(Array(line.utf8)))
        #expect(Check.holdsToken(Array("access_token=eyJ".utf8)))
        for text in ["", "access_token=", "access_token=ey", "GET /rtc?access_token=- HTTP/1.1"] {
            #expect(!Check.holdsToken(Array(text.utf8)), "\(text)")
        }
    }

    @Test func `is read from its end`() throws {
        let folder = try Folder()
        try folder.write("a.log", String(repeating: "x", count: 1000) + "end")
        let file = try ReadableFile(opening: folder.path + "/a.log")
        #expect(file.lastBytes(atMost: 5) == Array("xxend".utf8))
        #expect(file.lastBytes(atMost: 5000).count == 1003)
        #expect(file.lastBytes(atMost: 0) == [])
    }
}
