import Foundation
import StrictJSON
import Testing

@Suite struct `keyset` {
    private let run: CommandLineProgram
    private static let p256 = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqZ+JdjSBbLgt9XAk+mfEhiKOZA7P
        MpiMGCW09QUloCXgx2sbQQLziHH8dBWkWzzv3+HUFIowKKnQZJTB+tvb+A==
        -----END PUBLIC KEY-----

        """
    private static let ed25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAtJri5ZnoBZlrkinr2gHong3GCQFh9kYddWDRUap8hyI=
        -----END PUBLIC KEY-----

        """
    private static let thumbprint = "3NkvzFzsIHX-_Li9vBiP3ISCAQFPN83lAIPxsVcjmIk"

    init() throws {
        run = try CommandLineProgram()
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let path = "\(run.folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `from-pem makes a set that check takes`() throws {
        let (one, other) = (try file("a.pem", Self.p256), try file("b.pem", Self.ed25519 + Self.p256))
        let made = try run("keyset", "from-pem", one, other)
        #expect(made.status == 0 && made.errors == "")
        let checked = try run("keyset", "check", "-", input: made.output)
        #expect(checked.status == 0)
        #expect(
            checked.lines == [
                [Self.thumbprint, "P-256", "ES256"],
                ["DTxCCio2LdnS4HEWq0Y0BDRShwE4aAThySlpOgAJS8g", "Ed25519", "EdDSA"],
            ]
        )
        #expect(try run("keyset", "from-pem", "-", input: Self.p256).output == run("keyset", "from-pem", one).output)
    }

    @Test(arguments: [
        (p256.replacing("PUBLIC", with: "PRIVATE"), "holds a private key"),
        (p256.replacing("MFkw", with: "MFkx"), "holds a PUBLIC KEY that is not well formed"),
        ("", "holds no public key"),
        (String(repeating: "x", count: 65_537), "has more than 65536 bytes"),
    ])
    func `from-pem prints nothing of a file that it refuses`(text: String, words: String) throws {
        let made = try run("keyset", "from-pem", try file("a.pem", Self.p256), try file("b.pem", text))
        #expect(made.status == 65 && made.output == "")
        #expect(made.errors.contains("b.pem \(words)"), "\(made.errors)")
    }

    @Test func `from-pem asks for a file`() throws {
        #expect(try run("keyset", "from-pem").status == 64)
        #expect(try run("keyset", "from-pem", "\(run.folder)/missing").status == 65)
    }

    @Test func `check lists keys in JSON, and says what it skips`() throws {
        let key = try run("keyset", "from-pem", "-", input: Self.p256).value.dropFirst(9).dropLast(2)
        let set = try file("set.json", #"{"keys":[\#(key),{"kty":"OKP","crv":"Ed448","x":"AA","kid":"\u001b[2J"}]}"#)
        let checked = try run("keyset", "check", set, "--json")
        #expect(checked.status == 0)
        #expect(checked.value == #"[{"kid":"\#(Self.thumbprint)","kind":"P-256","algorithms":"ES256"}]"#)
        #expect(
            checked.errors.contains("skipped: \(set) keys[1] (kid \"?[2J\") has crv \"Ed448\""),
            "\(checked.errors)"
        )
        #expect(checked.errors.contains("1 key of 2"))
    }

    @Test(arguments: [
        (#"{"keys":[]}"#, "signs with a secret"), ("{}", "as jwks_uri"), ("", "is not JSON"),
        (#"{"keys":[{"kty":"oct","k":"AA"}]}"#, "must replace that key"),
        (#"{"a":"-----BEGIN CERTIFICATE-----\n"}"#, "jwks_uri"),
        (String(repeating: " ", count: 65_537), "has more than 65536 bytes"),
    ])
    func `check refuses what is none, and says what to do`(set: String, words: String) throws {
        for path in [try file("set.json", set), "-"] {
            let checked = try run("keyset", "check", path, input: set)
            #expect(checked.status == 65 && checked.output == "")
            #expect(checked.errors.contains(words), "\(checked.errors)")
        }
    }
}
