/// The values of one command line, for which a command asks by name.
///
/// The type that the caller wants says whether a value is required (`String`) or not (`String?`). The last value counts
/// where an option is given twice. An option whose value is called `file` is completed with the names of files.
package struct Arguments {
    private(set) var parameters: [Parameter] = []
    private let given: [String: String]

    init(given: [String: String] = [:]) { self.given = given }

    /// The next word that belongs to no option; those that may be left out come last.
    package mutating func operand(_ name: String, _ help: String) -> String {
        ask(Parameter(isOperand: true, name: name, help: help, isRequired: true)) ?? ""
    }

    package mutating func operand(_ name: String, _ help: String) -> String? {
        ask(Parameter(isOperand: true, name: name, help: help))
    }

    package mutating func operand(_ name: String, _ help: String, default text: String) -> String {
        ask(Parameter(isOperand: true, name: name, help: help, standard: text)) ?? text
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

    /// Whether `--name` is there.
    package mutating func flag(_ name: String, _ help: String) -> Bool {
        ask(Parameter(name: name, help: help)) != nil
    }

    private mutating func ask(_ parameter: Parameter) -> String? {
        parameters.append(parameter)
        return given[parameter.label]
    }
}

/// One thing that a command asks for: an operand, an option with a value, or a flag.
struct Parameter: Sendable {
    var isOperand = false
    let name: String
    /// What an option's value is called; a flag has none.
    var value: String?
    let help: String
    /// What counts where nothing is given.
    var standard: String?
    var isRequired = false

    static let version = Parameter(name: "version", help: "Show the version.")
    static let help = Parameter(name: "help", help: "Show help information.")
    static let script = Parameter(name: "generate-completion-script", value: "bash|zsh|fish", help: "Print completion.")
    static let manualPage = Parameter(name: "generate-man-page", help: "Print a page for man.")

    /// Its name among all that a command asks for: `<room>`, `--role`.
    var label: String { isOperand ? "<\(name)>" : "--\(name)" }
    /// How it is given: `<room>`, `--role <role>`.
    var form: String { value.map { "\(label) <\($0)>" } ?? label }
    /// How it is given, with its short name: `-h` is the only one.
    var forms: String { label == Self.help.label ? "-h, \(form)" : form }
}
