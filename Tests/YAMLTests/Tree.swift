@testable import YAML

/// What a document holds, to compare and to write down: texts with quotes are in quotes, plain ones are not.
indirect enum Tree: Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    case plain(String)
    case quoted(String)
    case sequence([Tree])
    case mapping([Pair])

    struct Pair: Equatable {
        let key: Tree
        let value: Tree
    }

    init(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let text, let isPlain): self = isPlain ? .plain(text) : .quoted(text)
        case .sequence(let elements): self = .sequence(elements.map(Tree.init))
        case .mapping(let pairs):
            self = .mapping(pairs.map { Pair(key: Tree($0.key), value: Tree($0.value)) })
        }
    }

    init(stringLiteral text: String) {
        self = .plain(text)
    }

    init(arrayLiteral elements: Tree...) {
        self = .sequence(elements)
    }

    init(dictionaryLiteral pairs: (Tree, Tree)...) {
        self = .mapping(pairs.map { Pair(key: $0.0, value: $0.1) })
    }

    /// How many nodes it has, itself among them.
    var count: Int {
        switch self {
        case .plain, .quoted: 1
        case .sequence(let elements): elements.reduce(1) { $0 + $1.count }
        case .mapping(let pairs): pairs.reduce(1) { $0 + $1.key.count + $1.value.count }
        }
    }
}

/// What a text holds; `nil` if it holds no document.
func tree(_ text: String) throws(YAMLError) -> Tree? {
    try YAMLNode(parsing: Array(text.utf8)).map(Tree.init)
}

/// A text that must be refused, and why.
struct Refused: Sendable {
    let bytes: [UInt8]
    let kind: YAMLError.Kind
    let line: Int

    init(_ text: String, _ kind: YAMLError.Kind, line: Int) {
        self.init(Array(text.utf8), kind, line: line)
    }

    init(_ bytes: [UInt8], _ kind: YAMLError.Kind, line: Int) {
        self.bytes = bytes
        self.kind = kind
        self.line = line
    }

    var expected: YAMLError { YAMLError(kind: kind, line: line) }

    /// The error that reading it ends with; `nil` if it is taken.
    var error: YAMLError? {
        do throws(YAMLError) {
            _ = try YAMLNode(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }
}

extension YAMLError.Kind {
    var isSyntax: Bool {
        guard case .syntax = self else { return false }
        return true
    }
}
