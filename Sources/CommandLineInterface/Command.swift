/// A command of a program: its name, its parameters, and its action.
package protocol Command: Sendable {
    /// The word that calls it.
    static var name: String { get }
    /// Its purpose, in one sentence.
    static var abstract: String { get }
    /// Further paragraphs, with an empty line between them; literals are between backquotes.
    static var discussion: String { get }
    /// Sample command lines, which are never wrapped.
    static var examples: [String] { get }
    /// What to do where a word is one operand too many; it follows a semicolon.
    static var operandAdvice: String { get }
    /// Its subcommands.
    ///
    /// Of a command that can be run itself an operand that is the name of one comes after `--`.
    static var commands: [any Command.Type] { get }

    /// Asks for the command's values, each once, and does nothing else.
    ///
    /// It runs twice: first with arguments that record the parameters, for help, manual page and completions; then with
    /// the values of the command line, once parsing has found every required one.
    init(_ arguments: inout Arguments)

    /// Checks the values together, such as two options that exclude each other.
    func validate() throws(UsageError)

    /// Performs the command.
    func run() throws
}

extension Command {
    package static var discussion: String { "" }
    package static var examples: [String] { [] }
    package static var operandAdvice: String { "" }
    package static var commands: [any Command.Type] { [] }
    package func validate() throws(UsageError) {}
}

/// A command that consists of subcommands; alone it shows its help.
package protocol CommandGroup: Command {
    init()
}

extension CommandGroup {
    package init(_ arguments: inout Arguments) { self.init() }
    package func run() {}
}

/// A misuse of the command line; its exit status is 64 (sysexits(3), EX_USAGE).
package struct UsageError: Error, Equatable {
    /// The command and the fault, in one line that is safe for a terminal.
    package internal(set) var message: String
    /// The usage of the command.
    package internal(set) var usage = ""

    package init(_ message: String) { self.message = message }
}
