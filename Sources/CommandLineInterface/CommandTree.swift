/// The commands of a program, as a tree of words.
package struct CommandTree: Sendable {
    let root: Node
    let version: String
    let manualSection: Int

    /// Makes the tree of a program, which is the group of its commands; its page is in that section of the manual.
    ///
    /// `synonyms` are other words for a command, by its name; they hold in each group that has no command of that word.
    package init(
        _ program: any CommandGroup.Type,
        version: String,
        manualSection: Int,
        synonyms: [String: [String]] = [:]
    ) {
        root = Node(program, path: [], parameters: [.script, .manualPage], synonyms: synonyms)
        (self.version, self.manualSection) = (version, manualSection)
    }

    /// A parsed command line: a command to run, or text with an end of line to print on standard output.
    package enum Request {
        case run(any Command)
        case print(String)
    }

    /// Parses a command line, without the name of the program.
    ///
    /// - Throws: The first fault: an unknown command, else that of `parse`, else that of the command.
    package func request(_ words: [String]) throws(UsageError) -> Request {
        if words.first == "--complete" { return .print(completions(after: words.dropFirst())) }
        let words = words.first == "help" ? words.filter { !["help", "--"].contains($0) } + ["--help"] : words
        let (node, rest) = root.descendant(words[...])
        do throws(UsageError) {
            return try request(rest, to: node)
        } catch {
            var error = error
            let place = node.path.dropFirst().joined(separator: " ")
            error.message = (place.isEmpty ? error.message : "\(place): \(error.message)").harmless
            error.usage = node.usage
            throw error
        }
    }

    private func request(_ words: ArraySlice<String>, to node: Node) throws(UsageError) -> Request {
        if node.isGroup, let word = words.first, !word.isOption {
            let names = node.children.map { $0.command.name }
            let meant = suggestion(for: word, among: names) ?? ""
            let known = names.joined(separator: ", ")
            throw UsageError("unknown command \(word.quoted)\(meant); the commands are \(known)")
        }
        let values = try parse(words, for: node)
        if values[Parameter.version.label] != nil { return .print(version + "\n") }
        if values[Parameter.manualPage.label] != nil { return .print(manualPage) }
        if let shell = values[Parameter.script.label] { return .print(try completionScript(for: shell)) }
        if values[Parameter.help.label] != nil || node.isGroup { return .print(node.help) }
        var arguments = Arguments(given: values)
        let command = node.command.init(&arguments)
        try command.validate()
        return .run(command)
    }
}

/// A command in the tree.
struct Node: Sendable {
    let command: any Command.Type
    /// The words from the program to the command.
    let path: [String]
    let parameters: [Parameter]
    let children: [Node]
    /// The other words that call it.
    let otherNames: [String]

    init(
        _ command: any Command.Type,
        path parent: [String],
        parameters: [Parameter] = [],
        synonyms: [String: [String]]
    ) {
        let path = parent + [command.name]
        var arguments = Arguments()
        _ = command.init(&arguments)
        (self.command, self.path, self.parameters) = (command, path, parameters + arguments.parameters)
        children = command.commands.map { Node($0, path: path, synonyms: synonyms) }
        otherNames = synonyms[command.name] ?? []
    }

    /// Whether it only has commands, and cannot be run.
    var isGroup: Bool { command is any CommandGroup.Type }
    var operands: [Parameter] { parameters.filter(\.isOperand) }
    var options: [Parameter] { parameters.filter { !$0.isOperand } + [.version, .help] }
    /// The node and its descendants, each before its own.
    var all: [Node] { [self] + children.flatMap(\.all) }

    /// The descendant that the words lead to, and the words after them.
    func descendant(_ words: ArraySlice<String>) -> (Node, rest: ArraySlice<String>) {
        words.first.flatMap(child)?.descendant(words.dropFirst()) ?? (self, words)
    }

    /// The child that a word calls.
    func child(_ word: String) -> Node? {
        children.first { $0.command.name.isSame(as: word) }
            ?? children.first { $0.otherNames.contains { $0.isSame(as: word) } }
    }
}
