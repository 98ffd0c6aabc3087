import Configuration
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `The key that a token names` {
    private static let secret = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"
    private static let file = "API1: \(secret)1\nAPI2: \(secret)2\nAPIweak: short\n"

    private func key(_ id: String, variables: [String: String] = [:], file: String? = Self.file) throws -> APIKey? {
        let files = file.map { ["/etc/x/keys.yaml": StubSystem.File.regular(Array($0.utf8), owner: 990)] } ?? [:]
        return try KeySource(directory: "/etc/x", file: "keys.yaml", id: "API1")
            .key(ofIssuer: id, on: StubSystem(variables: variables, files: files))
    }

    @Test(arguments: ["API1", "API2", "APIweak"], [[:], ["LIVEKIT_API_KEY": "API1"], ["LIVEKIT_API_KEY": "API9"]])
    func `is any of the key file's, whichever signs`(_ id: String, _ variables: [String: String]) throws {
        #expect(try key(id, variables: variables)?.id == UTF8String(id))
        #expect(try key("API9", variables: variables) == nil)
        #expect(try key("", variables: variables) == nil)
    }

    @Test func `has the secret of its line`() throws {
        let key = try #require(try key("API2"))
        let same = try APIKey(id: "x", secret: Array("\(Self.secret)2".utf8))
        #expect(try JSONWebSignature(compact: JSONWebSignature.compact(signing: [1], with: key)).isSigned(by: same))
    }

    @Test func `is the environment's where that has keys`() throws {
        let keys = ["LIVEKIT_KEYS": "API7: \(Self.secret)", "LIVEKIT_API_KEY": "API8"]
        #expect(try key("API7", variables: keys)?.id == "API7")
        #expect(try key("API1", variables: keys) == nil)
        let pair = ["LIVEKIT_API_KEY": "API8", "LIVEKIT_API_SECRET": Self.secret]
        #expect(try key("API8", variables: pair)?.id == "API8")
        #expect(try key("API1", variables: pair) == nil)
    }

    @Test func `is livekit.api_key where the environment has the secret alone`() throws {
        let secret = ["LIVEKIT_API_SECRET": Self.secret]
        #expect(try key("API1", variables: secret)?.id == "API1")
        #expect(try key("API2", variables: secret) == nil)
    }

    @Test func `is unknown, not missing, where the keys cannot be read`() {
        #expect(throws: ConfigurationError.self) { try key("API1", file: nil) }
        #expect(throws: ConfigurationError.self) { try key("API1", file: "API1 = x") }
    }
}
