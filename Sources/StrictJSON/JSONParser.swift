extension JSONValue {
    /// Reads one JSON text (RFC 8259 §2), and refuses what a lenient reader would have to guess at: other encodings
    /// than UTF-8, a byte order mark (§8.1), duplicate names (§4) however they are escaped, lone surrogates (§8.2),
    /// numbers that do not fit, trailing commas and trailing data.
    ///
    /// The work is bounded by the length of the text, whatever stands in it.
    ///
    /// - Parameters:
    ///   - names: the names of the members, at any depth, whose values are kept; `nil` for all. The other members must
    ///     be well formed; whether two of them may have the same name is among the limits.
    ///   - limits: those of the program's own texts, unless others are given.
    package init(
        parsing bytes: [UInt8],
        keeping names: [UTF8String]? = nil,
        within limits: JSONLimits = .own
    ) throws(JSONError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONError(kind: .byteOrderMark, offset: 0) }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError(kind: .notUTF8, offset: error.byteOffsets.lowerBound)
        }
        var parser = JSONParser(bytes: bytes, names: names, limits: limits)
        self = try parser.text()
    }
}

/// A recursive-descent parser over bytes that are known to be UTF-8.
struct JSONParser {
    let bytes: [UInt8]
    let names: [UTF8String]?
    let limits: JSONLimits
    var position = 0

    init(bytes: [UInt8], names: [UTF8String]?, limits: JSONLimits) {
        self.bytes = bytes
        self.names = names
        self.limits = limits
    }

    mutating func text() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0, isKept: true)
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingData) }
        return value
    }

    /// The value that comes next; of one that is not kept, any value.
    private mutating func value(depth: Int, isKept: Bool) throws(JSONError) -> JSONValue {
        skipWhitespace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try members(depth: depth + 1, isKept: isKept))
        case UInt8(ascii: "["): return .array(try elements(depth: depth + 1, isKept: isKept))
        case UInt8(ascii: "\""):
            let string = try string()
            return isKept ? .string(try text(of: string)) : .null
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(.unexpectedByte)
        }
    }

    private mutating func members(depth: Int, isKept: Bool) throws(JSONError) -> [JSONMember] {
        try enter(depth)
        var members: [JSONMember] = []
        if try skip(UInt8(ascii: "}")) { return members }
        // As many as most objects have that are read here.
        members.reserveCapacity(4)
        var count = 0
        var seen = SeenNames()
        repeat {
            skipWhitespace()
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
            let string = try string()
            let name = isKept ? try name(of: string) : nil
            guard try isNew(name, of: string, beside: members, &seen) else {
                throw JSONError(kind: .duplicateName, offset: start)
            }
            guard count < limits.members else { throw JSONError(kind: .tooManyMembers, offset: start) }
            count += 1
            try expect(UInt8(ascii: ":"))
            let value = try value(depth: depth, isKept: name != nil)
            if let name { members.append(JSONMember(name: name, value: value)) }
        } while try skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return members
    }

    private func isNew(
        _ name: UTF8String?,
        of string: StringRange,
        beside members: [JSONMember],
        _ seen: inout SeenNames
    ) throws(JSONError) -> Bool {
        guard limits.refuseEveryDuplicate else { return !members.contains { $0.name == name } }
        if let name { return seen.insert(name) }
        return seen.insert(try text(of: string))
    }

    private mutating func elements(depth: Int, isKept: Bool) throws(JSONError) -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        if try skip(UInt8(ascii: "]")) { return elements }
        repeat {
            let value = try value(depth: depth, isKept: isKept)
            if isKept { elements.append(value) }
        } while try skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return elements
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= limits.depth else { throw error(.tooDeep) }
        position += 1
    }

    private mutating func literal(_ spelling: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: spelling.utf8) else { throw error(.unexpectedByte) }
        position += spelling.utf8.count
        return value
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[position]
    }

    /// Whether the next byte after white space is this one; if so, goes past it.
    mutating func skip(_ byte: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try skip(byte) else { throw error(.unexpectedByte) }
    }

    func error(_ kind: JSONError.Kind) -> JSONError {
        JSONError(kind: kind, offset: position)
    }
}
