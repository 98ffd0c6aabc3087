import Cryptography
import TestSupport
import Testing

/// Signatures that are right, and every way to spell them otherwise.
@Suite struct `A signature` {
    /// A key, what it signed, and how it verifies.
    struct Sample: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: [UInt8]
        let signature: [UInt8]
        let isValid: @Sendable (_ signature: [UInt8], _ message: [UInt8]) -> Bool
    }

    static let samples: [Sample] = (try? [rsa(.pkcs1), rsa(.pss), ecdsa(.p256), ecdsa(.p384), ed25519()]) ?? []

    @Test func `is there in each kind`() {
        #expect(Self.samples.count == 5)
    }

    @Test(arguments: samples) func `is valid for its message alone`(_ one: Sample) {
        #expect(one.isValid(one.signature, one.message))
        #expect(!one.isValid(one.signature, []))
        #expect(!one.isValid(one.signature, one.message + [0]))
        #expect(!one.isValid(one.signature, Array(one.message.dropLast())))
    }

    @Test(arguments: samples) func `is refused with any bit of it changed`(_ one: Sample) {
        for index in 0..<one.signature.count * 8 {
            var other = one.signature
            other[index / 8] ^= 1 << UInt8(index % 8)
            #expect(!one.isValid(other, one.message), "bit \(index)")
        }
    }

    /// nettle would take zeros in front of an RSA signature, and reads 64 bytes of an Ed25519 one whatever it has.
    @Test(arguments: samples) func `has one length`(_ one: Sample) {
        let (signature, count) = (one.signature, one.signature.count)
        for length in 0..<count { #expect(!one.isValid(Array(signature.prefix(length)), one.message), "\(length)") }
        for length in 0..<count { #expect(!one.isValid(Array(signature.suffix(length)), one.message), "\(length)") }
        for extra in 1...8 {
            let zeros = [UInt8](repeating: 0, count: extra)
            #expect(!one.isValid(zeros + signature, one.message), "\(extra) in front")
            #expect(!one.isValid(signature + zeros, one.message), "\(extra) behind")
        }
        // Each half of an ECDSA signature with a zero in front.
        let half = count / 2
        #expect(!one.isValid([0] + signature.prefix(half) + [0] + signature.suffix(half), one.message))
        #expect(!one.isValid(signature + signature, one.message))
    }

    @Test(arguments: samples) func `is no constant`(_ one: Sample) {
        let count = one.signature.count
        for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
            #expect(!one.isValid([UInt8](repeating: byte, count: count), one.message), "\(byte)")
        }
        var last = [UInt8](repeating: 0, count: count)
        last[count - 1] = 1
        #expect(!one.isValid(last, one.message))
        last[count / 2 - 1] = 1
        #expect(!one.isValid(last, one.message), "r and s are 1")
    }

    /// r and s lie between 1 and n − 1, s may lie in either half (RFC 7518 §3.4 sets no other bound).
    @Test func `of ECDSA has numbers of its curve's order`() throws {
        let n = bytes(hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let sample = try Self.ecdsa(.p256)
        let (r, s) = (Array(sample.signature.prefix(32)), Array(sample.signature.suffix(32)))
        let zero = [UInt8](repeating: 0, count: 32)
        for (r, s) in [(zero, s), (r, zero), (n, s), (r, n), (zero, zero), (n, n)] {
            #expect(!sample.isValid(r + s, sample.message))
        }
        var (negative, borrow) = (n, 0)
        for index in n.indices.reversed() {
            let digit = Int(n[index]) - Int(s[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            negative[index] = UInt8(digit & 0xFF)
        }
        #expect(sample.isValid(r + negative, sample.message))
    }

    @Test func `of one padding is none of the other`() throws {
        let (one, other) = (try Self.rsa(.pkcs1), try Self.rsa(.pss))
        #expect(!one.isValid(other.signature, other.message))
        #expect(!other.isValid(one.signature, one.message))
    }

    @Test(arguments: samples) func `is verified by several threads at once`(_ one: Sample) async {
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).count { _ in !one.isValid(one.signature, one.message) } }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
