import JoinGate
import LiveKitReaders
import TestSupport
import Testing

@Suite struct `The query of a request for LiveKit` {
    private typealias Reading = Result<SignallingQuery, SignallingQueryFault>

    private func read(_ target: String) -> Reading { read(Array(target.utf8)) }

    private func read(_ target: [UInt8]) -> Reading {
        Result { () throws(SignallingQueryFault) in try SignallingQuery(ofTarget: target) }
    }

    private func rewritten(_ target: String) throws -> String {
        String(decoding: try read(target).get().rewritten, as: UTF8.self)
    }

    private func token(_ target: String) throws -> String? {
        try read(target).get().token.map { String(decoding: $0, as: UTF8.self) }
    }

    private func fault(_ target: String) -> SignallingQueryFault? {
        if case .failure(let fault) = read(target) { fault } else { nil }
    }

    // MARK: What clients send

    @Test(
        arguments: [
            (
                "/rtc?access_token=G&auto_subscribe=1&protocol=17&sdk=go&version=2.19.0", "G",
                "auto_subscribe=1&protocol=17&sdk=go&version=2.19.0"
            ),
            (
                "/rtc/v1?access_token=eyJ.e-_.A&join_request=CAES-_8%3D&auto_subscribe=1", "eyJ.e-_.A",
                "join_request=CAES-_8%3D&auto_subscribe=1"
            ),
            (
                "/rtc?reconnect=1&sid=PA_x&access_token=G&device_model=Zo%C3%AB+X%20Y", "G",
                "reconnect=1&sid=PA_x&device_model=Zo%C3%AB+X%20Y"
            ),
            ("/rtc?protocol=16", nil, "protocol=16"), ("/rtc?access_token=G", "G", ""), ("/rtc?", nil, ""),
            ("/rtc", nil, ""),
            ("", nil, ""), ("*", nil, ""), ("http://other.example/rtc?access_token=G&a=1", "G", "a=1"),
            ("http://other.example?access_token=G", "G", ""),
        ] as [(String, String?, String)]
    )
    func `keeps all but the token, in its order and spelling`(_ target: String, _ token: String?, _ rest: String) throws
    {
        #expect(try self.token(target) == token)
        #expect(try rewritten(target) == rest)
    }

    @Test(arguments: [
        "/rtc?a=1?b=2", "/rtc?a==b=", "/rtc?=x", "/rtc?a", "/rtc?a=%26%3D%23%3F%25", "/rtc?a=\"<>\\^`{|}'()*!~/:@[]$,",
        "/rtc?a=%e2%84%aa&b=%FF",
    ])
    func `keeps what has another meaning elsewhere`(_ target: String) throws {
        #expect(try rewritten(target) == String(target.dropFirst("/rtc?".count)))
    }

    @Test func `loses empty parameters`() throws {
        #expect(try rewritten("/rtc?&&a=1&&&b=2&") == "a=1&b=2")
    }

    /// No request target has a fragment (RFC 9112 §3.2); the web server cuts one off.
    @Test func `ends where a fragment begins`() throws {
        #expect(try rewritten("/rtc?a=1#&b=2") == "a=1")
        #expect(try rewritten("/rtc#?a=1") == "")
        #expect(try token("/rtc?a=1#&access_token=B") == nil)
        #expect(try token("/rtc?access_token=G#&access_token=B") == "G")
        #expect(try token("/rtc#") == nil)
        #expect(fault("/rtc?publish=x#") == .publish)
    }

    // MARK: The token

    @Test(arguments: [
        "access_token=B&access_token=G", "access_token=G&access_token=B", "%61ccess_token=B&access_token=G",
        "access_token=G&%61ccess_token=B", "%61ccess_token=B", "access%5ftoken=B", "access%5Ftoken=",
        "access_token=&access_token=G", "access_token&access_token=G", "access_token=G&a=1&access_toke%6E=",
        "access_token=G&access_token",
    ])
    func `has one token at most, under its plain name`(_ query: String) {
        #expect(fault("/rtc?\(query)") == .tokenTwice)
    }

    @Test(arguments: ["%65yJ.e.A", "eyJ%2Ee.A", "G%20", "%47", "G+", "+", "eyJ.e+.A"])
    func `has no escape in its token`(_ value: String) {
        #expect(fault("/rtc?access_token=\(value)") == .tokenEscaped)
    }

    @Test func `has a token with whatever follows the first equals sign`() throws {
        #expect(try token("/rtc?access_token=G=") == "G=")
        #expect(try token("/rtc?access_token=a=b&x=1") == "a=b")
    }

    @Test(arguments: ["access_token=", "access_token", "a=1&access_token=&b=2"])
    func `has no token where it is empty`(_ query: String) throws {
        #expect(try token("/rtc?\(query)") == nil)
        #expect(try !rewritten("/rtc?\(query)").contains("token"))
    }

    /// Other names to LiveKit, which is handed the token that was judged.
    @Test(arguments: [
        ("ACCESS_TOKEN=B&access_token=G", ""), ("Access%5FToken=B&access_token=G", ""),
        ("access_token[]=B&access_token=G", "access_token[]=B"), ("+access_token=B&access_token=G", "+access_token=B"),
        ("access_token+=B&access_token=G", "access_token+=B"),
        ("%20access_token=B&access_token=G", "%20access_token=B"),
        ("access-token=B&access_token=G", "access-token=B"),
        ("acce%C5%BFs_token=B&access_token=G", "acce%C5%BFs_token=B"),
        ("x=access_token=B&access_token=G", "x=access_token=B"),
        ("%2561ccess_token=B&access_token=G", "%2561ccess_token=B"),
    ])
    func `has a token under no other name`(_ query: String, _ rest: String) throws {
        #expect(try token("/rtc?\(query)") == "G")
        #expect(try rewritten("/rtc?\(query)") == rest)
    }

    // MARK: Who, and where

    @Test(arguments: [
        "publish=x", "%70ublish=x", "publish=", "publish", "publis%68", "p%75blish=a",
        "join_request=CAES&publish=x", "publish=x&join_request=CAES", "a=1&publish", "Publish=y&publish=x",
    ])
    func `names no second identity`(_ query: String) {
        #expect(fault("/rtc?access_token=G&\(query)") == .publish)
        #expect(fault("/rtc?\(query)") == .publish)
    }

    @Test(arguments: [
        "room=other", "room", "room=", "%72oom=other", "ROOM=other", "Room=a&rOOM=b", "Publish=x", "PUBLISH",
        "%50ublish=x",
        "Access_Token=B", "JOIN_REQUEST=CAES", "Join_Request=CAES&JOIN_request=CAES", "%4Aoin_request=x",
    ])
    func `passes no room on, and no name that is another in case alone`(_ query: String) throws {
        #expect(try rewritten("/rtc?a=1&\(query)&access_token=G&b=2") == "a=1&b=2")
    }

    @Test(arguments: [
        "join_request=CAES&join_request=CAES", "join_request=A&%6Aoin_request=B", "join_request&join_request=",
        "a=1&join_reques%74=A&b=2&join_request=",
    ])
    func `has one join request at most`(_ query: String) {
        #expect(fault("/rtc/v1?access_token=G&\(query)") == .joinRequestTwice)
    }

    @Test func `has a join request in any spelling`() throws {
        #expect(try rewritten("/rtc/v1?%6Aoin_request=CAES&access_token=G") == "%6Aoin_request=CAES")
    }

    // MARK: What is no query

    @Test(arguments: [
        ";access_token=B", "access_token=G;access_token=B", "a=1;b=2", ";", "a;", "access_token=G&a=;", "publish;=x",
        "a=%", "a=%4", "a=%4g", "a=%g4", "%", "%=1", "%zz=1", "access_token=%", "a=%%41", "a=%u0041", "a=% 41", "a=%+1",
        "a=%00", "a=%0d%0aX:1", "a=%0A", "%0d=1", "access_token%00=B", "publish%00=x", "a=%1f", "a=%7F", "a%7f=1",
    ])
    func `has no semicolon, no torn escape and no control character`(_ query: String) {
        #expect(fault("/rtc?\(query)") == .malformed)
        #expect(fault("/rtc?access_token=G&\(query)") == .malformed)
    }

    @Test func `is of visible ASCII`() {
        for byte in UInt8.min...UInt8.max {
            let isGood = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ";") && byte != UInt8(ascii: "%")
            switch read(Array("/rtc?a=".utf8) + [byte] + Array("x&b=1".utf8)) {
            case .success: #expect(isGood, "\(byte)")
            case .failure(let fault): #expect(!isGood && fault == .malformed, "\(byte)")
            }
        }
    }

    /// The path is for the web server, which has found the endpoint by it.
    @Test(arguments: ["//rtc", "/%72tc", "/x/%2e%2e/rtc", "/rtc;x", "/rtc%00", "/rtc%2fv1", "/é rtc", "/rtc%"])
    func `begins after the path, whatever that is`(_ path: String) throws {
        #expect(try token("\(path)?access_token=G") == "G")
    }
}

/// The other side: what LiveKit reads of what it is handed.
@Suite struct `LiveKit's reading of a query` {
    /// The examples of Go's own tests of `url.ParseQuery`.
    @Test(
        arguments: [
            ("a=1", [("a", "1")], false), ("a=1&b=2", [("a", "1"), ("b", "2")], false),
            ("a=1&a=2&a=banana", [("a", "1"), ("a", "2"), ("a", "banana")], false),
            ("ascii=%3Ckey%3A+0x90%3E", [("ascii", "<key: 0x90>")], false), ("a=1;b=2", [], true), ("a;b=1", [], true),
            ("a=%3B", [("a", ";")], false), ("a%3Bb=1", [("a;b", "1")], false),
            ("a=1&a=2;a=banana", [("a", "1")], true),
            ("a;b&c=1", [("c", "1")], true), ("a=1&b=2;a=3&c=4", [("a", "1"), ("c", "4")], true),
            ("a=1&b=2;c=3", [("a", "1")], true),
            (";", [], true), ("a=1;", [], true), ("a=1&;", [("a", "1")], true), (";a=1&b=2", [("b", "2")], true),
            ("a", [("a", "")], false), ("a=b=c", [("a", "b=c")], false), ("a=%", [], true), ("&&", [], false),
        ] as [(String, [(String, String)], Bool)]
    )
    func `is Go's`(_ query: String, _ parameters: [(String, String)], _ hasFaults: Bool) {
        let reading = QueryReading(Array(query.utf8))
        #expect(reading.parameters == parameters.map { .init($0.0, $0.1) })
        #expect(reading.hasFaults == hasFaults)
    }

    private static let pieces = [
        "access_token", "%61ccess_token", "Access_Token", "room", "%72oom", "ROOM", "publish", "Publish", "%70ublish",
        "join_request", "%6aoin_request", "a", "b%20c", "+access_token", "=", "=", "=", "&", "&", "&", "G", "%3D",
        "%26",
        "+", "%2B", "%", ";", "#", "?", "%00", "é", " ", "x", "1", "%C3%A9", "",
    ]

    @Test func `agrees with ours, parameter for parameter`() {
        var generator = SeededGenerator(seed: 17)
        var accepted = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...12, using: &generator)
            let query = (0..<length).map { _ in generator.pick(Self.pieces) }.joined()
            guard let read = try? SignallingQuery(ofTarget: Array("/rtc?\(query)".utf8)) else { continue }
            accepted += 1
            let whole = QueryReading(Array(query.utf8.prefix { $0 != UInt8(ascii: "#") }))
            let passed = QueryReading(read.rewritten)
            #expect(!whole.hasFaults && !passed.hasFaults, "\(query)")
            #expect(whole.values(of: "publish").isEmpty, "\(query)")
            #expect(whole.values(of: "access_token").first ?? [] == read.token ?? [], "\(query)")
            let names = ["access_token", "room", "publish", "join_request"]
            let expected = whole.parameters.filter { parameter in
                let name = String(decoding: parameter.name, as: UTF8.self)
                return name == "join_request" || !names.contains(name.lowercased())
            }
            #expect(passed.parameters == expected, "\(query)")
            #expect(passed.values(of: "join_request").count <= 1, "\(query)")
            #expect(read.rewritten.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x3B }, "\(query)")
            let again = try? SignallingQuery(ofTarget: Array("/rtc?".utf8) + read.rewritten)
            #expect(again?.token == nil && again?.rewritten == read.rewritten, "\(query)")
        }
        #expect(accepted > 2_000, "\(accepted)")
    }
}
