import Daemon
import Testing

@Suite struct `A POSIX pattern` {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try POSIXPattern(pattern).matches(Array(text.utf8))
    }

    @Test(arguments: [
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "stage-1", true),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a", true),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "-a", false),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a/b", false),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a$", false),
        ("a|b", "a", true),
        ("a|b", "ab", false),
        ("a|b", "xb", false),
        ("(a|b)+", "abba", true),
        ("x", "xx", false),
        ("^x$", "x", true),
        (".+", "anything!", true),
        ("[a-z*+]+", "a*+", true),
        // Of several matches the longest counts, wherever it stands among the alternatives.
        ("a|ab|abc", "abc", true),
        ("a|ab", "abb", false),
        ("(a|ab)(c|bcd)", "abcd", true),
        ("(ab|a)(bc)?", "abc", true),
        ("[])]+", "])", true),
        ("[^]a]", "b", true),
        ("[[:alnum:]_*+-]+", "a_*+-", true),
        ("(a)(b|(c))", "ac", true),
        (#"a\)"#, "a)", true),
    ])
    func `is matched against the whole text`(pattern: String, text: String, doesMatch: Bool) throws {
        #expect(try matches(pattern, text) == doesMatch)
    }

    @Test func `counts its repetitions`() throws {
        let pattern = "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
        #expect(try matches(pattern, String(repeating: "a", count: 128)))
        #expect(try !matches(pattern, String(repeating: "a", count: 129)))
    }

    /// Found by fuzzing: the C library did not come back from a hundred stars.
    @Test(arguments: [
        "a" + String(repeating: "*", count: 116), "a*+", "a{2}{3}", "[a-z]+*", String(repeating: "a", count: 257),
    ])
    func `is refused where compiling it has no end, or no meaning`(pattern: String) {
        #expect(throws: POSIXPatternError.self) { try POSIXPattern(pattern) }
    }

    /// Each of these compiles, and would match other texts than it says, or texts that depend on the C library.
    @Test(arguments: [
        "a)|b", "a)|(b", "[a-z]+)|(b)", "a)", "(^c)+", "(^b|$a){0,2}", "a^", "$a", "^a|^b", #"\<a"#, #"a\'"#, #"[\d]"#,
        "(?i)a",
    ])
    func `is refused where the C library reads it as something else`(pattern: String) {
        #expect(throws: POSIXPatternError.self) { try POSIXPattern(pattern) }
    }

    @Test func `ends in no time, for every text`() throws {
        #expect(try !matches("(a+)+b", String(repeating: "a", count: 256)))
    }
}
