import Cryptography
import Foundation
import JWTSessions
import LiveKitToken
import StrictJSON
import TestSupport
import Testing

/// PEM that openssl wrote, and the thumbprints that Python's hashlib has of it.
@Suite struct `A file of public keys` {
    // MARK: Keys

    static let rsa =
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2kBcikZxPQk7Jlt7+y4XP+zFNXRRFbo3MKhbcMIFtjUV8X1P30zVzwBa"
        + "Y/ZFjE7mosi77/posBf9gb4iaPiOyWsrdDyxMJmtJhEJJDqz4dto/+I23CrzaTQJT5gzUIEALAh6dEZ2uz7GC1o9QidZ3Ndzoyd4"
        + "raZm0DB3rgpWh8557IwzT/kwTZbeWQ1mbuICkG97nHav1lNMsqOdrht2sKH/zi0J3iQ4KlZZ6Ennbpv2XxbYjcsqIRemchrXNvSV"
        + "STrnHsWeyZvLaAn30dXcuJ7xS8eSjVhqzmGoFCRC5Ithawue9VtSKEZND+vEeLB7sv3XSyiZ3G3V9DqISRDmGQIDAQAB"
    static let p256 =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqZ+JdjSBbLgt9XAk+mfEhiKOZA7PMpiMGCW09QUloCXgx2sbQQLziHH8dBWkWzzv"
        + "3+HUFIowKKnQZJTB+tvb+A=="
    static let p384 =
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEXeX4pzgn2NxEdNSHhaD1nmuz5mIqYyf7l+2mw6agD84ElMrSLm3hVy/nnvJ1BvVDW9ng"
        + "kNOZVq3OcmtaMjVsraqyHL/8VjxmFEaYdIb0wx7AB006ZHSg+Y58qF95iHbU"
    static let ed25519 = "MCowBQYDK2VwAyEAtJri5ZnoBZlrkinr2gHong3GCQFh9kYddWDRUap8hyI="
    static let certificate =
        "MIIBbTCCAROgAwIBAgIUKIyv4G1Nw588MKRZ6siDXmklY2YwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMzAxMTU5"
        + "NDZaFw0yNjEyMDExMTU5NDZaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASpn4l2NIFsuC31cCT6Z8SG"
        + "Io5kDs8ymIwYJbT1BSWgJeDHaxtBAvOIcfx0FaRbPO/f4dQUijAoqdBklMH629v4o1MwUTAdBgNVHQ4EFgQUDE43S5yB2IdLkF4z"
        + "G4SqJwwL5JEwHwYDVR0jBBgwFoAUDE43S5yB2IdLkF4zG4SqJwwL5JEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF"
        + "AiA+jxlbs34izDgM4e8AmH5xlPLBtjxyd2/vOtRvbDZBDQIhAM12balemADN1Ut4/zafQJljGRc02oLPWCKe7wp/EOGO"
    static let pkcs1 =
        "MIIBCgKCAQEA2kBcikZxPQk7Jlt7+y4XP+zFNXRRFbo3MKhbcMIFtjUV8X1P30zVzwBaY/ZFjE7mosi77/posBf9gb4iaPiOyWsr"
        + "dDyxMJmtJhEJJDqz4dto/+I23CrzaTQJT5gzUIEALAh6dEZ2uz7GC1o9QidZ3Ndzoyd4raZm0DB3rgpWh8557IwzT/kwTZbeWQ1m"
        + "buICkG97nHav1lNMsqOdrht2sKH/zi0J3iQ4KlZZ6Ennbpv2XxbYjcsqIRemchrXNvSVSTrnHsWeyZvLaAn30dXcuJ7xS8eSjVhq"
        + "zmGoFCRC5Ithawue9VtSKEZND+vEeLB7sv3XSyiZ3G3V9DqISRDmGQIDAQAB"

    struct Sample: CustomTestStringConvertible, Sendable {
        let label: String
        let base64: String
        let kind: String
        let thumbprint: String

        var testDescription: String { "\(label), \(kind)" }
        var bytes: [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }
    }

    static let samples = [
        Sample(
            label: "PUBLIC KEY",
            base64: rsa,
            kind: "RSA of 2048 bits",
            thumbprint: "zVQLMyw-JmkJ6B9B8YSvcCwgCUb25pmynxZngHF7UNc"
        ),
        Sample(
            label: "PUBLIC KEY",
            base64: p256,
            kind: "P-256",
            thumbprint: "3NkvzFzsIHX-_Li9vBiP3ISCAQFPN83lAIPxsVcjmIk"
        ),
        Sample(
            label: "PUBLIC KEY",
            base64: p384,
            kind: "P-384",
            thumbprint: "tcffFkeublWNj2n_qYs_VyMxkn0XNxm-G0PVHdEGy-4"
        ),
        Sample(
            label: "PUBLIC KEY",
            base64: ed25519,
            kind: "Ed25519",
            thumbprint: "DTxCCio2LdnS4HEWq0Y0BDRShwE4aAThySlpOgAJS8g"
        ),
        Sample(
            label: "CERTIFICATE",
            base64: certificate,
            kind: "P-256",
            thumbprint: "3NkvzFzsIHX-_Li9vBiP3ISCAQFPN83lAIPxsVcjmIk"
        ),
        Sample(
            label: "RSA PUBLIC KEY",
            base64: pkcs1,
            kind: "RSA of 2048 bits",
            thumbprint: "zVQLMyw-JmkJ6B9B8YSvcCwgCUb25pmynxZngHF7UNc"
        ),
    ]

    @Test(arguments: samples) func `is read`(sample: Sample) throws {
        let keys = try file(sample.label, sample.base64).keys
        #expect(keys.map(\.kind) == [sample.kind])
        #expect(keys.map(\.thumbprint.description) == [sample.thumbprint])
    }

    /// Every key of a set that is written is one that a set of an issuer may have.
    @Test func `becomes a key set`() throws {
        let text = Self.samples.map { Self.pem($0.label, $0.base64) }.joined(separator: "comment\n")
        let keys = try PublicKeyFile(Array(text.utf8)).keys
        #expect(keys.count == Self.samples.count)
        var writer = JSONWriter()
        writer.object { json in
            json.member("keys", array: { elements in for key in keys.prefix(4) { key.write(to: &elements) } })
        }
        let set = try JSONWebKeySet(parsing: writer.bytes, for: everyAlgorithm)
        #expect(set.skipped.isEmpty)
        #expect(set.keys.map(\.material) == Array(keys.prefix(4)))
        #expect(set.keys.map { $0.id?.description } == Self.samples.prefix(4).map(\.thumbprint))
    }

    /// RFC 7638 §3.1, RFC 8037 §A.3.
    @Test(arguments: [
        (
            #"{"keys":[{"kty":"RSA","e":"AQAB","n":""#
                + "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK"
                + "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic"
                + "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3"
                + #"XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}]}"#,
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        ),
        (
            #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        ),
    ])
    func `has the thumbprints of the standards' examples`(set: String, thumbprint: String) throws {
        #expect(try JSONWebKeySet(set).keys.map(\.material.thumbprint.description) == [thumbprint])
    }

    // MARK: Refusals

    static let refused: [(file: String, error: PublicKeyFileError)] = [
        ("", .noKey), ("no key here\n", .noKey), ("-----BEGIN PUBLIC KEY-----", .pem),
        (pem("PUBLIC KEY", ""), .der("PUBLIC KEY")), (pem("PUBLIC KEY", "!!!!"), .pem),
        (pem("PUBLIC KEY", "MCow"), .der("PUBLIC KEY")), (pem("PUBLIC KEY", "MCo"), .pem),
        (pem("PUBLIC KEY", ed25519.replacing("=", with: "")), .pem),
        (pem("PUBLIC KEY", ed25519.replacing("8hyI=", with: "8hyJ=")), .pem),
        (pem("PUBLIC KEY", p256.replacing("+", with: "-")), .pem),
        ("-----BEGIN PUBLIC KEY-----\n\(ed25519)\n-----END RSA PUBLIC KEY-----", .pem),
        ("-----BEGIN PUBLIC KEY-----\n" + pem("PUBLIC KEY", ed25519), .pem),
        (pem("PRIVATE KEY", "MC4C"), .privateKey), (pem("RSA PRIVATE KEY", "MC4C"), .privateKey),
        (pem("ENCRYPTED PRIVATE KEY", "MC4C"), .privateKey),
        (pem("PUBLIC KEY", ed25519) + pem("EC PRIVATE KEY", "MC4C"), .privateKey),
        (pem("CERTIFICATE REQUEST", "MC4C"), .label("CERTIFICATE REQUEST")),
        (pem("CERTIFICATE", ed25519), .der("CERTIFICATE")), (pem("PUBLIC KEY", certificate), .der("PUBLIC KEY")),
        (pem("PUBLIC KEY", pkcs1), .der("PUBLIC KEY")), (pem("RSA PUBLIC KEY", rsa), .der("RSA PUBLIC KEY")),
        // P-521, Ed448, P-256 with its parameters written out, RSA for PSS alone, a point in its short form.
        (
            pem(
                "PUBLIC KEY",
                "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBx+tG1PvXhWgxjHMsU8oMDY8G9KnlCdc6RpJG/Se28Fb7NhadynEyo9NsgN7+r+5N"
                    + "jrwNrOemTQXBlOtA1H0COi4Ag+6xxAnT/g16tiwqfUbfxt5hc8dnKLNbzyvCaVz/snmTxdyIQAdqTGY4egcyHKhESSJBfR1e"
                    + "kd4X3HDgtzkJ22s="
            ), .unsupported
        ),
        (
            pem(
                "PUBLIC KEY",
                "MEMwBQYDK2VxAzoAVd75k2jd2h5+0wlDd4vsCUDgWI8IqMDVV2t3Hr4jH2wIlbyr5d16VV3DsOTe/T1IveC7Bat5DPGA"
            ), .unsupported
        ),
        (
            pem("PUBLIC KEY", der("30 15 30 0F 06 07 2A 86 48 CE 3D 02 01 30 04 02 01 01 05 00 03 02 00 04")),
            .unsupported
        ),
        (pem("PUBLIC KEY", der("30 0F 30 0B 06 09 2A 86 48 86 F7 0D 01 01 0A 03 00")), .pssOnly),
        (
            pem("PUBLIC KEY", "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACqZ+JdjSBbLgt9XAk+mfEhiKOZA7PMpiMGCW09QUloCU="),
            .compressed
        ),
        // What the keys themselves are refused for.
        (pem("PUBLIC KEY", p256.replacing("+A==", with: "+Q==")), .refused(.notOnCurve)),
        (
            pem("PUBLIC KEY", der("30 2A 30 05 06 03 2B 65 70 03 21 00 01" + String(repeating: " 00", count: 31))),
            .refused(.smallOrder)
        ),
        (pem("PUBLIC KEY", der("30 0B 30 05 06 03 2B 65 70 03 02 00 01")), .refused(.wrongLength(1))),
        (pem("RSA PUBLIC KEY", der("30 06 02 01 0F 02 01 03")), .refused(.tooShort(bits: 4))),
    ]

    @Test(arguments: refused) func `is refused by its fault`(file: String, error: PublicKeyFileError) {
        #expect(throws: error) { _ = try PublicKeyFile(Array(file.utf8)) }
        #expect(!error.problem.contains("\n"))
    }

    @Test func `is refused as DER without PEM around it`() {
        #expect(throws: PublicKeyFileError.binary) { _ = try PublicKeyFile(Self.samples[3].bytes) }
    }

    // MARK: One spelling (ITU-T X.690 §10)

    /// Elements that another reader may take: of each, the same key in its one spelling is taken.
    @Test(arguments: [
        "30 80 02 01 0F 02 01 03 00 00", "30 81 06 02 01 0F 02 01 03", "30 82 00 06 02 01 0F 02 01 03",
        "30 84 00 00 00 06 02 01 0F 02 01 03", "30 07 02 02 00 0F 02 01 03", "30 06 02 01 8F 02 01 03",
        "30 05 02 00 02 01 03", "30 09 02 01 0F 02 01 03 02 01 00",
        "30 06 22 01 0F 02 01 03",
        "3F 30 06 02 01 0F 02 01 03", "30 07 02 01 0F 02 01 03", "30 03 02 01 0F", "30 FF", "30 83 FF FF FF", "30", "",
    ])
    func `has no other spelling`(octets: String) {
        #expect(throws: PublicKeyFileError.der("RSA PUBLIC KEY")) { try file("RSA PUBLIC KEY", Self.der(octets)) }
    }

    @Test(arguments: samples.filter { $0.label != "CERTIFICATE" })
    func `with any bit flipped is another key, or none`(sample: Sample) throws {
        let key = try file(sample.label, sample.base64).keys[0]
        for index in sample.bytes.indices {
            for bit in 0..<8 {
                var bytes = sample.bytes
                bytes[index] ^= 1 << bit
                let other = try? file(sample.label, Data(bytes).base64EncodedString()).keys[0]
                #expect(other != key, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test(arguments: samples) func `cut anywhere, or longer, is none`(sample: Sample) {
        for length in sample.bytes.indices {
            let bytes = Data(sample.bytes.prefix(length))
            #expect(throws: PublicKeyFileError.self) { try file(sample.label, bytes.base64EncodedString()) }
        }
        let longer = Data(sample.bytes + [0])
        #expect(throws: PublicKeyFileError.der(sample.label)) { try file(sample.label, longer.base64EncodedString()) }
    }

    @Test func `of random octets is refused without a trap`() {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<20_000 {
            var bytes = Self.samples.randomElement(using: &generator).map(\.bytes) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<min(40, bytes.count), using: &generator)
                bytes[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let label = Self.samples.randomElement(using: &generator)?.label ?? ""
            let keys = (try? file(label, Data(bytes).base64EncodedString()).keys) ?? []
            #expect(keys.count <= 1)
        }
    }

    // MARK: Files

    private static func pem(_ label: String, _ base64: String) -> String {
        "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    private static func der(_ hex: String) -> String {
        Data(hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }).base64EncodedString()
    }

    @discardableResult
    private func file(_ label: String, _ base64: String) throws -> PublicKeyFile {
        try PublicKeyFile(Array(Self.pem(label, base64).utf8))
    }
}
