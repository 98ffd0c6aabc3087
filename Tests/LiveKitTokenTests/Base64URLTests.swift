import LiveKitToken
import TestSupport
import Testing

@Suite struct `base64url` {
    struct Vector: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let characters: String

        init(_ text: String, _ characters: String) {
            self.init(Array(text.utf8), characters)
        }

        init(_ bytes: [UInt8], _ characters: String) {
            self.bytes = bytes
            self.characters = characters
        }

        var testDescription: String { "\(bytes) is \"\(characters)\"" }
    }

    static let vectors: [Vector] = [
        // RFC 4648 §10, without padding
        Vector("", ""), Vector("f", "Zg"), Vector("fo", "Zm8"), Vector("foo", "Zm9v"), Vector("foob", "Zm9vYg"),
        Vector("fooba", "Zm9vYmE"), Vector("foobar", "Zm9vYmFy"),
        // RFC 4648 §9
        Vector([0x14, 0xFB, 0x9C, 0x03, 0xD9, 0x7E], "FPucA9l-"), Vector([0x14, 0xFB, 0x9C, 0x03, 0xD9], "FPucA9k"),
        Vector([0x14, 0xFB, 0x9C, 0x03], "FPucAw"),
        // RFC 7515 Appendix C
        Vector([3, 236, 255, 224, 193], "A-z_4ME"),
    ]

    @Test(arguments: vectors)
    func `the vectors of the standards hold both ways`(_ vector: Vector) {
        #expect(String(decoding: Base64URL.encode(vector.bytes), as: UTF8.self) == vector.characters)
        #expect(Base64URL.decode(vector.characters.utf8) == vector.bytes)
    }

    @Test func `every byte has its characters`() {
        let characters =
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0BBQkNERUZHSElK"
            + "S0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn-AgYKDhIWGh4iJiouMjY6PkJGSk5SV"
            + "lpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq-wsbKztLW2t7i5uru8vb6_wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t_g"
            + "4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fr7_P3-_w"
        #expect(String(decoding: Base64URL.encode(UInt8.min...UInt8.max), as: UTF8.self) == characters)
        #expect(Base64URL.decode(characters.utf8) == Array(UInt8.min...UInt8.max))
    }

    @Test(arguments: [
        "Zg==", "Zm8=", "Zm9v=", "=", "Zg=", "=Zg", "Z=g",  // padding
        "Zh", "Zv", "Zm9", "Zm-", "Zm9vYmF", "_x",  // trailing bits that are not zero (RFC 4648 §3.5)
        "Z", "Zm9vY",  // no number of bytes has this length
        "Zm 9v", " Zg", "Zg ", "Zg\n", "Zm9v\r\nYmFy", "\tZg",  // white space
        "FPucA9l+", "A+z/4ME", "Zm9v.", "Zm9v,", "Zm9vé", "Ｚg", "Zg\0", "%5Fw",  // other characters
    ])
    func `a spelling that the encoder does not give is refused`(_ characters: String) {
        #expect(Base64URL.decode(characters.utf8) == nil)
    }

    /// One spelling for each value: what decodes encodes back to itself.
    @Test func `no two spellings decode to the same bytes`() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for first in alphabet {
            for second in alphabet {
                let two = [first, second]
                #expect(Base64URL.decode(two).map(Base64URL.encode) ?? two == two)
                #expect(Base64URL.decode(two + two).map(Base64URL.encode) == two + two)
            }
        }
        #expect(alphabet.flatMap { first in alphabet.compactMap { Base64URL.decode([first, $0]) } }.count == 256)
    }

    @Test func `each of the 256 bytes is in the alphabet or refused`() {
        let accepted = (UInt8.min...UInt8.max).filter { Base64URL.decode([$0, $0, $0, $0]) != nil }
        #expect(
            String(decoding: accepted, as: UTF8.self)
                == "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
        )
    }

    @Test func `bytes of any length come back`() {
        var generator = SeededGenerator(seed: 4648)
        for length in 0...130 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let characters = Base64URL.encode(bytes)
            #expect(characters.count == (length * 4 + 2) / 3)
            #expect(Base64URL.decode(characters) == bytes)
        }
    }
}
