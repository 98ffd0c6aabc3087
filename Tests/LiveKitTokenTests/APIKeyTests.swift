import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `an API key` {
    struct Secret: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let weakness: APIKeyError?

        init(_ description: String, _ bytes: [UInt8], _ weakness: APIKeyError?) {
            testDescription = description
            self.bytes = bytes
            self.weakness = weakness
        }

        init(_ text: String, _ weakness: APIKeyError?) {
            self.init(text, Array(text.utf8), weakness)
        }
    }

    static let secrets: [Secret] = [
        Secret("secret", .sample), Secret("devsecret", .sample), Secret("replace_with_your_own_secret", .sample),
        Secret("Secret", .tooShort(bytes: 6)), Secret("secret ", .tooShort(bytes: 7)), Secret("x", .tooShort(bytes: 1)),
        Secret("0123456789abcdefghijklmnopqrstu", .tooShort(bytes: 31)),
        Secret("0123456789abcdefghijklmnopqrstuv", nil),
        Secret("32 letters a", [UInt8](repeating: 0x61, count: 32), .notRandom),
        Secret("abcdefgabcdefgabcdefgabcdefgabcdefg", .notRandom),
        Secret("abcdefghabcdefghabcdefghabcdefgh", nil),
        Secret("32 zero bytes", [UInt8](repeating: 0, count: 32), .notRandom),
        Secret("32 different bytes, no text", Array(0x80...0x9F), nil),
        Secret("16 letters of two bytes", Array("éèêëàâäîïôöùûüÿç".utf8), nil),
        Secret("64 hexadecimal digits", Array(String(repeating: "0123456789abcdef", count: 4).utf8), nil),
    ]

    @Test(arguments: secrets)
    func `a secret that is short, known or not random is refused (RFC 7518 §3.2)`(_ secret: Secret) throws {
        if let weakness = secret.weakness {
            #expect(throws: weakness) { try APIKey(id: "APIabc", secret: secret.bytes) }
        } else {
            #expect(try APIKey(id: "APIabc", secret: secret.bytes).weakness == nil)
        }
    }

    @Test(arguments: secrets)
    func `for development a weak secret is taken, with its weakness told`(_ secret: Secret) throws {
        let key = try APIKey(id: "APIabc", secret: secret.bytes, strength: .any)
        #expect(key.weakness == secret.weakness)
        #expect(key.id == "APIabc")
    }

    @Test(arguments: [APIKey.Strength.required, .any])
    func `no secret is no key`(_ strength: APIKey.Strength) {
        #expect(throws: APIKeyError.empty) { try APIKey(id: "APIabc", secret: [], strength: strength) }
    }
}

@Suite struct `secrets` {
    private struct Holder {
        let key: APIKey
        let token: AccessToken
        let both: [String: Any]
    }

    /// Every way in which Swift turns a value into text without being asked for its parts.
    private func renderings(of value: Any) -> [String] {
        var (printed, debugged, dumped) = ("", "", "")
        print(value, to: &printed)
        debugPrint(value, to: &debugged)
        dump(value, to: &dumped)
        return [printed, debugged, dumped, "\(value)", String(describing: value), String(reflecting: value)]
    }

    @Test func `no print, dump or interpolation shows a secret or a token`() throws {
        let secret = "canary-6f1d0a-secret-that-nobody-may-see"
        let key = try APIKey.sample(id: "APIshown", secret: secret)
        let token = try AccessToken(signing: .sample(), with: key)
        let bytes = Array(secret.utf8).prefix(4).map(\.description).joined(separator: ", ")
        let lines = Array(secret.utf8).prefix(4).map { "-\($0)" }.joined()
        let signature = try #require(token.compact.description.split(separator: ".").last)
        let values: [Any] = [
            key, token, Optional(key) as Any, [key],
            Holder(key: key, token: token, both: ["key": key, "token": token]),
        ]
        for text in values.flatMap(renderings) {
            #expect(!text.contains("canary"))
            #expect(!text.contains(bytes))
            #expect(!text.filter { !$0.isWhitespace }.contains(lines))
            #expect(!text.contains(signature))
            #expect(!text.contains("eyJ"))
        }
        #expect("\(key)" == "APIKey(APIshown)")
        #expect("\(token)" == "AccessToken(redacted)")
    }
}
