extension Node {
    /// The line of usage.
    var usage: String {
        let words = isGroup ? ["<subcommand>"] : parameters.map { $0.isRequired ? $0.form : "[\($0.form)]" }
        return filled(["Usage:"] + path + words, hanging: 11)
    }

    /// The help text, with an end of line.
    var help: String {
        let rows = [operands.map(\.row), options.map(\.row), children.map { ($0.command.name, $0.command.abstract) }]
        let column = min((rows.joined().map(\.0.count).max() ?? 0) + 4, 26)
        let tables = zip(["Arguments:", "Options:", "Subcommands:"], rows).map { title, rows in
            rows.isEmpty ? "" : ([title] + rows.map { line($0, $1, column) }).joined(separator: "\n")
        }
        let also = otherNames.isEmpty ? "" : "Also: \(otherNames.joined(separator: ", "))"
        let texts =
            [filled(command.abstract.words), usage, also] + command.discussion.paragraphs.map { filled($0.words) }
        let examples = command.examples.flatMap(\.lines).map { "  \($0)" }.joined(separator: "\n")
        let place = ([path[0], "help"] + path.dropFirst() + ["<subcommand>"]).joined(separator: " ")
        let sections = texts + [examples] + tables + [!children.isEmpty ? "See '\(place)' for detailed help." : ""]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }
}

extension Parameter {
    fileprivate var row: (String, String) { (forms, help + (standard.map { " (default: \($0))" } ?? "")) }
}

/// A term with its text, which begins in a column; a longer term has a line of its own.
private func line(_ term: String, _ text: String, _ column: Int) -> String {
    let text = filled(text.words, indent: column)
    return "  \(term)" + (term.count + 4 > column ? "\n\(text)" : text.dropFirst(term.count + 2))
}

/// Words filled into lines of at most 80 columns, with an indent, and a further one from the second line on.
private func filled(_ words: [String], indent: Int = 0, hanging: Int = 0) -> String {
    var lines: [String] = []
    for word in words {
        if let line = lines.last, line.count + 1 + word.count <= 80 {
            lines[lines.count - 1] += " " + word
        } else {
            lines.append(String(repeating: " ", count: indent + (lines.isEmpty ? 0 : hanging)) + word)
        }
    }
    return lines.joined(separator: "\n")
}

extension String {
    var lines: [String] { split(separator: "\n", omittingEmptySubsequences: false).map { String($0) } }
    var paragraphs: [String] { lines.split { $0.isEmpty }.map { $0.joined(separator: " ") } }
    fileprivate var words: [String] { split(separator: " ").map { String($0) } }
}
