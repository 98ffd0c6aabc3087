import Glibc
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
