/// A command of a program: what it is called, what it asks for on the command line, and what it does.
package protocol Command: Sendable {
    static var name: String { get }
    /// What it does, in one sentence.
    static var abstract: String { get }
    /// What else there is to know, in paragraphs with an empty line between them; literals are between backquotes.
    static var discussion: String { get }
    /// Command lines, which are never wrapped.
    static var examples: [String] { get }
    /// The commands whose first word it is.
    static var commands: [any Command.Type] { get }

    /// Asks for the command's values, each once, and does nothing else.
    ///
    /// It runs twice: first with arguments that note what is asked for, of which help, manual page and completions are
    /// made, then with those that were given, once parsing has seen to it that every required one is there.
    init(_ arguments: inout Arguments)

    /// Checks what no value shows alone, such as two options that exclude each other.
    func validate() throws(UsageError)

    func run() throws
}

extension Command {
    package static var discussion: String { "" }
    package static var examples: [String] { [] }
    package static var commands: [any Command.Type] { [] }
    package func validate() throws(UsageError) {}
}

/// A word that other commands have in common; alone it shows its help.
package protocol CommandGroup: Command {
    init()
}

extension CommandGroup {
    package init(_ arguments: inout Arguments) { self.init() }
    package func run() {}
}

/// A command line that does not say what its command needs; sysexits(3) has the status 64 for it.
package struct UsageError: Error, Equatable {
    /// The command and its fault, on one line that is safe for a terminal.
    package internal(set) var message: String
    /// How the command is used.
    package internal(set) var usage = ""

    package init(_ message: String) { self.message = message }
}
