import CGetopt
import CommandLineInterface
import TestSupport
import Testing

/// What getopt_long(3) makes of words, by the rules of `lend` for what is required and what is too much.
private struct Oracle {
    /// What our parser refuses and getopt_long does not.
    enum Difference: CaseIterable {
        case abbreviation
        case lettersAfterH
        case optionAsValue
    }

    private static let help = Outcome(["help", "lend"])

    let outcome: Outcome
    /// The first of them in the words, up to where getopt_long's caller stops.
    let difference: Difference?

    init(_ words: [String]) throws {
        let text = words.flatMap { $0.utf8CString }
        try #require(unsafe oracle_begin(text, text.count))
        var lent = Lent(role: "")
        var (hasRole, difference) = (false, Difference?.none)
        var outcome: Outcome?
        while outcome == nil {
            let found = unsafe oracle_next()
            let value = unsafe found.value.map { unsafe String(cString: $0) } ?? ""
            if difference == nil {
                difference =
                    if unsafe found.is_abbreviated { .abbreviation } else if unsafe found.has_more_letters {
                        .lettersAfterH
                    } else if unsafe found.takes_option_as_value { .optionAsValue } else { nil }
            }
            switch unsafe UInt8(exactly: found.option).map({ Character(Unicode.Scalar($0)) }) {
            case "r": (lent.role, hasRole) = (value, true)
            case "u": lent.until = value
            case "c": lent.config = value
            case "j": lent.json = true
            case "h": outcome = Self.help
            case "v": outcome = .printed("1.2.3\n")
            case "?": outcome = .refused("")
            default:
                var operands: [String] = []
                while let operand = unsafe oracle_operand() { operands.append(unsafe String(cString: operand)) }
                guard hasRole, 1...2 ~= operands.count else {
                    outcome = .refused("")
                    break
                }
                (lent.book, lent.reader) = (operands[0], operands.dropFirst().first)
                outcome = lent.role == "child" && lent.until == nil ? .refused("") : .lent(lent)
            }
        }
        self.outcome = outcome ?? .refused("")
        self.difference = difference
    }
}

@Suite struct `Beside getopt_long of the C library` {
    private static let vocabulary = [
        "--role", "--role", "--role=adult", "--role=child", "--role=", "--role=\u{301}", "--role==", "--rol", "--r=x",
        "--roel",
        "--until", "--until=+1", "--until=--json", "--unti", "--json", "--json=true", "--js", "--config", "--config=é",
        "--conf", "--help", "--hel", "--help=x", "--version", "--v", "-h", "-h", "-hx", "-h=1", "-hh", "-j", "-json",
        "-1",
        "-1h", "-", "--", "", "b", "b", "r", "adult", "child", "--=x", "--=", "--nonsense", "--nonsense=1", "e\u{301}",
        "---role",
        "=", "--json\u{301}", "\u{301}", "-\u{301}",
    ]

    /// Words that often are right: half of the lists begin with what `lend` needs.
    private static func words(using generator: inout SeededGenerator) -> [String] {
        let beginning = [[], [], ["b", "--role=adult"], ["--role", "x", "b"]].randomElement(using: &generator) ?? []
        return beginning
            + (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                vocabulary.randomElement(using: &generator) ?? ""
            }
    }

    @Test func `100,000 random lists of words come to the same values, but for three things that we refuse`() throws {
        var generator = SeededGenerator(seed: 11)
        var (accepted, informed, refused) = (0, 0, 0)
        var differences: [Oracle.Difference: Int] = [:]
        for _ in 0..<100_000 {
            let words = Self.words(using: &generator)
            let (ours, oracle) = (Outcome(["lend"] + words), try Oracle(words))
            switch (ours, oracle.outcome) {
            case (.lent(let ours), .lent(let theirs)) where ours == theirs && oracle.difference == nil: accepted += 1
            case (.printed(let ours), .printed(let theirs)) where ours == theirs && oracle.difference == nil:
                informed += 1
            case (.refused, .refused): refused += 1
            case (.refused, _):
                let difference = try #require(oracle.difference, "refused without a reason: \(words)")
                differences[difference, default: 0] += 1
            default: Issue.record("\(words): \(ours), and getopt_long \(oracle.outcome)")
            }
        }
        // Each kind was tried often enough to mean something.
        #expect(min(accepted, informed, refused) > 5000, "\(accepted) \(informed) \(refused)")
        #expect(Oracle.Difference.allCases.allSatisfy { differences[$0, default: 0] > 1000 }, "\(differences)")
        #expect(accepted + informed + refused + differences.values.reduce(0, +) == 100_000)
    }
}
