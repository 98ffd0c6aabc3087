import YAML

/// Reads one YAML document strictly: each key is taken by whoever knows it, and what nobody has taken is an error.
///
/// Every error is a `Failure` of one line: file, line, key, what is wrong and what would be right.
final class ConfigurationReader {
    private let file: String
    /// The keys above, with a dot after each.
    private let prefix: String
    /// The line of the mapping; `nil` for that of a file without any.
    private let line: Int?
    private let pairs: [(key: YAMLNode, value: YAMLNode)]
    private var known: [String] = []

    /// Reads a document whose root is a mapping; an empty one is a mapping without keys.
    init(yaml: [UInt8], file: String) throws(Failure) {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLNode(parsing: yaml)
        } catch {
            throw Self.failure(file, error.line, "", error.problem)
        }
        self.file = file
        prefix = ""
        switch root?.content {
        case .mapping(let pairs)?: (line, self.pairs) = (root?.line, pairs)
        case .scalar("", isPlain: true)?, nil: (line, pairs) = (nil, [])
        default: throw Self.failure(file, root?.line, "", "the file must be a mapping of `key: value` lines")
        }
    }

    private init(file: String, prefix: String, line: Int?, pairs: [(key: YAMLNode, value: YAMLNode)]) {
        self.file = file
        self.prefix = prefix
        self.line = line
        self.pairs = pairs
    }

    /// A value, and where it stands.
    struct Located<Value> {
        let value: Value
        fileprivate let key: String
        fileprivate let line: Int?
    }

    /// The error that a value is not what it must be.
    func failure(_ located: Located<some Any>, _ problem: String) -> Failure {
        Self.failure(file, located.line, prefix + located.key, problem)
    }

    /// The error that the value of a key, whether it stands there or not, is not what it must be.
    func failure(key: String, _ problem: String) -> Failure {
        Self.failure(file, value(of: key)?.line ?? line, prefix + key, problem)
    }

    /// The error for the mapping as a whole.
    func failure(_ problem: String) -> Failure {
        Self.failure(file, line, String(prefix.dropLast()), problem)
    }

    /// The text of a key, with quotes or without; `nil` if the key is absent.
    func string(_ key: String) throws(Failure) -> Located<String>? {
        guard let node = take(key) else { return nil }
        guard let text = node.text else { throw failure(located(node, key, ()), "must be a text") }
        return located(node, key, text)
    }

    func bool(_ key: String) throws(Failure) -> Located<Bool>? {
        guard let node = take(key) else { return nil }
        guard let word = node.plainText, ["true", "false"].contains(word) else {
            throw failure(located(node, key, ()), "must be true or false")
        }
        return located(node, key, word == "true")
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Located<Int>? {
        guard let node = take(key) else { return nil }
        guard let digits = node.plainText, let value = Int(digits), String(value) == digits, range.contains(value)
        else {
            throw failure(
                located(node, key, ()),
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return located(node, key, value)
    }

    /// Seconds.
    func duration(_ key: String) throws(Failure) -> Located<Int64>? {
        guard let text = try string(key) else { return nil }
        guard let seconds = Duration.seconds(text.value) else {
            throw failure(text, "is not a duration; write 90s, 5m or 1h")
        }
        return Located(value: seconds, key: key, line: text.line)
    }

    func strings(_ key: String) throws(Failure) -> Located<[Located<String>]>? {
        guard let node = take(key) else { return nil }
        guard case .sequence(let sequence) = node.content else {
            throw failure(located(node, key, ()), "must be a list, such as [one, two]")
        }
        var elements: [Located<String>] = []
        for element in sequence {
            guard let text = element.text else {
                throw failure(located(element, key, ()), "must be a list of texts")
            }
            elements.append(located(element, key, text))
        }
        return located(node, key, elements)
    }

    /// The mapping below a key, to be finished by itself; one without keys if the key is absent.
    func section(_ key: String) throws(Failure) -> ConfigurationReader {
        try optionalSection(key)
            ?? ConfigurationReader(file: file, prefix: "\(prefix)\(key).", line: line, pairs: [])
    }

    /// The mapping below a key; `nil` if the key is absent.
    func optionalSection(_ key: String) throws(Failure) -> ConfigurationReader? {
        guard let node = take(key) else { return nil }
        guard case .mapping(let pairs) = node.content else {
            throw failure(located(node, key, ()), "must be a mapping of `key: value` lines")
        }
        return ConfigurationReader(file: file, prefix: "\(prefix)\(key).", line: node.line, pairs: pairs)
    }

    /// All keys, for a mapping whose keys are names that the file chooses.
    func names() throws(Failure) -> [Located<String>] {
        var names: [Located<String>] = []
        for (key, _) in pairs {
            guard case .scalar(let name, _) = key.content else { throw failure("has a key that is no text") }
            names.append(located(key, name, name))
        }
        return names
    }

    /// Refuses what nobody has taken.
    func finish() throws(Failure) {
        for name in try names() where !known.contains(name.value) {
            throw failure(name, "is unknown; known here: \(known.joined(separator: ", "))")
        }
    }

    private func take(_ key: String) -> YAMLNode? {
        known.append(key)
        return value(of: key)
    }

    private func value(of key: String) -> YAMLNode? {
        pairs.first { pair in
            guard case .scalar(let name, _) = pair.key.content else { return false }
            return name == key
        }?.value
    }

    private func located<Value>(_ node: YAMLNode, _ key: String, _ value: Value) -> Located<Value> {
        Located(value: value, key: key, line: node.line)
    }

    private static func failure(_ file: String, _ line: Int?, _ key: String, _ problem: String) -> Failure {
        let line = line.map { ":\($0)" } ?? ""
        return Failure(.configuration, "\(file)\(line): \(key)\(key.isEmpty ? "" : " ")\(problem)")
    }
}

extension YAMLNode {
    /// What a scalar says without quotes; `nil` if it is none, or has quotes.
    fileprivate var plainText: String? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return text
    }

    /// What a scalar says, with quotes or without; `nil` if it is none, or YAML's way to say that there is no value.
    fileprivate var text: String? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? nil : text
    }
}
