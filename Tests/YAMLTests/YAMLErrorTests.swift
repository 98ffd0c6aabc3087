import Testing
import YAML

@Suite struct `A text that is refused as YAML` {
    @Test(arguments: [
        Refused([0x61, 0x0A, 0xFF], .notUTF8, line: 2),
        Refused([0x61, 0x0A, 0x0A, 0x22, 0xC0, 0x80, 0x22], .notUTF8, line: 3),
        Refused([0x0A, 0xE0, 0x80, 0xAF], .notUTF8, line: 2),
        Refused([0x0A, 0xED, 0xA0, 0x80], .notUTF8, line: 2),
        Refused([0x0A, 0xF4, 0x90, 0x80, 0x80], .notUTF8, line: 2),
        Refused([0x0D, 0x0A, 0xC3], .notUTF8, line: 2),
        Refused([0xFF, 0xFE, 0x61, 0x00], .utf16, line: 1),
        Refused([0xFE, 0xFF, 0x00, 0x61], .utf16, line: 1),
        Refused([0x61, 0x00, 0x3A, 0x00], .character("\0"), line: 1),
    ])
    func `is so for its encoding`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test(
        arguments: [
            "\0", "\u{1}", "\u{8}", "\u{B}", "\u{C}", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{84}", "\u{86}",
            "\u{9B}",
            "\u{9F}", "\u{FFFE}", "\u{FFFF}",
        ] as [Unicode.Scalar]
    )
    func `is so for a character that YAML does not allow, wherever it is`(_ scalar: Unicode.Scalar) {
        for text in ["a: 1\nb: x\(scalar)", "a: 1\n# \(scalar)", "a: 1\n'\(scalar)", "\r\n|\(scalar)"] {
            let refused = Refused(text, .character(scalar), line: 2)
            #expect(refused.error == refused.expected)
        }
    }

    @Test(arguments: [
        Refused("a:\n\tb: 1\n", .tab, line: 2),
        Refused("a:\n  b: 1\n\tc: 2\n", .tab, line: 3),
        Refused("a:\n  b: '1'\n  \tc: 2\n", .tab, line: 3),
        Refused("a:\n  - b\n\t- c\n", .tab, line: 3),
        Refused("\ta: 1\n", .tab, line: 1),
        Refused("a: |\n\tb\n", .tab, line: 2),
        Refused("a:\n\u{A0}\u{A0}b: 1\n  c: 2\n", .noBreakSpace, line: 2),
        Refused("a:\n \u{A0}b: 1\n", .noBreakSpace, line: 2),
        Refused("a:\u{A0}1\nb: 2\n", .noBreakSpace, line: 1),
        Refused("a: 1\nb:\u{A0}2\n", .noBreakSpace, line: 2),
        Refused("a:\u{A0}1", .noBreakSpace, line: 1),
        Refused("a: \u{A0}1", .noBreakSpace, line: 1),
        Refused("a:\n  -\u{A0}b\n", .noBreakSpace, line: 2),
        Refused("- a\n\u{A0}- b\n", .noBreakSpace, line: 2),
        Refused("a: 1\u{A0}# one\n", .noBreakSpace, line: 1),
        Refused("a:\n  b\n\u{A0} c\n", .noBreakSpace, line: 3),
        Refused("a: x\n  y\n  z:\u{A0}1\n", .noBreakSpace, line: 3),
    ])
    func `is so for white space that looks right, with the line of that`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test(arguments: [
        Refused("a: !x 1", .tag, line: 1), Refused("a:\n  !!str 1", .tag, line: 2), Refused("!!map {}", .tag, line: 1),
        Refused("- a\n- ! b", .tag, line: 2), Refused("!!seq\n- a", .tag, line: 1),
        Refused("{!!str a: 1}", .tag, line: 1),
        Refused("!<tag:example.com,2000:x> a", .tag, line: 1), Refused("!!binary aGk=", .tag, line: 1),
        Refused("%TAG ! tag:example.com,2000:\n---\na", .tag, line: 1),
    ])
    func `is so for a tag`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test(arguments: [
        Refused("--- a\n--- b\n", .secondDocument, line: 2), Refused("a: 1\n---\n", .secondDocument, line: 2),
        Refused("---\n---\n", .secondDocument, line: 2), Refused("a\n...\n\n---\nb\n", .secondDocument, line: 4),
    ])
    func `is so for a second document`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test(arguments: [
        ("a: 1\n...\njunk\n", 3), ("%YAML 1.3\n---\na", 1), ("%YAML 2.0\n---\na", 1), ("{a: 1\n", 2), ("a: 'b\n", 2),
        ("a: b: c", 1), ("a: ]", 1), ("a: @b", 1), ("a: %b", 1), ("a: `b", 1), ("a: \"\\q\"", 1), ("a\n: b: c", 2),
        ("a: [b, , c]", 1), ("a: 1\n b: 2", 2), ("a\u{2028}b: 1\nc: 2", 2), ("{a: 1\n...\n", 2), ("a: - b", 1),
        ("%\n", 1), (String(repeating: "%", count: 60_000), 1), ("a:\n  b: 1\n c: 2", 3), ("a: &x *x", 1),
        // A tab that does not indent, and a no-break space in a comment, are not to blame.
        ("a: &\tb\n", 1), ("a: *\tb\n", 1), ("a: [b,\n# see:\u{A0}c\n  d\ne: 1\n", 4),
    ])
    func `is so for a fault of the syntax, with its line`(_ text: String, line: Int) {
        let error = Refused(text, .tab, line: line).error
        #expect(error?.line == line)
        #expect(error?.kind.isSyntax == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        Refused("a: 1\n\u{1B}", .character("\u{1B}"), line: 2), Refused("\u{FFFF}", .character("\u{FFFF}"), line: 1),
        Refused("*x", .undefinedAlias("x"), line: 1), Refused("{a: {b: 1, b: 2}}", .duplicateKey(["a", "b"]), line: 1),
        Refused("a: @", .syntax("found character that cannot start any token"), line: 1),
    ])
    func `says what it is`(_ text: Refused) throws {
        let problem =
            switch text.kind {
            case .character("\u{1B}"): "has the control character U+001B; remove it"
            case .character: "has the character U+FFFF; remove it"
            case .undefinedAlias: "has the alias *x without a complete &x above it"
            case .duplicateKey: "a.b is written twice; keep one"
            default: "is not YAML: found character that cannot start any token"
            }
        #expect(text.error?.problem == problem)
    }

    @Test func `says how much would be taken`() {
        #expect(Refused(String(repeating: "[", count: 99), .tooDeep, line: 1).error?.problem.contains("32") == true)
        #expect(
            Refused(String(repeating: "-\n", count: 20_000), .tab, line: 1).error?.problem.contains("20000") == true
        )
    }
}
