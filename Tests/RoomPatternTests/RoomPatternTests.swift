import RoomPattern
import Testing

/// The reason why a pattern is refused; `nil` if it is taken.
func refusal(of pattern: String) -> RoomPatternError? {
    do throws(RoomPatternError) {
        _ = try RoomPattern(pattern)
        return nil
    } catch {
        return error
    }
}

@Suite struct `A pattern of rooms` {
    @Test(arguments: [
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "stage-1", true), ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a", true),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "-a", false), ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a/b", false),
        ("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "a$", false),
        ("a|b", "a", true), ("a|b", "ab", false), ("a|b", "xb", false), ("(a|b)+", "abba", true), ("x", "xx", false),
        ("^x$", "x", true), (".+", "anything!", true), ("[a-z*+]+", "a*+", true),
        // Of several branches each counts, wherever it stands.
        ("a|ab|abc", "abc", true), ("a|ab", "abb", false), ("(a|ab)(c|bcd)", "abcd", true),
        ("(ab|a)(bc)?", "abc", true),
        ("(a)(b|(c))", "ac", true), ("(a|)b", "b", true), ("(|a)b", "ab", true), ("a()b", "ab", true),
        ("a|", "a", true), ("|a", "a", true), ("^a|b$", "b", true),
        // Brackets.
        ("[])]+", "])", true), ("[^]a]", "b", true), ("[^]a]", "]", false), ("[[:alnum:]_*+-]+", "a_*+-", true),
        ("[a-]", "-", true), ("[-a]", "-", true), ("[--/]", ".", true), ("[!--]", "-", true), ("[[]", "[", true),
        ("[[.a.]-c]", "b", true), ("[[=a=]b]", "a", true), ("[[.-.]]", "-", true), (#"[\]"#, #"\"#, true),
        ("[[:upper:]]", "a", false), ("[^[:upper:]]", "a", true), ("[[:xdigit:]]+", "09afAF", true),
        ("[[:punct:]]+", "!/:@[`{~", true), ("[[:space:]]", "a", false), ("[^[:space:]]+", "a", true),
        ("[$^]+", "^$", true),
        // Repetitions.
        ("a{2}", "aa", true), ("a{2}", "a", false), ("a{2,}", "aaa", true), ("a{2,}", "a", false),
        ("a{,2}b", "b", true),
        ("a{0,1}b", "aab", false), ("a{0}b", "b", true), ("a{0}b", "ab", false), ("(ab){2,3}", "ababab", true),
        ("(ab){2,3}", "abab", true), ("(ab){2,3}", "ab", false), ("(a?){3}", "aa", true), ("(a?){2,3}", "aaaa", false),
        ("(a|b?){2,}", "aabb", true), ("((a*)*)*", "aaa", true), ("((a+)+)+", "aab", false),
        // Escapes of punctuation, and what is a character where nothing could be meant.
        (#"a\)"#, "a)", true), (#"\^\$\.\*\[\]\{\}\|\\\-"#, #"^$.*[]{}|\-"#, true), ("a]", "a]", true),
        ("a}", "a}", true), (#"a\$"#, "a$", true),
        // Beyond visible ASCII is nothing, whatever the pattern.
        (".", " ", false), ("[^a]", "\n", false), (".+", "é", false), ("[^a]+", "\u{7F}", false),
    ])
    func `is matched against the whole text`(pattern: String, text: String, doesMatch: Bool) throws {
        #expect(try RoomPattern(pattern).matches(Array(text.utf8)) == doesMatch)
    }

    @Test(arguments: [
        ("a%20b", 1), ("-a", 0), ("stage-1", 7), ("", 0), (String(repeating: "a", count: 129), 128), ("aé", 1),
    ])
    func `names the first byte that is out of place`(text: String, promise: Int) throws {
        #expect(try RoomPattern("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}").promise(of: Array(text.utf8)) == promise)
    }

    /// Of a text that is matched each byte is in its place; a beginning of it has nothing wrong but its end.
    @Test(arguments: [
        ("room-[0-9]+", "room-12", "room-", 5), ("a|ab|abc", "abc", "abd", 2), ("(a|ab)(c|bcd)", "abcd", "abcb", 3),
        ("(ab){2,3}", "abab", "aba", 3), ("(a?){130}b", "aab", "aac", 2),
    ])
    func `follows a text as far as it can go on`(pattern: String, match: String, other: String, promise: Int) throws {
        let pattern = try RoomPattern(pattern)
        for length in 0...match.utf8.count {
            #expect(pattern.promise(of: Array(match.utf8.prefix(length))) == length)
        }
        #expect(!pattern.matches(Array(other.utf8)))
        #expect(pattern.promise(of: Array(other.utf8)) == promise)
    }

    @Test func `keeps its source`() throws {
        #expect(try RoomPattern("[a-z]+").source == "[a-z]+")
    }

    @Test func `counts its repetitions`() throws {
        let pattern = try RoomPattern("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
        #expect(pattern.matches([UInt8](repeating: 0x61, count: 128)))
        #expect(!pattern.matches([UInt8](repeating: 0x61, count: 129)))
    }

    /// On both sides of each width of the bits, and of each word of them.
    @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 129, 130, 191, 192, 193, 511, 512])
    func `has a position for each copy`(count: Int) throws {
        let exact = try RoomPattern("a{\(count)}")
        let most = try RoomPattern("a{0,\(count)}")
        let least = try RoomPattern("a{\(count),}")
        #expect([exact, most, least].map(\.positions) == [count, count, count])
        for (length, holds) in [
            (count - 1, [false, true, false]), (count, [true, true, true]), (count + 1, [false, false, true]),
        ] {
            let text = [UInt8](repeating: 0x61, count: length)
            #expect([exact, most, least].map { $0.matches(text) } == holds, "\(length)")
        }
    }
}

@Suite struct `A pattern that cannot be taken` {
    @Test(
        arguments: [
            ("", .empty), (String(repeating: "a", count: 257), .tooLong(257)), ("ä", .notVisibleASCII),
            ("a b", .notVisibleASCII), ("a\0", .notVisibleASCII),
            // POSIX gives two repetitions in a row no meaning.
            ("a*+", .doubleRepetition("*", "+")), ("a{2}{3}", .doubleRepetition("}", "{")),
            ("[a-z]+*", .doubleRepetition("+", "*")),
            ("a+?", .doubleRepetition("+", "?")),
            ("a" + String(repeating: "*", count: 116), .doubleRepetition("*", "*")),
            // The C library takes each of these, for other texts than it says.
            ("a)|b", .closingParenthesis), ("a)|(b", .closingParenthesis), ("[a-z]+)|(b)", .closingParenthesis),
            ("a)", .closingParenthesis), ("(^c)+", .anchor("^")), ("(^b|$a){0,2}", .anchor("^")), ("a^", .anchor("^")),
            ("$a", .anchor("$")), ("^a|^b", .anchor("^")), ("(a$)", .anchor("$")), ("^^a", .anchor("^")),
            (#"\<a"#, .foreignEscape("<")), (#"a\'"#, .foreignEscape("'")), (#"[\d]"#, .foreignEscape("d")),
            (#"\d+"#, .foreignEscape("d")), (#"(a)\1"#, .foreignEscape("1")), ("(?i)a", .foreignGroup),
            ("(?", .foreignGroup),
            ("[:alnum:]+", .bareClass("alnum")), ("[^:digit:]", .bareClass("digit")),
            // No id is empty.
            ("()", .onlyEmptyText), ("^$", .onlyEmptyText), ("a{0}", .onlyEmptyText),
            ("(((){30000}){30000}){30000}", .onlyEmptyText),
            ("(|)", .onlyEmptyText),
            // What no extended regular expression is.
            ("[", .syntax(.openBracket)), ("[]", .syntax(.openBracket)), ("[^]", .syntax(.openBracket)),
            ("[a", .syntax(.openBracket)),
            ("[a-", .syntax(.openBracket)), ("[[:alpha:]", .syntax(.openBracket)), ("[[:alpha", .syntax(.openBracket)),
            ("[z-a]", .syntax(.badRange)), ("[a-c-e]", .syntax(.badRange)), ("[[:digit:]-z]", .syntax(.badRange)),
            ("[a-[:digit:]]", .syntax(.badRange)), ("[[=a=]-c]", .syntax(.badRange)), ("[a--]", .syntax(.badRange)),
            ("[[:word:]]", .syntax(.unknownClass("word"))), ("[[.space.]]", .syntax(.collation)),
            ("[[==]]", .syntax(.collation)),
            ("(", .syntax(.openParenthesis)), ("(a|b", .syntax(.openParenthesis)), ("a\\", .syntax(.trailingBackslash)),
            ("*a", .syntax(.nothingToRepeat("*"))), ("a|+", .syntax(.nothingToRepeat("+"))), ("(?)", .foreignGroup),
            ("^*", .syntax(.nothingToRepeat("*"))), ("({2})", .syntax(.nothingToRepeat("{"))),
            ("a{", .syntax(.openBrace)), ("a{2", .syntax(.openBrace)), ("a{x}", .syntax(.badCount)),
            ("a{}", .syntax(.badCount)),
            ("a{3,2}", .syntax(.badCount)), ("a{-1}", .syntax(.badCount)), ("a{1,2,3}", .syntax(.badCount)),
        ] as [(String, RoomPatternError)]
    )
    func `is refused`(pattern: String, error: RoomPatternError) {
        #expect(refusal(of: pattern) == error)
    }

    @Test(arguments: [
        ("a{513}", 513), ("[a-z]{1,300}[a-z]{1,300}", 600), ("((a{0,255}){0,255}){0,9}", 585_225), ("(ab){257}", 514),
        ("(a{30}|b){17}", 527), ("a{500,}b{13}", 513), ("a{99999999999999999999}", 1_000_000_000),
        ("((((((((a{255}){255}){255}){255}){255}){255}){255}){255}){255}", 1_000_000_000),
        ("(a{999999999}b{999999999}c{999999999}){999999999}", 1_000_000_000),
    ])
    func `is refused for its positions, counted before one is made`(pattern: String, positions: Int) {
        #expect(refusal(of: pattern) == .tooManyPositions(positions))
    }

    @Test(arguments: [
        (RoomPatternError.tooManyPositions(585_225), "585,225 positions"),
        (.tooManyPositions(513), "needs 513 positions"),
        (.tooManyPositions(1_000_000_000), "more than 999,999,999 positions"),
        (.tooManyPositions(1000), "may have 512"),
        (.foreignEscape("d"), "write a class such as [0-9]"),
        (.doubleRepetition("*", "+"), "*+, two repetitions in a row"),
        (.anchor("^"), "leave it out"), (.foreignGroup, "(?, which POSIX does not know"),
        (.bareClass("alnum"), "write [[:alnum:]]"),
        (.syntax(.openBracket), "is not a POSIX extended regular expression: a ["),
        (.syntax(.unknownClass("word")), "[:word:]; there are alnum, alpha"),
    ])
    func `is told what would be right`(error: RoomPatternError, words: String) {
        #expect(error.problem.contains(words), "\(error.problem)")
    }
}

@Suite struct `The steps of a match` {
    private static let nested = "((" + String(repeating: "a?", count: 120) + "){4})*"

    /// Each of these has all positions active at once, and some each after each.
    @Test(arguments: [
        nested, "((a?){512})*", "(a*){512}", "((((a?){8})*){8})*", "([!-~]?){512}", "((a|b|c|d){0,128})*",
    ])
    func `are at most one for each position and byte, of whatever pattern`(source: String) throws {
        let pattern = try RoomPattern(source)
        #expect(pattern.positions <= RoomPattern.maximumPositions)
        let text = [UInt8](repeating: 0x61, count: 256)
        #expect(pattern.matches(text))
        #expect(pattern.steps(matching: text) <= 256 * pattern.positions)
    }

    @Test(arguments: [
        ("(a+)+b", 256 * 1), ("((((a+)+)+)+)+b", 256 * 1), ("[a-z]{1,256}[a-z]{1,256}", 256 * 257),
        ("(a?){100}a{100}", 256 * 200),
        ("(a|aa|aaa|aaaa)+b", 256 * 10),
    ])
    func `do not grow with the ways to match`(source: String, most: Int) throws {
        let steps = try RoomPattern(source).steps(matching: [UInt8](repeating: 0x61, count: 256))
        #expect(steps <= most)
    }

    /// Copies follow one another alone, so that of a count one position is active at a time.
    @Test func `are one a byte where a text can be in one place alone`() throws {
        let pattern = try RoomPattern("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
        #expect(pattern.steps(matching: [UInt8](repeating: 0x61, count: 128)) == 127)
    }

    @Test func `end with the text, or where no position is left`() throws {
        let pattern = try RoomPattern("ab+")
        #expect(pattern.steps(matching: Array("abbb".utf8)) == 3)
        #expect(pattern.steps(matching: Array("axbbbbbbbb".utf8)) == 1)
        #expect(pattern.steps(matching: Array("xbbbbbbbbb".utf8)) == 0)
        #expect(pattern.steps(matching: []) == 0)
    }
}
