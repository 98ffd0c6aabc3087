import RoomAccess
import StrictJSON
import Testing

@Suite struct `a user's name` {
    static let good = [
        "Ada", "Ada \"L\" Ünï", " Ada ", "名前", "ع", "👩‍👩‍👧", "e\u{301}", "a\u{200D}b", "\u{FFFD}",
        String(repeating: "a", count: 256), String(repeating: "ä", count: 128),
    ]
    static let bad = [
        "", "\u{202E}ada", "ada\u{202E}", "a\u{2066}b\u{2069}", "a\u{200F}", "a\u{061C}", "a\nb", "\u{1B}[31m",
        "a\u{7F}",
        "a\u{85}", "\0", " ", "\u{A0}\u{3000}", "\u{200B}\u{200D}", "\u{FEFF}", "\u{3164}", "\u{2800}", "\u{E0041}",
        String(repeating: "a", count: 257), String(repeating: "ä", count: 129),
    ]

    @Test(arguments: good) func `shows as what it is`(_ text: String) {
        #expect(UserName(UTF8String(text))?.text == UTF8String(text))
    }

    @Test(arguments: bad) func `has nothing that deceives, and something to see`(_ text: String) {
        #expect(UserName(UTF8String(text)) == nil)
    }

    /// The standard library has the Unicode Character Database too.
    @Test func `judges each code point as Unicode has it`() {
        var wrong: [UInt32] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let isRefused = properties.generalCategory == .control || properties.isBidiControl
            let isInvisible = properties.isDefaultIgnorableCodePoint || properties.isWhitespace || value == 0x2800
            let alone = UserName(UTF8String(String(scalar)))
            let beside = UserName(UTF8String("a\(scalar)"))
            if (alone != nil) == (isRefused || isInvisible) || (beside != nil) == isRefused { wrong.append(value) }
        }
        #expect(wrong.map { String($0, radix: 16) } == [])
    }
}
