/// A node of a YAML document (YAML 1.2 §3.2.1): what it holds, and where it stands.
///
/// Keys of a mapping are unique: those that are scalars are compared byte by byte, without their quotes, and those that
/// are collections are not compared. A merge key (`<<`) is an ordinary key. What a plain scalar means is the caller's.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// A text; `isPlain` where it is written without quotes and is no block, as nulls and numbers are.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// Keys and values in the order of the document.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    package let content: Content
    /// The line where the node begins, from 1; of an alias, where the alias stands.
    package let line: Int

    /// The most levels of nodes, a scalar's and an alias's counted: what people write has five, and each takes a stack
    /// frame.
    package static let maximumDepth = 32
    /// The most nodes, each alias counted as all that it stands for: the most steps that a walk over a document takes.
    package static let maximumCount = 20_000
    /// The longest key in bytes, 1,024 characters of four (§7.4.2): an alias repeats a longer one at each of its
    /// places.
    package static let maximumKeyLength = 4_096
}

extension YAMLNode {
    /// Reads the one document of a stream; `nil` if the stream has none, as one of comments alone.
    ///
    /// - Parameter bytes: UTF-8, with a byte order mark or without.
    /// - Throws: the first fault of the encoding; if there is none, the first of the syntax, a bound or another rule.
    package init?(parsing bytes: [UInt8]) throws(YAMLError) {
        var reader = EventReader(try SourceText(bytes))
        guard let root = try reader.document() else { return nil }
        self = root
    }
}

/// Why a stream is refused, and the line, from 1.
package struct YAMLError: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case notUTF8, utf16, tooDeep, tooManyNodes, keyTooLong, secondDocument, outOfMemory
        /// A character that YAML allows only as an escape (YAML 1.2 §5.1).
        case character(Unicode.Scalar)
        /// White space that looks like the spaces that should be there (§6.1).
        case tab, noBreakSpace
        /// A fault of the syntax, in libyaml's words.
        case syntax(String)
        /// A tag or a directive for tags (§6.9.1, §6.8.2).
        case tag
        /// An alias without a complete node of that anchor above it (§7.1).
        case undefinedAlias(String)
        /// The keys that lead to a key which a mapping has twice, and that key; the line is that of the first.
        case duplicateKey([String])
    }

    package let kind: Kind
    package let line: Int

    /// The code point of a character of the basic plane, as Unicode writes it: U+0000.
    package static func name(of scalar: Unicode.Scalar) -> String {
        "U+" + String(scalar.value + 0x10000, radix: 16, uppercase: true).dropFirst()
    }

    /// What is wrong, and what would be right, in words that follow the place; of the text it has at most keys, as they
    /// are.
    package var problem: String {
        switch kind {
        case .notUTF8: "is not UTF-8"
        case .utf16: "is not UTF-8 but UTF-16; save it as UTF-8"
        case .tooDeep: "is nested too deeply; at most \(YAMLNode.maximumDepth) levels are allowed"
        case .tooManyNodes: "has more than \(YAMLNode.maximumCount) nodes, each alias counted as all that it stands for"
        case .keyTooLong: "has a key of more than \(YAMLNode.maximumKeyLength) bytes"
        case .secondDocument: "begins a second document; keep one"
        case .outOfMemory: "is too much for the memory that there is"
        case .character(let scalar):
            (scalar.properties.generalCategory == .control ? "has the control character " : "has the character ")
                + Self.name(of: scalar) + "; remove it"
        case .tab: "is indented with a tab; write spaces"
        case .noBreakSpace: "has a no-break space (U+00A0) for a space; write a space"
        case .syntax(let problem): "is not YAML: \(problem)"
        case .tag: "has a tag, which is not allowed; remove it"
        case .undefinedAlias(let name): "has the alias *\(name) without a complete &\(name) above it"
        case .duplicateKey(let path): "\(path.joined(separator: ".")) is written twice; keep one"
        }
    }
}
