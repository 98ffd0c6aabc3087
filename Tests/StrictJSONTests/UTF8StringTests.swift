import StrictJSON
import Testing

@Suite struct `text` {
    /// Pairs that `String ==` takes for equal.
    static let lookalikes: [(UTF8String, UTF8String)] = [
        ("\u{E9}", "e\u{301}"), ("K", "\u{212A}"), ("\u{C5}", "\u{212B}"), (";", "\u{37E}"),
        ("\u{1100}\u{1161}", "\u{AC00}"),
    ]

    @Test(arguments: lookalikes)
    func `texts are equal only if their bytes are`(_ one: UTF8String, _ other: UTF8String) {
        #expect(one.description == other.description, "the pair shows something only while String takes it for equal")
        #expect(one != other)
        #expect(Set([one, other]).count == 2)
    }

    @Test func `order is that of the bytes`() {
        let texts: [UTF8String] = ["\u{10000}", "\u{FFFF}", "b", "a", "\u{E9}", "B", "", "ab"]
        #expect(texts.sorted() == ["", "B", "a", "ab", "b", "\u{E9}", "\u{FFFF}", "\u{10000}"])
    }

    @Test(
        arguments: [[0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xE2, 0x82]] as [[UInt8]]
    )
    func `bytes that are not UTF-8 make no text (RFC 3629 §3)`(_ bytes: [UInt8]) {
        #expect(UTF8String(validating: bytes) == nil)
    }

    @Test func `bytes stay as they are`() {
        let bytes: [UInt8] = [0x00, 0x65, 0xCC, 0x81, 0xEF, 0xBB, 0xBF, 0xF4, 0x8F, 0xBF, 0xBF]
        #expect(UTF8String(validating: bytes)?.utf8 == bytes)
    }
}
