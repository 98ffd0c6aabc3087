import StrictJSON
import Testing
import TokenEndpoint

@testable import livekit_tokend

@Suite struct `A pattern for ids` {
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
    func `is matched against the whole id`(pattern: String, id: String, isAllowed: Bool) throws {
        #expect((try IDPattern(posixExtended: pattern).identifier(UTF8String(id)) != nil) == isAllowed)
    }

    @Test func `counts its repetitions`() throws {
        let pattern = try IDPattern(posixExtended: "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
        #expect(pattern.identifier(UTF8String(String(repeating: "a", count: 128))) != nil)
        #expect(pattern.identifier(UTF8String(String(repeating: "a", count: 129))) == nil)
    }

    @Test func `never lets through what the hard rule forbids`() throws {
        let pattern = try IDPattern(posixExtended: ".*")
        for id in ["", "a b", "a\n", "ä", "a\u{0}b", UTF8String(String(repeating: "a", count: 257))] as [UTF8String] {
            #expect(pattern.identifier(id) == nil)
        }
    }

    /// Found by fuzzing: the C library did not come back from a hundred stars.
    @Test(arguments: [
        "a" + String(repeating: "*", count: 116), "a*+", "a{2}{3}", "[a-z]+*", String(repeating: "a", count: 257),
    ])
    func `is refused where compiling it has no end, or no meaning`(pattern: String) {
        #expect(throws: PatternError.self) { try IDPattern(posixExtended: pattern) }
    }

    /// Each of these compiles, and would let through other ids than it says, or nobody knows which.
    @Test(arguments: [
        "a)|b", "a)|(b", "[a-z]+)|(b)", "a)", "(^c)+", "(^b|$a){0,2}", "a^", "$a", "^a|^b", #"\<a"#, #"a\'"#, #"[\d]"#,
        "(?i)a",
    ])
    func `is refused where the C library takes it for something else`(pattern: String) {
        #expect(throws: PatternError.self) { try IDPattern(posixExtended: pattern) }
    }

    @Test func `ends in no time, whatever a request sends`() throws {
        let pattern = try IDPattern(posixExtended: "(a+)+b")
        #expect(pattern.identifier(UTF8String(String(repeating: "a", count: 256))) == nil)
    }
}

@Suite struct `A duration` {
    @Test(arguments: [
        ("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("0", 0), ("007", 7),
    ])
    func `is a number of seconds, or of the unit after it`(text: String, seconds: Int64) {
        #expect(Duration.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "s", "5 m", "-5", "+5", "1.5h", "5M", "5min", "٥m", "99999999999", "999999d", "1h30m", "5m\n",
    ])
    func `is nothing else`(text: String) {
        #expect(Duration.seconds(text) == nil)
    }

    @Test(arguments: [(300, "5m"), (90, "90s"), (3600, "1h"), (86_400, "1d"), (0, "0s"), (5400, "90m")])
    func `is written the shortest way`(seconds: Int64, text: String) {
        #expect(Duration.text(seconds) == text)
        #expect(Duration.seconds(text) == seconds)
    }
}
