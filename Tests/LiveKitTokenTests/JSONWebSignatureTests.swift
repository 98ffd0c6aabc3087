import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `a JSON Web Signature` {
    private static let signedByRFC =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    private func keyOfRFC() throws -> APIKey {
        let encoded = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        return try APIKey(id: "rfc7515", secret: #require(Base64URL.decode(encoded.utf8)))
    }

    @Test func `the example of RFC 7515 §A.1 is read and its signature holds`() throws {
        let signed = try JSONWebSignature(compact: Array(Self.signedByRFC.utf8))
        #expect(
            String(decoding: signed.payload, as: UTF8.self)
                == "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
        )
        #expect(signed.isSigned(by: try keyOfRFC()))
        #expect(!signed.isSigned(by: try .sample()))
    }

    @Test func `what is signed is read back, and only the key that signed says so`() throws {
        let payload = Array("{\"any\":\"bytes\"}".utf8) + [0x00, 0xFF]
        let compact = try JSONWebSignature.compact(signing: payload, with: .sample())
        let signed = try JSONWebSignature(compact: compact)
        #expect(signed.payload == payload)
        #expect(signed.isSigned(by: try .sample()))
        #expect(!signed.isSigned(by: try .sample(secret: "golden-secret-of-the-tests-0123456788")))
        #expect(!signed.isSigned(by: try .sample(secret: "golden-secret-of-the-tests-01234567890")))
    }

    @Test func `the header is always the same`() throws {
        let compact = try JSONWebSignature.compact(signing: [], with: .sample())
        #expect(compact.starts(with: Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + Array("..".utf8)))
    }

    private static let header = encoded(#"{"alg":"HS256","typ":"JWT"}"#)
    private static let signature = String(repeating: "A", count: 43)

    private static func encoded(_ text: String) -> String {
        String(decoding: Base64URL.encode(text.utf8), as: UTF8.self)
    }

    static let malformed: [(String, String)] = [
        ("nothing", ""), ("one part", header), ("two parts", "\(header).e30"),
        ("four parts", "\(header).e30.\(signature)."), ("five parts (JWE)", "\(header)....e30"),
        ("two dots", ".."), ("empty header", ".e30.\(signature)"), ("leading dot", ".\(header).e30.\(signature)"),
        ("padded payload", "\(header).Zg==.\(signature)"), ("padded signature", "\(header).e30.\(signature)="),
        ("standard base64", "\(header).-+-+.\(signature)"), ("white space before", " \(header).e30.\(signature)"),
        ("new line after", "\(header).e30.\(signature)\n"), ("torn signature", "\(header).e30.A"),
        ("loose bits in the payload", "\(header).e31.\(signature)"),
        ("loose bits in the signature", "\(header).e30.\(signature.dropLast())B"),
        ("header no JSON", "\(encoded("alg=HS256")).e30.\(signature)"),
        ("header with two algs", "\(encoded(#"{"alg":"HS256","alg":"none"}"#)).e30.\(signature)"),
        ("header with two spellings of alg", "\(encoded(#"{"alg":"HS256","\u0061lg":"none"}"#)).e30.\(signature)"),
        ("header with data after it", "\(encoded(#"{"alg":"HS256"}{}"#)).e30.\(signature)"),
        ("header with a byte order mark", "\(encoded("\u{FEFF}{\"alg\":\"HS256\"}")).e30.\(signature)"),
        ("JSON serialization", #"{"payload":"e30","protected":"\#(header)","signature":"\#(signature)"}"#),
    ]

    @Test(arguments: malformed)
    func `anything but three parts of strict base64url and JSON is malformed`(_ what: String, _ compact: String) {
        #expect(throws: JSONWebSignatureError.malformed, "\(what)") {
            try JSONWebSignature(compact: Array(compact.utf8))
        }
    }

    /// RFC 8725 §3.1, §2.1: `none`, and whatever is not HS256 byte for byte.
    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"nOnE"}"#, #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#,
        #"{"alg":"RS256"}"#, #"{"alg":"ES256"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS256 "}"#, #"{"alg":""}"#,
        #"{"alg":null}"#, #"{"alg":256}"#, #"{"alg":["HS256"]}"#, #"{"typ":"JWT"}"#, "{}", "[]", "\"HS256\"",
        #"{"ALG":"HS256"}"#, #"{"alg":"HS256","crit":["exp"],"exp":1}"#, #"{"alg":"HS256","crit":[]}"#,
        #"{"alg":"HS256","crit":null}"#,
    ])
    func `a header that asks for something else is unsupported`(_ header: String) {
        for signature in ["", Self.signature] {
            #expect(throws: JSONWebSignatureError.unsupportedAlgorithm) {
                try JSONWebSignature(compact: Array("\(Self.encoded(header)).e30.\(signature)".utf8))
            }
        }
    }

    /// The payload is `{}`, the signatures are Python's.
    @Test func `the algorithm is part of what was signed`() throws {
        let mac = "Oel4SJeqbDHfBT1ild1squ7coYcKHxCMYKkq-pSkSN8"
        let signed = try JSONWebSignature(compact: Array("\(Self.header).e30.\(mac)".utf8))
        #expect(signed.isSigned(by: try .sample()))
        let other = try JSONWebSignature(
            compact: Array("\(Self.encoded(#"{"typ":"JWT","alg":"HS256"}"#)).e30.\(mac)".utf8)
        )
        #expect(!other.isSigned(by: try .sample()))
    }

    /// A signature of 43 characters has two bits to spare, and a lenient reader takes four spellings for one token.
    @Test func `the loose bits of the last character are no way to another spelling`() throws {
        let compact = try AccessToken(signing: .sample(), with: .sample()).compact.utf8
        let siblings = Array("4567".utf8)  // 56 to 59
        try #require(compact.last == siblings[0])
        for sibling in siblings.dropFirst() {
            #expect(throws: JSONWebSignatureError.malformed) {
                try JSONWebSignature(compact: compact.dropLast() + [sibling])
            }
        }
    }

    @Test func `a signature of another length does not hold`() throws {
        let compact = try JSONWebSignature.compact(signing: Array("{}".utf8), with: .sample())
        let end = try #require(compact.lastIndex(of: UInt8(ascii: ".")))
        let mac = try #require(Base64URL.decode(compact[(end + 1)...]))
        for signature in [[], Array(mac.dropLast()), mac + [0], Array(mac.prefix(16)), mac + mac] {
            let other = Array(compact[...end]) + Base64URL.encode(signature)
            #expect(!(try JSONWebSignature(compact: other).isSigned(by: .sample())))
        }
    }
}
