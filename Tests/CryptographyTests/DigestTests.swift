import Cryptography
import TestSupport
import Testing

@Suite struct `a digest` {
    /// The examples of FIPS 180-4, and the empty message.
    static let examples: [(message: String, sha256: String, sha1: String)] = [
        (
            "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        ),
        (
            "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
            "a49b2446a02c645bf419f995b67091253a04a259"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
        ),
    ]

    @Test(arguments: examples)
    func `is that of FIPS 180-4`(_ message: String, _ sha256Digest: String, _ sha1Digest: String) {
        #expect(hex(sha256(Array(message.utf8))) == sha256Digest)
        #expect(hex(sha1(Array(message.utf8))) == sha1Digest)
    }

    @Test func `has the length that it says`() {
        #expect(sha256([]).count == SHA256.digestLength)
    }
}

@Suite struct `a comparison of secrets` {
    @Test func `finds a difference in each single bit`() {
        var generator = SeededGenerator(seed: 1)
        let secret = generator.bytes(32)
        #expect(areEqual(secret, Array(secret)))
        for index in 0..<(32 * 8) {
            var other = secret
            other[index / 8] ^= 1 << UInt8(index % 8)
            #expect(!areEqual(secret, other), "bit \(index)")
        }
    }

    @Test func `takes sequences of two lengths for different, whatever they share`() {
        let secret: [UInt8] = [1, 2, 3]
        #expect(!areEqual(secret, [1, 2]))
        #expect(!areEqual([], secret))
        #expect(areEqual([], []))
    }
}
