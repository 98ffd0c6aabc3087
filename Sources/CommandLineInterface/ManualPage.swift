extension CommandTree {
    /// The program's page of the manual, in the macros of man(7).
    ///
    /// It hyphenates no word, since it could be pasted. Options that all commands share are described once, under
    /// OPTIONS, and a command's synopsis leaves them out.
    var manualPage: String {
        let (name, abstract) = (root.command.name, root.command.abstract)
        let purpose = abstract.prefix(1).lowercased() + abstract.dropFirst().filter { $0 != "." }
        var lines = [".TH \(name.uppercased().roff) \(manualSection) \"\" \"\(name.roff) \(version.roff)\""]
        lines += [".nh", ".SH NAME", "\(name.roff) \\- \(purpose.roff)"]
        lines += [".SH SYNOPSIS", "\(name.bold) \\fIcommand\\fR [\\fIarguments\\fR]"]
        lines += (root.body.isEmpty ? [] : [".SH DESCRIPTION"]) + root.body
        let shared = root.sharedOptions
        lines += [".SH COMMANDS"] + root.children.flatMap(\.all).flatMap { $0.section(without: shared) }
        lines += [".SH OPTIONS"] + (shared + root.options).flatMap(\.item)
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Node {
    /// The options that every command below takes, described in the same words.
    fileprivate var sharedOptions: [Parameter] {
        let commands = children.flatMap(\.all).filter { !$0.isGroup }
        let candidates = commands.first?.parameters.filter { !$0.isOperand } ?? []
        return candidates.filter { option in
            commands.allSatisfy { $0.parameters.contains { $0.item == option.item } }
        }
    }

    fileprivate func section(without shared: [Parameter]) -> [String] {
        let words = path.joined(separator: " ")
        let parameters = parameters.filter { parameter in !shared.contains { $0.item == parameter.item } }
        // What only has commands of its own cannot be run.
        let synopsis = isGroup ? [] : [([words.bold] + parameters.map(\.synopsis)).joined(separator: " "), ".PP"]
        let title = ".SS \"\(path.dropFirst().joined(separator: " ").roff)\""
        return [title] + synopsis + [command.abstract.prose] + body + parameters.flatMap(\.item)
    }

    fileprivate var body: [String] {
        let paragraphs = command.discussion.paragraphs.flatMap { [".PP", $0.prose] }
        let lines = command.examples.flatMap(\.lines).map(\.roff)
        return paragraphs + (lines.isEmpty ? [] : [".PP", ".RS 4", ".nf"] + lines + [".fi", ".RE"])
    }
}

extension Parameter {
    private var marked: String {
        // After a backslash a space does not end a line.
        isOperand
            ? "\\fI\(name.roff)\\fR\(isRepeated ? " ..." : "")"
            : value.map { "\(label.bold)\\ \\fI\($0.roff)\\fR" } ?? forms.bold
    }

    fileprivate var synopsis: String { isRequired ? marked : "[\(marked)]" }
    fileprivate var item: [String] { [".TP", marked, (help + (standard.map { " Default: \($0)." } ?? "")).prose] }
}

extension String {
    /// One line as roff shows it: no escapes, ASCII's own signs, which can be pasted, and no request.
    fileprivate var roff: String {
        let signs: [Character: String] = [
            "\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti",
        ]
        return (hasPrefix(".") ? "\\&" : "") + map { signs[$0] ?? String($0) }.joined()
    }

    fileprivate var bold: String { "\\fB\(roff)\\fR" }

    /// A paragraph with its literals, which are between backquotes, in bold.
    fileprivate var prose: String {
        let parts = split(separator: "`", omittingEmptySubsequences: false).map { String($0) }
        return parts.enumerated().map { $0.isMultiple(of: 2) ? $1.roff : $1.bold }.joined()
    }
}
