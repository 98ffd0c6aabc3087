import CommandLineInterface
import Testing

@Suite struct `The words after a command` {
    /// Words after `lend`, and the values that they give.
    static let accepted: [(words: [String], values: Lent)] = [
        (["b", "--role", "adult"], Lent()),
        (["b", "--role=adult"], Lent()),
        (["--role", "adult", "b"], Lent()),
        (["b", "r", "--role", "adult"], Lent(reader: "r")),
        (["b", "--role", "adult", "r"], Lent(reader: "r")),
        // The last one counts.
        (["b", "--role", "child", "--role", "adult"], Lent()),
        (["b", "--role", "adult", "--json", "--json"], Lent(json: true)),
        (["b", "--role", "adult", "--config", "x", "--config=y"], Lent(config: "y")),
        // What is attached is the value, whatever it is.
        (["b", "--role="], Lent(role: "")),
        (["b", "--role", ""], Lent(role: "")),
        (["b", "--role=="], Lent(role: "=")),
        (["b", "--role=a=b"], Lent(role: "a=b")),
        (["b", "--role=--json"], Lent(role: "--json")),
        (["b", "--role=--"], Lent(role: "--")),
        (["b", "--role=-h"], Lent(role: "-h")),
        (["b", "--role=\u{301}"], Lent(role: "\u{301}")),
        (["b", "--role=\u{301}=\u{301}"], Lent(role: "\u{301}=\u{301}")),
        // One dash begins a value as well as any other sign.
        (["b", "--role", "adult", "--until", "-1"], Lent(until: "-1")),
        (["b", "--role", "adult", "--until", "-1h"], Lent(until: "-1h")),
        (["b", "--role", "adult", "--until", "-"], Lent(until: "-")),
        (["b", "--role", "adult", "--until", "-h"], Lent(until: "-h")),
        // A dash alone is an operand, and so is all that comes after two.
        (["-", "--role", "adult"], Lent(book: "-")),
        (["", "--role", "adult"], Lent(book: "")),
        (["--role", "adult", "--", "b"], Lent()),
        (["b", "--role", "adult", "--"], Lent()),
        (["--role", "adult", "--", "--json", "-h"], Lent(book: "--json", reader: "-h")),
        (["--role", "adult", "--", "--"], Lent(book: "--")),
        (["b", "--role", "adult", "--", "--"], Lent(reader: "--")),
        (["e\u{301}", "--role", "\u{1F4D6}"], Lent(book: "e\u{301}", role: "\u{1F4D6}")),
    ]

    @Test(arguments: accepted.indices) func `are read by the conventions of GNU`(index: Int) {
        let (words, values) = Self.accepted[index]
        #expect(Outcome(["lend"] + words) == .lent(values), "\(words)")
    }

    /// Words after `lend`, and what is said of them.
    static let refused: [(words: [String], message: String)] = [
        ([], "missing <book>: The book."),
        (["b"], "missing --role <role>: What the reader is [adult or child]."),
        (["--role", "adult"], "missing <book>: The book."),
        (["b", "r", "x", "y", "--role", "adult"], "unexpected argument x"),
        (["b", "r", "", "--role", "adult"], "unexpected argument ''"),
        (["b", "--role", "adult", "--until"], "--until <time> lacks its value"),
        (["b", "--role"], "--role <role> lacks its value"),
        (["b", "--json=true"], "--json takes no value"),
        (["b", "--json="], "--json takes no value"),
        (["b", "--help=x"], "--help takes no value"),
        // A value that begins with two dashes nearly always is the next option.
        (
            ["b", "--until", "--role", "adult"],
            "--until <time> lacks its value; one that begins with -- comes after --until="
        ),
        (["b", "--role", "--"], "--role <role> lacks its value; one that begins with -- comes after --role="),
        (["b", "--role", "--x"], "--role <role> lacks its value; one that begins with -- comes after --role="),
        // No beginning of a name stands for it, because a new option would change what it means.
        (["b", "--rol", "adult"], "unknown option --rol; did you mean --role?"),
        (["b", "--roel", "adult"], "unknown option --roel; did you mean --role?"),
        (["b", "--ROLE", "adult"], "unknown option --ROLE"),
        (["b", "--confg=x"], "unknown option --confg; did you mean --config?"),
        (["b", "-json"], "unknown option -json; did you mean --json?"),
        (["b", "--no-json"], "unknown option --no-json; did you mean --json?"),
        (["b", "--vresion"], "unknown option --vresion; did you mean --version?"),
        (["b", "-j"], "unknown option -j"), (["b", "-hx"], "unknown option -hx"),
        (["b", "-h=1"], "--help takes no value"),
        (["b", "-hh"], "unknown option -hh"), (["b", "-1"], "unknown option -1"), (["b", "--=x"], "unknown option --"),
        (["b", "---role"], "unknown option ---role; did you mean --role?"),
        (["b", "--role\u{301}=x"], "unknown option --role\u{301}; did you mean --role?"),
        (["b", "--something-else"], "unknown option --something-else"),
        // An unknown option is said before what is missing, and before what is too much.
        (["--roel", "adult"], "unknown option --roel; did you mean --role?"),
        (["b", "r", "x", "--roel"], "unknown option --roel; did you mean --role?"),
        // The first fault is said.
        (["b", "--x", "--help"], "unknown option --x"),
        (["b", "--role", "child"], "a child says until when: give --until"),
    ]

    @Test(arguments: refused.indices) func `are refused with the fault, and with what was meant`(index: Int) {
        let (words, message) = Self.refused[index]
        #expect(Outcome(["lend"] + words) == .refused("lend: " + message), "\(words)")
    }

    @Test func `ask for help or the version in spite of what else there is`() {
        for word in ["-h", "--help"] {
            for words in [
                [word], ["b", word], [word, "--nonsense"], ["a", "b", "c", word], ["--json", word, "--", "x"],
            ] {
                #expect(Outcome(["lend"] + words) == Outcome(["help", "lend"]), "\(words)")
            }
        }
        #expect(Outcome(["lend", "b", "--version", "--nonsense"]) == .printed("1.2.3\n"))
        #expect(Outcome(["lend", "--", "--version"]) != .printed("1.2.3\n"))
    }

    @Test func `give a value that is left out its default`() {
        #expect(Outcome(["shelf", "add"]) == .added("new"))
        #expect(Outcome(["shelf", "add", ""]) == .added(""))
    }
}

@Test func `are quoted in part where they are long, of combining marks too`() {
    let word = "e" + String(repeating: "\u{301}", count: 5000)
    guard case .refused(let message) = Outcome(["shelf", word]) else { return #expect(Bool(false), "taken") }
    #expect(message.unicodeScalars.count { $0 == "\u{301}" } == 99)
}

@Suite struct `What an error quotes` {
    static let dangers: [(word: String, quoted: String)] = [
        ("a\u{1B}[2Jb", "a?[2Jb"), ("\u{9B}2J", "?2J"), ("a\r\nb", "a??b"), ("\u{7F}", "?"),
        ("a\u{2028}b\u{2029}", "a?b?"),
        ("\u{202E}txt", "?txt"), ("\u{2066}x\u{2069}", "?x?"), ("\u{200F}", "?"), ("\u{61C}", "?"), ("\t", "?"),
        ("zoë 📖", "zoë 📖"), ("", "''"), (String(repeating: "x", count: 131_000), String(repeating: "x", count: 100)),
    ]

    @Test(arguments: dangers.indices) func `commands no terminal, and is short`(index: Int) {
        let (word, quoted) = Self.dangers[index]
        #expect(Outcome(["lend", "b", "r", word, "--role", "r"]) == .refused("lend: unexpected argument \(quoted)"))
        #expect(Outcome(["shelf", word]) == .refused("shelf: unknown command \(quoted); the commands are add, list"))
        if !word.isEmpty {
            #expect(Outcome(["lend", "--\(word)"]) == .refused("lend: unknown option \(("--" + quoted).prefix(100))"))
        }
    }
}
