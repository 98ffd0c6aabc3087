import CommandLineInterface
import Testing

@Suite struct `Completion` {
    private static let lend = ["--role", "--until", "--config", "--json", "--version", "--help"]
    private static let root = ["--generate-completion-script", "--generate-man-page", "--version", "--help"]

    /// Words of a command line, and what may be the next one.
    static let places: [(words: [String], next: [String])] = [
        ([], ["lend", "shelf"] + root + ["help"]), (["help"], ["lend", "shelf"] + root),
        (["nonsense"], ["lend", "shelf"] + root),
        (["shelf"], ["add", "list", "--version", "--help"]),
        (["help", "shelf"], ["add", "list", "--version", "--help"]),
        (["shelf", "list"], ["--version", "--help"]),
        (["lend"], lend), (["lend", "book", "--json"], lend), (["lend", "--config", "x"], lend),
        // What a value is, the program does not know; but the name of a file can be had.
        (["lend", "--role"], []), (["lend", "--until"], []), (["lend", "--config"], ["<file>"]),
        (["lend", "book", "--"], []),
    ]

    @Test(arguments: places.indices) func `knows commands, options, and where a file is wanted`(index: Int) throws {
        let (words, next) = Self.places[index]
        guard case .print(let text) = try Library.tree.request(["--complete"] + words) else {
            return #expect(Bool(false), "nothing printed")
        }
        let lines = text.split(separator: "\n").map { $0.split(separator: "\t").map { String($0) } }
        let offered = lines.compactMap(\.first)
        #expect(offered.filter { !Self.root.contains($0) || next.contains($0) } == next, "\(words)")
        #expect(lines.allSatisfy { $0.count == 2 || $0 == ["<file>"] })
    }

    @Test(arguments: [("bash", "complete -F "), ("zsh", "#compdef my-library\n"), ("fish", "complete -c my-library ")])
    func `has a script for each shell`(shell: String, line: String) {
        for words in [["--generate-completion-script", shell], ["--generate-completion-script=\(shell)"]] {
            guard case .printed(let script) = Outcome(words) else { return #expect(Bool(false), "\(words)") }
            #expect(script.contains(line) && script.contains("my-library --complete "))
        }
    }
}
