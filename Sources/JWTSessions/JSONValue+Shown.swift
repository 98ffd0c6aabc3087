import StrictJSON

extension JSONValue {
    /// The value as a line of the log can have it: cut, and visible ASCII alone.
    var shown: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): "\"\(TokenFault.cleaned(text))\""
        case .array(let elements):
            "[\(elements.prefix(3).map(\.shownInList).joined(separator: ", "))"
                + (elements.count > 3 ? " and \(elements.count - 3) more]" : "]")
        case .object: "an object"
        }
    }

    /// As above; the elements of a list in a list are not shown, of which a token may have thousands.
    private var shownInList: String {
        guard case .array = self else { return shown }
        return "a list"
    }
}
