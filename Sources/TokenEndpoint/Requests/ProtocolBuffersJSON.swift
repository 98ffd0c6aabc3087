import StrictJSON

// The JSON mapping of Protocol Buffers, as far as a token request needs it.

/// The fields of a message; a case has the name in camelCase, its raw value the one in snake_case.
protocol MessageField: RawRepresentable<String>, CaseIterable {}

extension MessageField {
    var snakeCase: UTF8String { UTF8String(rawValue) }
    var camelCase: UTF8String { UTF8String("\(self)") }
}

/// A JSON object whose fields may have either spelling, but not both.
struct Message<Field: MessageField> {
    /// The members that are not fields.
    let others: [JSONMember]
    private let members: [JSONMember]

    init(_ members: [JSONMember]) throws(Refusal) {
        func has(_ name: UTF8String) -> Bool { members.contains { $0.name == name } }
        for field in Field.allCases where field.snakeCase != field.camelCase {
            if has(field.snakeCase), has(field.camelCase) { throw .malformedRequest(.spelledTwice(field.snakeCase)) }
        }
        self.members = members
        others = members.filter { member in
            !Field.allCases.contains { $0.snakeCase == member.name || $0.camelCase == member.name }
        }
    }

    /// The names of the others that hold something.
    var othersThatAreSet: [UTF8String] { others.filter { !$0.value.isDefault }.map(\.name) }

    func text(_ field: Field) throws(Refusal) -> UTF8String? {
        try self[field].text(elseRefuse: field.snakeCase)
    }

    func object(_ field: Field) throws(Refusal) -> [JSONMember] {
        switch self[field] {
        case .null: []
        case .object(let members): members
        default: throw .malformedRequest(.wrongType(field.snakeCase, mustBe: .object))
        }
    }

    func array(_ field: Field) throws(Refusal) -> [JSONValue] {
        switch self[field] {
        case .null: []
        case .array(let elements): elements
        default: throw .malformedRequest(.wrongType(field.snakeCase, mustBe: .array))
        }
    }

    private subscript(_ field: Field) -> JSONValue {
        members.first { $0.name == field.snakeCase || $0.name == field.camelCase }?.value ?? .null
    }
}

extension JSONValue {
    /// Whether it says no more than if it were absent: what Protocol Buffers call the default of a type.
    var isDefault: Bool {
        switch self {
        case .null, .bool(false), .integer(0), .number(0), .string(""), .array([]), .object([]): true
        default: false
        }
    }

    /// The text, `nil` if it is absent or empty.
    func text(elseRefuse name: UTF8String) throws(Refusal) -> UTF8String? {
        switch self {
        case .null, .string(""): nil
        case .string(let text): text
        default: throw .malformedRequest(.wrongType(name))
        }
    }
}
