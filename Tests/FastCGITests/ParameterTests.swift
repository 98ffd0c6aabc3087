import FastCGI
import Testing

@Suite struct `Parameters that a responder is told to read` {
    private static let names = ["LIVEKIT_USER", "LIVEKIT_NAME", "LIVEKIT_ROOMS"]

    private func received(_ parameters: KeyValuePairs<String, String>) throws -> Request {
        let responder = try RunningResponder(parameters: Self.names)
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(parameters))
        #expect(peer.answer() != nil)
        #expect(responder.stop())
        return try #require(responder.received.first)
    }

    private func values(_ request: Request) -> [[UInt8]?] {
        Self.names.indices.map { request.parameter($0) }
    }

    @Test func `have the position of their name, in whatever order they come, beside the meta-variables`() throws {
        let request = try received([
            "LIVEKIT_ROOMS": "{}", "REQUEST_METHOD": "POST", "LIVEKIT_USER": "ada", "HTTP_AUTHORIZATION": "Bearer x",
        ])
        #expect(values(request) == [Array("ada".utf8), nil, Array("{}".utf8)])
        #expect(request[.requestMethod] == Array("POST".utf8))
        #expect(request[.authorization] == Array("Bearer x".utf8))
        #expect(request.repeated == nil)
    }

    @Test func `are absent where they are empty (RFC 3875 §4.1)`() throws {
        #expect(values(try received(["LIVEKIT_USER": "", "LIVEKIT_NAME": " "])) == [nil, Array(" ".utf8), nil])
    }

    @Test func `keep every byte of their value, = too`() throws {
        #expect(
            values(try received(["LIVEKIT_USER": "=a=b=", "LIVEKIT_NAME": "Zoë\t\u{1}"])).prefix(2)
                == [Array("=a=b=".utf8), Array("Zoë\t\u{1}".utf8)]
        )
    }

    @Test(arguments: [("ada", "eve"), ("ada", "ada"), ("", "eve"), ("ada", ""), ("", "")])
    func `are named where one comes twice, with whatever values`(first: String, second: String) throws {
        let request = try received(["LIVEKIT_USER": first, "REQUEST_METHOD": "POST", "LIVEKIT_USER": second])
        #expect(request.repeated == "LIVEKIT_USER")
    }

    @Test(arguments: [
        "livekit_user", "LIVEKIT-USER", "LIVEKIT_USER ", " LIVEKIT_USER", "LIVEKIT_USERS", "LIVEKIT_USE",
        "HTTP_LIVEKIT_USER", "LIVEKIT_USER\u{1}", "REDIRECT_LIVEKIT_USER", "LIVEKIT_JWT",
    ])
    func `are read by their exact name alone`(name: String) throws {
        let request = try received([name: "eve", "LIVEKIT_NAME": "Ada"])
        #expect(values(request) == [nil, Array("Ada".utf8), nil])
        #expect(request.repeated == nil)
    }

    @Test func `are forgotten with their request on a kept connection`() throws {
        let responder = try RunningResponder(workers: 1, parameters: Self.names)
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(["LIVEKIT_USER": "ada"]))
        #expect(peer.answer() != nil)
        peer.send(Record.request(["LIVEKIT_NAME": "Eve"]))
        #expect(peer.answer() != nil)
        #expect(responder.stop())
        #expect(responder.received.map(values) == [[Array("ada".utf8), nil, nil], [nil, Array("Eve".utf8), nil]])
    }

    @Test func `may be long (FastCGI specification §3.4: a length of four bytes)`() throws {
        let (name, value) = (Array("LIVEKIT_ROOMS".utf8), [UInt8](repeating: UInt8(ascii: "x"), count: 40_000))
        let pair = [UInt8(name.count), 0x80, 0x00, 0x9C, 0x40] + name + value
        let responder = try RunningResponder(parameters: Self.names)
        let peer = try Peer(connectingTo: responder.path)
        peer.send(
            Record.begin(keepsConnection: true) + Record.bytes(.parameters, pair) + Record.bytes(.parameters)
                + Record.bytes(.stdin)
        )
        #expect(peer.answer() != nil)
        #expect(responder.stop())
        #expect(responder.received.map(values) == [[nil, nil, value]])
    }
}
