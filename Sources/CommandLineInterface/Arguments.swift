/// The values of one command line, for which a command asks by name.
///
/// The caller's type says whether a value is required (`String`) or not (`String?`). Of an option that is given twice
/// the last value counts. An option whose value is called `file` is completed with names of files.
package struct Arguments {
    private(set) var parameters: [Parameter] = []
    private let given: [String: String]

    init(given: [String: String] = [:]) { self.given = given }

    /// The next operand: a word that is neither an option nor its value.
    ///
    /// Optional operands come last.
    package mutating func operand(_ name: String, _ help: String) -> String {
        ask(Parameter(isOperand: true, name: name, help: help, isRequired: true)) ?? ""
    }

    package mutating func operand(_ name: String, _ help: String) -> String? {
        ask(Parameter(isOperand: true, name: name, help: help))
    }

    package mutating func operand(_ name: String, _ help: String, default text: String) -> String {
        ask(Parameter(isOperand: true, name: name, help: help, standard: text)) ?? text
    }

    /// The last operands, at least one: each word from their place on.
    package mutating func operands(_ name: String, _ help: String) -> [String] {
        let words = ask(Parameter(isOperand: true, name: name, help: help, isRequired: true, isRepeated: true)) ?? ""
        return words.isEmpty ? [] : words.split(separator: "\0", omittingEmptySubsequences: false).map { String($0) }
    }

    /// The value of `--name`.
    package mutating func option(_ name: String, _ value: String, _ help: String) -> String {
        ask(Parameter(name: name, value: value, help: help, isRequired: true)) ?? ""
    }

    package mutating func option(_ name: String, _ value: String, _ help: String) -> String? {
        ask(Parameter(name: name, value: value, help: help))
    }

    package mutating func option(_ name: String, _ value: String, _ help: String, default text: String) -> String {
        ask(Parameter(name: name, value: value, help: help, standard: text)) ?? text
    }

    /// Whether `--name` is given.
    package mutating func flag(_ name: String, _ help: String) -> Bool {
        ask(Parameter(name: name, help: help)) != nil
    }

    /// Whether the command line gives the option `--name` itself, where its default would otherwise count.
    package func isGiven(_ name: String) -> Bool { given["--\(name)"] != nil }

    private mutating func ask(_ parameter: Parameter) -> String? {
        parameters.append(parameter)
        return given[parameter.label]
    }
}

/// A parameter of a command: an operand, an option with a value, or a flag.
struct Parameter: Sendable {
    var isOperand = false
    let name: String
    /// The name of an option's value; `nil` for a flag.
    var value: String?
    let help: String
    /// The value where none is given.
    var standard: String?
    var isRequired = false
    /// Whether it is several operands, whose words are joined by NUL, which no word has.
    var isRepeated = false

    static let version = Parameter(name: "version", help: "Show the version.")
    static let help = Parameter(name: "help", help: "Show help information.")
    static let script = Parameter(name: "generate-completion-script", value: "bash|zsh|fish", help: "Print completion.")
    static let manualPage = Parameter(name: "generate-man-page", help: "Print a page for man.")

    /// The name among the command's parameters: `<room>`, `--role`.
    var label: String { isOperand ? "<\(name)>" : "--\(name)" }
    /// The form on a command line: `<room>`, `--role <role>`.
    var form: String { value.map { "\(label) <\($0)>" } ?? (isRepeated ? "\(label)..." : label) }
    /// The form with the short name, of which `-h` is the only one.
    var forms: String { label == Self.help.label ? "-h, \(form)" : form }
}
