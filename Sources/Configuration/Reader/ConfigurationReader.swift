import StrictJSON
import YAML

/// A strict reader of one YAML document: a key that no section has read is an error.
///
/// Each error names the file, the line and the key, what is wrong and what would be right.
final class ConfigurationReader {
    /// The longest string of a list, in bytes: an alias repeats a longer one at each of thousands of places.
    private static let maximumElementLength = 1_024

    let file: String
    /// The keys above, with a dot after each.
    let prefix: String
    /// The line of the mapping; `nil` for the mapping of an empty file.
    private let line: Int?
    private let pairs: [(key: YAMLNode, value: YAMLNode)]
    /// The values by their keys, compared byte by byte: each look-up is one step, of however many keys.
    private let values: [UTF8String: YAMLNode]
    /// The keys that have been read, in the file or not.
    private var known: [String] = []
    private var knownNames: Set<UTF8String> = []

    /// Reads a document whose root is a mapping; an empty one is a mapping without keys.
    convenience init(yaml: [UInt8], file: String) throws(ConfigurationError) {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLNode(parsing: yaml)
        } catch {
            throw Self.error(file, error.line, "", error.problem)
        }
        switch root?.content {
        case .mapping(let pairs)?: self.init(file: file, prefix: "", line: root?.line, pairs: pairs)
        case .scalar("", isPlain: true)?, nil: self.init(file: file, prefix: "", line: nil, pairs: [])
        default: throw Self.error(file, root?.line, "", "the file must be a mapping of `key: value` lines")
        }
    }

    init(file: String, prefix: String, line: Int?, pairs: [(key: YAMLNode, value: YAMLNode)]) {
        self.file = file
        self.prefix = prefix
        self.line = line
        self.pairs = pairs
        var values: [UTF8String: YAMLNode] = [:]
        for (key, value) in pairs {
            if case .scalar(let name, _) = key.content { values[UTF8String(name)] = value }
        }
        self.values = values
    }

    /// A value with its place in the file.
    struct Located<Value> {
        let value: Value
        let key: String
        let line: Int?
    }

    /// The keys above the mapping, as errors name it.
    var name: String { String(prefix.dropLast()) }

    /// The error for a value that was read.
    func error(_ located: Located<some Any>, _ problem: String) -> ConfigurationError {
        Self.error(file, located.line, prefix + located.key, problem)
    }

    /// The error for the value of a key, which the file may leave out.
    func error(key: String, _ problem: String) -> ConfigurationError {
        Self.error(file, value(of: key)?.line ?? line, prefix + key, problem)
    }

    /// The error for the mapping as a whole.
    func error(_ problem: String) -> ConfigurationError {
        Self.error(file, line, name, problem)
    }

    /// The string at a key, with quotes or without, that has no control characters; `nil` if the key is absent.
    func string(_ key: String) throws(ConfigurationError) -> Located<String>? {
        guard let node = try take(key) else { return nil }
        guard let text = try text(of: node, key) else { throw error(located(node, key, ()), "must be a string") }
        return located(node, key, text)
    }

    /// The text of a node; `nil` if the node is no text.
    func text(of node: YAMLNode, _ key: String) throws(ConfigurationError) -> String? {
        guard let text = node.text else { return nil }
        // To the system a NUL ends a path or a name, so that another than the file has would be taken.
        if let control = text.utf8.first(where: { $0 < 0x20 || $0 == 0x7F }) {
            let name = YAMLError.name(of: Unicode.Scalar(control))
            throw error(located(node, key, ()), "has the control character \(name); remove it")
        }
        return text
    }

    /// The truth value at a key; `nil` if the key is absent.
    func bool(_ key: String) throws(ConfigurationError) -> Located<Bool>? {
        guard let node = try take(key) else { return nil }
        guard let word = node.plainText, ["true", "false"].contains(word) else {
            throw error(located(node, key, ()), "must be true or false")
        }
        return located(node, key, word == "true")
    }

    /// The value of a set at a key, by its name; `nil` if the key is absent.
    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String
    ) throws(ConfigurationError) -> Value? {
        guard let name = try string(key) else { return nil }
        guard let value = Value(rawValue: name.value) else {
            throw error(name, "must be \(Listing.choice(Value.allCases.map(\.rawValue)))")
        }
        return value
    }

    /// The whole number at a key; `nil` if the key is absent.
    func integer(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Located<Int>? {
        guard let node = try take(key) else { return nil }
        guard let digits = node.plainText, let value = Int(digits), String(value) == digits, range.contains(value)
        else {
            throw error(
                located(node, key, ()),
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return located(node, key, value)
    }

    /// The duration at a key, in seconds; `nil` if the key is absent.
    func duration(_ key: String) throws(ConfigurationError) -> Located<Int64>? {
        guard let text = try string(key) else { return nil }
        guard let seconds = DurationText.seconds(text.value) else {
            throw error(text, "is not a duration; write 90s, 5m, 1h, 2d or 1w")
        }
        return Located(value: seconds, key: key, line: text.line)
    }

    /// The list of strings at a key; `nil` if the key is absent.
    func strings(_ key: String) throws(ConfigurationError) -> Located<[Located<String>]>? {
        guard let node = try take(key) else { return nil }
        guard case .sequence(let sequence) = node.content else {
            let list = (isMapping(key) ? nil : node.asList()) ?? "it in brackets, such as [one, two]"
            throw error(located(node, key, ()), "must be a list; write \(list)")
        }
        var elements: [Located<String>] = []
        for element in sequence {
            if let length = element.text?.utf8.count, length > Self.maximumElementLength {
                throw error(
                    located(element, key, ()),
                    "lists a string of \(length) bytes; it may have \(Self.maximumElementLength)"
                )
            }
            try refuseUnfilled(element, key)
            guard let text = try text(of: element, key) else {
                throw error(located(element, key, ()), "must be a list of strings")
            }
            elements.append(located(element, key, text))
        }
        return located(node, key, elements)
    }

    /// The mapping at a key, to be finished as well; one without keys if the key is absent.
    func section(_ key: String) throws(ConfigurationError) -> ConfigurationReader {
        try optionalSection(key)
            ?? ConfigurationReader(file: file, prefix: "\(prefix)\(key).", line: line, pairs: [])
    }

    /// The mapping at a key, to be finished as well; `nil` if the key is absent.
    func optionalSection(_ key: String) throws(ConfigurationError) -> ConfigurationReader? {
        guard let node = try take(key) else { return nil }
        guard case .mapping(let pairs) = node.content else {
            throw error(located(node, key, ()), "must be a mapping of `key: value` lines")
        }
        return ConfigurationReader(file: file, prefix: "\(prefix)\(key).", line: node.line, pairs: pairs)
    }

    /// All keys, for a mapping whose keys are names that the file chooses.
    func names() throws(ConfigurationError) -> [Located<String>] {
        var names: [Located<String>] = []
        for (key, _) in pairs {
            guard case .scalar(let name, _) = key.content else { throw error("has a key that is not a string") }
            names.append(located(key, name, name))
        }
        return names
    }

    /// Refuses the keys that have not been read.
    func finish() throws(ConfigurationError) {
        for name in try names() where !knownNames.contains(UTF8String(name.value)) {
            let hint = KeyHints.hint(for: name.value, in: prefix, known: known).map { ": \($0)" } ?? ""
            throw error(name, "is unknown\(hint); known here: \(known.joined(separator: ", "))")
        }
    }

    func take(_ key: String) throws(ConfigurationError) -> YAMLNode? {
        if knownNames.insert(UTF8String(key)).inserted { known.append(key) }
        guard let node = value(of: key) else { return nil }
        try refuseUnfilled(node, key)
        return node
    }

    func value(of key: String) -> YAMLNode? { values[UTF8String(key)] }

    /// Refuses a scalar that another program should have filled in.
    func refuseUnfilled(_ node: YAMLNode, _ key: String) throws(ConfigurationError) {
        guard case .scalar(let text, _) = node.content, let placeholder = Placeholder.first(in: text) else { return }
        throw error(
            located(node, key, ()),
            "has \(placeholder), and variables are not expanded here; write the value itself"
        )
    }

    func located<Value>(_ node: YAMLNode, _ key: String, _ value: Value) -> Located<Value> {
        Located(value: value, key: key, line: node.line)
    }

    private static func error(_ file: String, _ line: Int?, _ key: String, _ problem: String) -> ConfigurationError {
        let line = line.map { ":\($0)" } ?? ""
        return ConfigurationError("\(file)\(line): \(key)\(key.isEmpty ? "" : " ")\(problem)")
    }
}
