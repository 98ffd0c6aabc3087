import Cryptography
import Testing

@Suite struct `HMAC-SHA-256` {
    struct Example: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let code: String
    }

    /// RFC 4231 §4; case 5 is one of a code that is cut short.
    static let examples = [
        Example(
            key: [UInt8](repeating: 0x0b, count: 20),
            message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        Example(
            key: Array("Jefe".utf8),
            message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        Example(
            key: [UInt8](repeating: 0xaa, count: 20),
            message: [UInt8](repeating: 0xdd, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        Example(
            key: Array(1...25),
            message: [UInt8](repeating: 0xcd, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        Example(
            key: [UInt8](repeating: 0x0c, count: 20),
            message: Array("Test With Truncation".utf8),
            code: "a3b6167473100ee06e0c796c2955552b"
        ),
        Example(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        Example(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data."
                    + " The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: examples)
    func `is that of RFC 4231`(_ example: Example) {
        #expect(hex(hmac(example.key, example.message)).hasPrefix(example.code))
    }

    @Test func `takes an empty key and an empty message`() {
        #expect(hex(hmac([], [])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func `gives the same code for the same message, whatever came between`() {
        let hmac = HMACSHA256(key: [1, 2, 3].span)
        let first = hmac.bytes([4])
        _ = hmac.bytes([UInt8](repeating: 5, count: 1000))
        #expect(hmac.bytes([4]) == first)
    }

    @Test func `serves several threads at once`() async {
        let hmac = HMACSHA256(key: Array("a key of thirty-two or more bytes".utf8).span)
        let message = [UInt8](repeating: 7, count: 600)
        let right = hmac.bytes(message)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1000).count { _ in !hmac.isValid(right, message) } }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test func `holds for the whole code alone`() {
        let hmac = HMACSHA256(key: [1].span)
        let code = hmac.bytes([2])
        #expect(hmac.isValid(code, [2]))
        #expect(!hmac.isValid(code, [3]))
        #expect(!hmac.isValid(Array(code.dropLast()), [2]))
        #expect(!hmac.isValid(code + [0], [2]))
        #expect(!hmac.isValid([], [2]))
    }

    @Test func `prints nothing of the key`() {
        let hmac = HMACSHA256(key: Array("correct horse battery staple".utf8).span)
        #expect("\(hmac)" == "HMACSHA256(redacted)")
        var dumped = ""
        dump(hmac, to: &dumped)
        #expect(dumped == "- HMACSHA256(redacted)\n")
    }
}
