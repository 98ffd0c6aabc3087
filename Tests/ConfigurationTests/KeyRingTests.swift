import Configuration
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `The key ring` {
    private static let secret = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"
    private static let file = "API1: \(secret)1\n'API2': \"\(secret)\\x32\"\nAPIweak: short\n"

    private func ring(
        _ variables: [String: String] = [:],
        file: String? = Self.file,
        id: String? = "API1",
        isDevelopment: Bool = false
    ) throws -> KeyRing {
        let files = file.map { ["/etc/x/keys.yaml": StubSystem.File.regular(Array($0.utf8), owner: 990)] } ?? [:]
        return try KeySource(directory: "/etc/x", file: "keys.yaml", id: id, isDevelopment: isDevelopment)
            .keyRing(on: StubSystem(variables: variables, files: files))
    }

    /// Whether the ring has a key of that id with that secret.
    private func has(_ ring: KeyRing, _ id: String, _ secret: String) throws -> Bool {
        guard let key = ring[UTF8String(id)] else { return false }
        let same = try APIKey(id: UTF8String(id), secret: Array(secret.utf8), strength: .any)
        return try key.id == same.id
            && JSONWebSignature(compact: JSONWebSignature.compact(signing: [1], with: key)).isSigned(by: same)
    }

    @Test(arguments: [[:], ["LIVEKIT_API_KEY": "API2"], ["LIVEKIT_API_KEY": "API9"]], ["API1", "API2", nil])
    func `holds every key of the file, whichever signs`(_ variables: [String: String], _ id: String?) throws {
        let ring = try ring(variables, id: id)
        #expect(try has(ring, "API1", "\(Self.secret)1"))
        #expect(try has(ring, "API2", "\(Self.secret)2"))
        for id in ["API9", "", "api1", "API1 ", "'API2'"] { #expect(ring[UTF8String(id)] == nil, "\(id)") }
    }

    /// LiveKit renews tokens with it as well.
    @Test(arguments: [false, true]) func `holds a weak key, which may not sign`(_ isDevelopment: Bool) throws {
        #expect(try has(ring(isDevelopment: isDevelopment), "APIweak", "short"))
        #expect(try has(ring(["LIVEKIT_API_KEY": "A", "LIVEKIT_API_SECRET": "short"]), "A", "short"))
    }

    @Test func `is the environment's where that has keys`() throws {
        let keys = try ring(["LIVEKIT_KEYS": "API7: \(Self.secret)7\nAPI8: \(Self.secret)8", "LIVEKIT_API_KEY": "API7"])
        #expect(try has(keys, "API7", "\(Self.secret)7") && has(keys, "API8", "\(Self.secret)8"))
        #expect(keys["API1"] == nil)

        let pair = try ring([
            "LIVEKIT_API_KEY": "API6", "LIVEKIT_API_SECRET": Self.secret, "LIVEKIT_KEYS": "API7: \(Self.secret)",
        ])
        #expect(try has(pair, "API6", Self.secret))
        #expect(pair["API7"] == nil && pair["API1"] == nil)
    }

    @Test func `has the secret alone under livekit.api_key`() throws {
        #expect(try has(ring(["LIVEKIT_API_SECRET": Self.secret]), "API1", Self.secret))
        let nameless = try ring(["LIVEKIT_API_SECRET": Self.secret], id: nil)
        #expect(nameless["API1"] == nil && nameless[""] == nil)
    }

    @Test func `is refused where the keys cannot be read`() {
        #expect(throws: ConfigurationError.self) { try ring(file: nil) }
        for text in ["API1 = x", "API1: a\nAPI1: b", ""] {
            let error = #expect(throws: ConfigurationError.self) { try ring(file: text) }
            #expect(error?.message.hasPrefix("/etc/x/keys.yaml:") == true)
        }
    }

    @Test func `leaves no secret in memory`() throws {
        let system = StubSystem(files: ["/etc/x/keys.yaml": .regular(Array(Self.file.utf8), owner: 990)])
        _ = try KeySource(directory: "/etc/x", file: "keys.yaml").keyRing(on: system)
        #expect(system.wiped.contains(Array("\(Self.secret)2".utf8)) && system.wiped.contains(Array(Self.file.utf8)))
    }
}
