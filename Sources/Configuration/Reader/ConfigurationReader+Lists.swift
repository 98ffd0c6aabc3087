import StrictJSON
import YAML

// MARK: - Lists, and what may stand in place of one

extension ConfigurationReader {
    /// The string at a key as a list of one, or the list of strings; `nil` if the key is absent.
    func stringOrStrings(_ key: String) throws(ConfigurationError) -> Located<[Located<String>]>? {
        guard let node = value(of: key), case .scalar = node.content else {
            try refuseMapping(key, "must be a string, or a list of strings")
            return try strings(key)
        }
        return try string(key).map { located(node, key, [$0]) }
    }

    /// An element of a list that has strings and mappings.
    enum Element {
        case string(Located<String>)
        /// To be finished as well.
        case section(ConfigurationReader)
    }

    /// The list of strings and mappings at a key; `nil` if the key is absent.
    ///
    /// - Parameters:
    ///   - words: what each element must be, for the error.
    ///   - element: the element that a string in the list's place would be.
    func elements(
        _ key: String,
        _ words: String,
        from element: (String) -> String = { $0 }
    ) throws(ConfigurationError) -> [Element]? {
        guard let node = try take(key) else { return nil }
        guard case .sequence(let sequence) = node.content else {
            let list = node.asList(element).map { "write \($0)" } ?? "each element \(words)"
            throw error(located(node, key, ()), "must be a list; \(list)")
        }
        var elements: [Element] = []
        for (index, element) in sequence.enumerated() {
            if case .mapping(let pairs) = element.content {
                let prefix = "\(prefix)\(key)[\(index + 1)]."
                elements.append(
                    .section(ConfigurationReader(file: file, prefix: prefix, line: element.line, pairs: pairs))
                )
                continue
            }
            try refuseUnfilled(element, key)
            guard let text = try text(of: element, key) else {
                throw error(located(element, key, ()), "has an element \(index + 1) that is none: it \(words)")
            }
            elements.append(.string(located(element, key, text)))
        }
        return elements
    }

    /// The mappings at a key, one or a list of them, each to be finished as well; `nil` if the key is absent.
    func sections(_ key: String) throws(ConfigurationError) -> [ConfigurationReader]? {
        guard let node = try take(key) else { return nil }
        guard case .sequence(let elements) = node.content else { return try optionalSection(key).map { [$0] } }
        var sections: [ConfigurationReader] = []
        for (index, element) in elements.enumerated() {
            guard case .mapping(let pairs) = element.content else {
                throw error(located(element, key, ()), "must be a mapping of `key: value` lines, or a list of mappings")
            }
            let prefix = "\(prefix)\(key)[\(index + 1)]."
            sections.append(ConfigurationReader(file: file, prefix: prefix, line: element.line, pairs: pairs))
        }
        return sections
    }

    /// Whether there is a mapping at a key.
    func isMapping(_ key: String) -> Bool {
        guard case .mapping? = value(of: key)?.content else { return false }
        return true
    }

    /// The scalar at a key as a list of one, or the list of scalars, as values of JSON: without quotes `true`, `false`
    /// and numbers are those, and all else is text; `nil` if the key is absent.
    func scalars(_ key: String) throws(ConfigurationError) -> Located<[JSONValue]>? {
        guard let node = value(of: key), case .scalar = node.content else {
            try refuseMapping(key, "must be a value, a list of values, or present")
            guard let node = try take(key), let texts = try strings(key), case .sequence(let elements) = node.content
            else { return nil }
            let values = try zip(elements, texts.value).map { (node, text) throws(ConfigurationError) in
                try scalar(node, text)
            }
            return located(node, key, values)
        }
        return try string(key).map { text throws(ConfigurationError) in
            located(node, key, [try scalar(node, text)])
        }
    }

    /// Refuses a mapping where something else may stand that is no mapping.
    private func refuseMapping(_ key: String, _ words: String) throws(ConfigurationError) {
        guard isMapping(key), let node = value(of: key) else { return }
        throw error(located(node, key, ()), words)
    }

    private func scalar(_ node: YAMLNode, _ text: Located<String>) throws(ConfigurationError) -> JSONValue {
        guard let plain = node.plainText else { return .string(UTF8String(text.value)) }
        // Other readers of YAML take them for truth values (YAML 1.2 §10.3.2), and here they would be texts.
        let word = plain.lowercased()
        guard !["true", "false"].contains(word) || plain == word else {
            throw error(text, "is \(plain); write \(word), or '\(plain)' in quotes where the text is meant")
        }
        switch try? JSONValue(parsing: Array(plain.utf8)) {
        case .bool(let isTrue): return .bool(isTrue)
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        default: return .string(UTF8String(text.value))
        }
    }
}
