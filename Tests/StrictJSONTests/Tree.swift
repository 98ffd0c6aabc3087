import StrictJSON

/// A JSON value that a test spells as a literal.
///
/// `JSONMember` can only come out of the parser, which is what keeps names unique; a test needs values of its own.
indirect enum Tree: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(UTF8String)
    case array([Tree])
    case object([Member])

    struct Member: Equatable, Sendable {
        let name: UTF8String
        let value: Tree
    }

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(Tree.init))
        case .object(let members):
            self = .object(members.map { Member(name: $0.name, value: Tree($0.value)) })
        }
    }

    /// The string of these scalars, for what a Swift literal would not keep apart.
    static func scalars(_ values: UInt32...) -> Tree {
        .string(UTF8String(values.compactMap { Unicode.Scalar($0).map(String.init) }.joined()))
    }
}

extension Tree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    init(stringLiteral value: String) { self = .string(UTF8String(value)) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .number(value) }
}

extension Tree: ExpressibleByBooleanLiteral, ExpressibleByNilLiteral {
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
}

extension Tree: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(arrayLiteral elements: Tree...) { self = .array(elements) }
    init(dictionaryLiteral elements: (UTF8String, Tree)...) {
        self = .object(elements.map { Member(name: $0, value: $1) })
    }
}

extension Tree {
    /// The JSON text of this value, put together without `JSONWriter` but for its strings.
    var json: [UInt8] {
        switch self {
        case .null: Array("null".utf8)
        case .bool(let bool): Array(bool.description.utf8)
        case .integer(let integer): Array(integer.description.utf8)
        case .number(let number): Array(number.description.utf8)
        case .string(let text): Self.written { $0.string(text) }
        case .array(let elements): Array("[".utf8) + elements.map(\.json).joined(separator: ",".utf8) + Array("]".utf8)
        case .object(let members):
            Array("{".utf8)
                + members.map { Self.written { [name = $0.name] in $0.string(name) } + Array(":".utf8) + $0.value.json }
                .joined(separator: ",".utf8) + Array("}".utf8)
        }
    }

    private static func written(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}
