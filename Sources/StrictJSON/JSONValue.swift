/// A JSON value (RFC 8259), read from bytes that keep to the whole grammar.
///
/// Strings are `UTF8String`, so no two different strings are ever equal; an object keeps its members in the order they
/// came.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent, within `Int64`.
    case integer(Int64)
    /// Any other finite number.
    case number(Double)
    case string(UTF8String)
    case array([JSONValue])
    case object([JSONMember])

    /// The members, if this is an object.
    package var members: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The text, if this is a string.
    package var text: UTF8String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The whole number, if this is one.
    package var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// The value of that name, if this is an object that has it.
    package subscript(_ name: UTF8String) -> JSONValue? {
        value { $0 == name }
    }

    /// The value of that name, if this is an object that has it.
    package subscript(_ name: String) -> JSONValue? {
        value { $0 == name }
    }

    private func value(named isName: (UTF8String) -> Bool) -> JSONValue? {
        // By index, because a member that is passed to a closure is copied.
        guard case .object(let members) = self, let index = members.indices.first(where: { isName(members[$0].name) })
        else { return nil }
        return members[index].value
    }
}

/// One name and value of an object; within an object no name occurs twice.
package struct JSONMember: Equatable, Sendable {
    package let name: UTF8String
    package let value: JSONValue

    package init(name: UTF8String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A syntax error of a JSON text, and the offset of the byte at which it showed.
package struct JSONError: Error, Equatable {
    package enum Kind: String, Sendable {
        case notUTF8 = "not UTF-8"
        case byteOrderMark = "a byte order mark"
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "an unexpected character"
        case trailingData = "data after the value"
        case controlCharacter = "a control character in a string"
        case badEscape = "an unknown escape"
        case loneSurrogate = "half a surrogate pair"
        case badNumber = "not a number of JSON"
        case numberOutOfRange = "a number out of range"
        case duplicateName = "a name that occurs twice"
        case tooDeep = "nested too deeply"
        case tooManyMembers = "too many members"
    }

    package let kind: Kind
    package let offset: Int

    package init(kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}
