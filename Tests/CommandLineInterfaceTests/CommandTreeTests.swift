import CommandLineInterface
import Testing

@Suite struct `The words that lead to a command` {
    @Test func `are its groups and its name`() {
        #expect(Outcome(["lend", "b", "--role", "adult"]) == .lent(Lent()))
        #expect(Outcome(["shelf", "list"]) == .listed)
        #expect(Outcome(["shelf", "add", "list"]) == .added("list"))
    }

    @Test func `have synonyms, which never hide a command of that name`() {
        #expect(Outcome(["shelf", "ls"]) == .listed)
        #expect(Outcome(["shelf", "new", "x"]) == .added("x"))
        #expect(Outcome(["shelf", "list"]) == .listed)
        #expect(Outcome(["ls"]) == .refused("unknown command ls; the commands are lend, shelf"))
        guard case .printed(let help) = Outcome(["help", "shelf", "new"]) else { return #expect(Bool(false)) }
        #expect(help.contains("\nAlso: new, list\n"))
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["help"], ["help", "help"], ["help", "-h"], ["help", "--"], ["--"]])
    func `show the program's help where there are none`(words: [String]) {
        guard case .printed(let help) = Outcome(words) else { return #expect(Bool(false), "\(words)") }
        #expect(help.hasPrefix("Lends books to readers.\n"))
    }

    @Test(arguments: [["shelf"], ["shelf", "-h"], ["shelf", "--help", "add"], ["help", "shelf"], ["shelf", "--"]])
    func `show a group's help where there is no command`(words: [String]) {
        guard case .printed(let help) = Outcome(words) else { return #expect(Bool(false), "\(words)") }
        #expect(help.hasPrefix("Add and list shelves.\n"))
    }

    @Test(arguments: [["--version"], ["shelf", "--version"], ["shelf", "list", "--version"], ["help", "--version"]])
    func `ask for the version at every level`(words: [String]) {
        #expect(Outcome(words) == .printed("1.2.3\n"))
    }

    static let unknown: [(words: [String], message: String)] = [
        (["lnd"], "unknown command lnd; did you mean lend?; the commands are lend, shelf"),
        (["nonsense"], "unknown command nonsense; the commands are lend, shelf"),
        (["LEND"], "unknown command LEND; the commands are lend, shelf"),
        ([""], "unknown command ''; the commands are lend, shelf"),
        (["-"], "unknown command -; the commands are lend, shelf"),
        (["shelf", "lst"], "shelf: unknown command lst; did you mean list?; the commands are add, list"),
        (["shelf", "lend"], "shelf: unknown command lend; the commands are add, list"),
        // Before an option that only a command of the group could have.
        (["shelf", "show", "--config", "x"], "shelf: unknown command show; the commands are add, list"),
        (["help", "nonsense"], "unknown command nonsense; the commands are lend, shelf"),
        (["help", "shelf", "nonsense"], "shelf: unknown command nonsense; the commands are add, list"),
        (["shelf", "help", "add"], "shelf: unknown command help; the commands are add, list"),
        (["shelf", "list", "x"], "shelf list: unexpected argument x; a list takes nothing"),
        (["version"], "unknown command version; the commands are lend, shelf"),
        // Options come after the command.
        (["--role", "adult", "lend"], "unknown option --role"),
        (["--verson"], "unknown option --verson; did you mean --version?"),
        (["shelf", "-x"], "shelf: unknown option -x"), (["shelf", "--version=1"], "shelf: --version takes no value"),
        (["--", "lend"], "unexpected argument lend"),
        (["shelf", "--generate-man-page"], "shelf: unknown option --generate-man-page"),
        (["--generate-completion-script"], "--generate-completion-script <bash|zsh|fish> lacks its value"),
        (["--generate-completion-script", "tcsh"], "unknown shell; name bash, zsh or fish"),
    ]

    @Test(arguments: unknown.indices) func `are refused with those that there are`(index: Int) {
        let (words, message) = Self.unknown[index]
        #expect(Outcome(words) == .refused(message), "\(words)")
    }

    @Test func `come with the usage of the command where they are wrong`() {
        #expect {
            _ = try Library.tree.request(["lend", "--x"])
        } throws: { error in
            (error as? UsageError)?.usage == """
                Usage: my-library lend <book> [<reader>] --role <role> [--until <time>]
                           [--config <file>] [--json]
                """
        }
        #expect {
            _ = try Library.tree.request(["shelf", "x"])
        } throws: { error in
            (error as? UsageError)?.usage == "Usage: my-library shelf <subcommand>"
        }
    }
}

@Suite struct `A command that has another below it` {
    /// The guest who is barred, "the list", or the text or the message that there is instead.
    private func outcome(_ words: String...) -> String {
        do {
            switch try Porter.tree.request(words) {
            case .run(let command as Porter.Bar): return "bar \(command.guest) \(command.door ?? "everywhere")"
            case .run: return "the list"
            case .print(let text): return text
            }
        } catch {
            return error.message
        }
    }

    @Test func `is run itself, and so is the one below`() {
        #expect(outcome("bar", "ada") == "bar ada everywhere")
        #expect(outcome("bar", "--door", "back", "ada") == "bar ada back")
        #expect(outcome("bar", "list") == "the list")
        #expect(outcome("bar", "ls") == "the list")
        #expect(outcome("bar") == "bar: missing <guest>: The guest.")
    }

    @Test func `takes an operand of the other's name after two dashes alone`() {
        #expect(outcome("bar", "--", "list") == "bar list everywhere")
        #expect(outcome("bar", "--door", "back", "--", "ls") == "bar ls back")
        for name in ["list", "ls"] {
            let message = "bar: \(name) is a command, which is porter bar list; an operand of that name comes after --"
            #expect(outcome("bar", "--door", "back", name) == message)
            #expect(outcome("bar", "ada", name) == message)
        }
        #expect(outcome("bar", "--door", "list", "ada") == "bar ada list")
    }

    @Test func `shows both in its help, in the manual page and in completions`() {
        let help = outcome("bar", "--help")
        #expect(help.contains("Usage: porter bar <guest> [--door <door>]\n"))
        #expect(help.contains("Subcommands:\n  list "))
        #expect(help.contains("See 'porter help bar <subcommand>' for detailed help."))
        #expect(outcome("help", "bar", "list").contains("Usage: porter bar list\n"))
        #expect(outcome("--complete", "bar").hasPrefix("list\tList the guests.\n--door\tThe door.\n"))
        #expect(outcome("--generate-man-page").contains("\\fBporter bar\\fR \\fIguest\\fR"))
    }
}
