import Yams

/// Reads one YAML document strictly: each key is taken by whoever knows it, and what nobody has taken is an error.
///
/// Every error is a `Failure` of one line: file, line, key, what is wrong and what would be right.
final class ConfigurationReader {
    private let file: String
    /// The keys above, with a dot after each.
    private let prefix: String
    private let mapping: Node.Mapping
    private var known: [String] = []

    /// Reads a document whose root is a mapping; an empty one is a mapping without keys.
    init(yaml: String, file: String) throws(Failure) {
        self.file = file
        prefix = ""
        do {
            switch try Yams.compose(yaml: yaml) {
            case .mapping(let mapping)?: self.mapping = mapping
            case .scalar(let scalar)? where scalar.string.isEmpty && scalar.style == .plain:
                mapping = Self.empty(at: nil)
            case nil: mapping = Self.empty(at: nil)
            case .some(let other):
                throw Self.failure(file, other.mark, "", "the file must be a mapping of `key: value` lines")
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Self.failure(parsing: error, file: file)
        }
    }

    private init(file: String, prefix: String, mapping: Node.Mapping) {
        self.file = file
        self.prefix = prefix
        self.mapping = mapping
    }

    /// A value, and where it stands.
    struct Located<Value> {
        let value: Value
        fileprivate let key: String
        fileprivate let mark: Mark?
    }

    /// The error that a value is not what it must be.
    func failure(_ located: Located<some Any>, _ problem: String) -> Failure {
        Self.failure(file, located.mark, prefix + located.key, problem)
    }

    /// The error that the value of a key, whether it stands there or not, is not what it must be.
    func failure(key: String, _ problem: String) -> Failure {
        let node = mapping.first { $0.key.scalar?.string == key }?.value
        return Self.failure(file, node?.mark ?? mapping.mark, prefix + key, problem)
    }

    /// The error for the mapping as a whole.
    func failure(_ problem: String) -> Failure {
        Self.failure(file, mapping.mark, String(prefix.dropLast()), problem)
    }

    /// The text of a key, with quotes or without; `nil` if the key is absent.
    func string(_ key: String) throws(Failure) -> Located<String>? {
        guard let node = take(key) else { return nil }
        guard case .scalar(let scalar) = node, !scalar.isNull else {
            throw failure(located(node, key, ()), "must be a text")
        }
        return located(node, key, scalar.string)
    }

    func bool(_ key: String) throws(Failure) -> Located<Bool>? {
        guard let node = take(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, ["true", "false"].contains(scalar.string) else {
            throw failure(located(node, key, ()), "must be true or false")
        }
        return located(node, key, scalar.string == "true")
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Located<Int>? {
        guard let node = take(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Int(scalar.string),
            String(value) == scalar.string, range.contains(value)
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
        return Located(value: seconds, key: key, mark: text.mark)
    }

    func strings(_ key: String) throws(Failure) -> Located<[Located<String>]>? {
        guard let node = take(key) else { return nil }
        guard case .sequence(let sequence) = node else {
            throw failure(located(node, key, ()), "must be a list, such as [one, two]")
        }
        var elements: [Located<String>] = []
        for element in sequence {
            guard case .scalar(let scalar) = element, !scalar.isNull else {
                throw failure(located(element, key, ()), "must be a list of texts")
            }
            elements.append(located(element, key, scalar.string))
        }
        return located(node, key, elements)
    }

    /// The mapping below a key, to be finished by itself; one without keys if the key is absent.
    func section(_ key: String) throws(Failure) -> ConfigurationReader {
        try optionalSection(key)
            ?? ConfigurationReader(file: file, prefix: "\(prefix)\(key).", mapping: Self.empty(at: mapping.mark))
    }

    /// The mapping below a key; `nil` if the key is absent.
    func optionalSection(_ key: String) throws(Failure) -> ConfigurationReader? {
        guard let node = take(key) else { return nil }
        guard case .mapping(let mapping) = node else {
            throw failure(located(node, key, ()), "must be a mapping of `key: value` lines")
        }
        return ConfigurationReader(file: file, prefix: "\(prefix)\(key).", mapping: mapping)
    }

    /// All keys, for a mapping whose keys are names that the file chooses.
    func names() throws(Failure) -> [Located<String>] {
        var names: [Located<String>] = []
        for (key, _) in mapping {
            guard case .scalar(let scalar) = key else { throw failure("has a key that is no text") }
            let name = Located(value: scalar.string, key: scalar.string, mark: scalar.mark)
            // To YAML 1 and "1" are two keys.
            guard !names.contains(where: { $0.value == name.value }) else {
                throw failure(name, "is written twice; keep one")
            }
            names.append(name)
        }
        return names
    }

    /// Refuses what nobody has taken.
    func finish() throws(Failure) {
        for name in try names() where !known.contains(name.value) {
            throw failure(name, "is unknown; known here: \(known.joined(separator: ", "))")
        }
    }

    private static func empty(at mark: Mark?) -> Node.Mapping {
        Node.Mapping([], .implicit, .any, mark)
    }

    private func take(_ key: String) -> Node? {
        known.append(key)
        return mapping.first { $0.key.scalar?.string == key }?.value
    }

    private func located<Value>(_ node: Node, _ key: String, _ value: Value) -> Located<Value> {
        Located(value: value, key: key, mark: node.mark)
    }

    private static func failure(_ file: String, _ mark: Mark?, _ key: String, _ problem: String) -> Failure {
        let line = mark.map { ":\($0.line)" } ?? ""
        return Failure(.configuration, "\(file)\(line): \(key)\(key.isEmpty ? "" : " ")\(problem)")
    }

    private static func failure(parsing error: any Error, file: String) -> Failure {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            failure(file, mark, "", "is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            failure(file, context.mark, keys.first ?? "", "is written twice; keep one")
        default: failure(file, nil, "", "is not YAML in UTF-8")
        }
    }
}

extension Node.Scalar {
    /// Whether this is YAML's way to say that there is no value.
    fileprivate var isNull: Bool {
        style == .plain && ["", "~", "null", "Null", "NULL"].contains(string)
    }
}
