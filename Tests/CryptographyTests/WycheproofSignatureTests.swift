import CNettle
import Cryptography
import Foundation
import Testing

/// The lists of C2SP/wycheproof for signatures, where the variable WYCHEPROOF names a folder that holds them.
@Suite struct `Wycheproof's signatures` {
    private static let folder = ProcessInfo.processInfo.environment["WYCHEPROOF"]
    private static let isAtHand = ConditionTrait.enabled(
        if: folder != nil,
        "WYCHEPROOF must name a folder that holds the lists"
    )

    private struct List: Decodable {
        struct Group: Decodable {
            struct Key: Decodable {
                let modulus: String?
                let publicExponent: String?
                let wx: String?
                let wy: String?
                let pk: String?
            }

            let publicKey: Key
            let tests: [Case]
        }

        struct Case: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
        }

        let numberOfTests: Int
        let testGroups: [Group]
    }

    /// How many of each result there are, and whose verdict differs.
    private struct Tally: Equatable {
        var valid = 0
        var acceptable = 0
        var invalid = 0
        var wronglyAccepted: [Int] = []
        var wronglyRefused: [Int] = []
    }

    /// Judges a list; what is merely acceptable has to be refused.
    private static func tally(
        _ name: String,
        _ verifier: (List.Group.Key) throws -> (_ signature: [UInt8], _ message: [UInt8]) -> Bool
    ) throws -> Tally {
        let file = URL(filePath: try #require(folder)).appending(path: "\(name).json")
        let list = try JSONDecoder().decode(List.self, from: Data(contentsOf: file))
        var tally = Tally()
        for group in list.testGroups {
            let isValid = try verifier(group.publicKey)
            for one in group.tests {
                let isAccepted = isValid(bytes(hex: one.sig), bytes(hex: one.msg))
                switch one.result {
                case "valid": tally.valid += 1
                case "acceptable": tally.acceptable += 1
                default: tally.invalid += 1
                }
                if isAccepted && one.result != "valid" { tally.wronglyAccepted.append(one.tcId) }
                if !isAccepted && one.result == "valid" { tally.wronglyRefused.append(one.tcId) }
            }
        }
        #expect(tally.valid + tally.acceptable + tally.invalid == list.numberOfTests)
        return tally
    }

    private static func number(_ hex: String?) throws -> [UInt8] {
        // Wycheproof writes integers as ASN.1 does, with a zero octet before a highest bit that is one.
        Array(bytes(hex: try #require(hex)).drop { $0 == 0 })
    }

    private static func coordinate(_ hex: String?, _ length: Int) throws -> [UInt8] {
        let octets = try number(hex)
        return [UInt8](repeating: 0, count: length - octets.count) + octets
    }

    @Test(isAtHand, arguments: [(2048, 9, 249), (3072, 8, 250), (4096, 7, 250)])
    func `under PKCS #1 v1.5`(bits: Int, valid: Int, invalid: Int) throws {
        let tally = try Self.tally("rsa_signature_\(bits)_sha256") { key in
            let key = try RSAPublicKey(modulus: Self.number(key.modulus), exponent: Self.number(key.publicExponent))
            return { key.isValid($0, $1, .pkcs1) }
        }
        #expect(tally == Tally(valid: valid, acceptable: 1, invalid: invalid))
    }

    @Test(isAtHand) func `under PSS`() throws {
        let tally = try Self.tally("rsa_pss_2048_sha256_mgf1_32") { key in
            let key = try RSAPublicKey(modulus: Self.number(key.modulus), exponent: Self.number(key.publicExponent))
            return { key.isValid($0, $1, .pss) }
        }
        #expect(tally == Tally(valid: 63, invalid: 45))
    }

    /// Before 3.9 nettle refused a sum of two equal points, which only the owner of a key can arrange.
    private static func refusedByOldNettle(_ id: Int) -> [Int] {
        (nettle_version_major(), nettle_version_minor()) < (3, 9) ? [id] : []
    }

    @Test(isAtHand) func `under ECDSA with P-256`() throws {
        let tally = try Self.tally("ecdsa_secp256r1_sha256_p1363") { key in
            let (x, y) = (try Self.coordinate(key.wx, 32), try Self.coordinate(key.wy, 32))
            let key = try ECDSAPublicKey(curve: .p256, x: x, y: y)
            return { key.isValid($0, $1) }
        }
        #expect(tally == Tally(valid: 173, invalid: 89, wronglyRefused: Self.refusedByOldNettle(204)))
    }

    @Test(isAtHand) func `under ECDSA with P-384`() throws {
        let tally = try Self.tally("ecdsa_secp384r1_sha384_p1363") { key in
            let (x, y) = (try Self.coordinate(key.wx, 48), try Self.coordinate(key.wy, 48))
            let key = try ECDSAPublicKey(curve: .p384, x: x, y: y)
            return { key.isValid($0, $1) }
        }
        #expect(tally == Tally(valid: 193, invalid: 87, wronglyRefused: Self.refusedByOldNettle(228)))
    }

    @Test(isAtHand) func `under Ed25519`() throws {
        let tally = try Self.tally("ed25519") { key in
            let key = try Ed25519PublicKey(bytes(hex: try #require(key.pk)))
            return { key.isValid($0, $1) }
        }
        #expect(tally == Tally(valid: 88, invalid: 63))
    }
}
