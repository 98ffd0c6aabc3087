extension JSONValue {
    /// Arrays and objects within each other; nothing that we read nests deeper than four.
    package static let maximumDepth = 8

    /// Members of one object: names are compared pair by pair to find duplicates, so this bounds the work too.
    package static let maximumMembers = 64

    /// Reads one JSON text (RFC 8259 §2) and refuses whatever a lenient reader would have to guess at: other encodings
    /// than UTF-8, a byte order mark (§8.1), duplicate names (§4) however they are escaped, lone surrogates (§8.2),
    /// numbers that do not fit, trailing commas and trailing data.
    ///
    /// - Parameter names: of which members, at any depth, to keep the values; `nil` for all. The others must be as well
    ///   formed, but nothing is made of them, and it is not noticed if two of them have the same name.
    package init(parsing bytes: [UInt8], keeping names: [UTF8String]? = nil) throws(JSONError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONError(kind: .byteOrderMark, offset: 0) }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError(kind: .notUTF8, offset: error.byteOffsets.lowerBound)
        }
        var parser = JSONParser(bytes: bytes, names: names)
        self = try parser.text()
    }
}

/// A recursive descent over bytes that are known to be UTF-8.
private struct JSONParser {
    let bytes: [UInt8]
    let names: [UTF8String]?
    var position = 0

    init(bytes: [UInt8], names: [UTF8String]?) {
        self.bytes = bytes
        self.names = names
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
        repeat {
            skipWhitespace()
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
            let string = try string()
            let name = isKept ? try name(of: string) : nil
            guard !members.contains(where: { $0.name == name }) else {
                throw JSONError(kind: .duplicateName, offset: start)
            }
            guard count < JSONValue.maximumMembers else { throw JSONError(kind: .tooManyMembers, offset: start) }
            count += 1
            try expect(UInt8(ascii: ":"))
            let value = try value(depth: depth, isKept: name != nil)
            if let name { members.append(JSONMember(name: name, value: value)) }
        } while try skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return members
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
        guard depth <= JSONValue.maximumDepth else { throw error(.tooDeep) }
        position += 1
    }

    /// Where the characters of a string are.
    private struct StringRange {
        let bytes: Range<Int>
        let hasEscapes: Bool
    }

    /// Goes past the string that begins here.
    private mutating func string() throws(JSONError) -> StringRange {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            position = Self.endOfPlainCharacters(in: bytes.span, from: position)
            switch try peek() {
            case UInt8(ascii: "\""):
                position += 1
                return StringRange(bytes: start..<position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                _ = try escape()
            default: throw error(.controlCharacter)
            }
        }
    }

    /// Where the first byte is, from an offset on, that does not stand for itself in a string.
    private static func endOfPlainCharacters(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            index += 1
        }
        return index
    }

    private func text(of string: StringRange) throws(JSONError) -> UTF8String {
        guard string.hasEscapes else { return UTF8String(validated: Array(bytes[string.bytes])) }
        var reader = self
        reader.position = string.bytes.lowerBound
        var utf8: [UInt8] = []
        utf8.reserveCapacity(string.bytes.count)
        while reader.position < string.bytes.upperBound {
            let byte = bytes[reader.position]
            if byte == UInt8(ascii: "\\") {
                utf8.append(contentsOf: String(try reader.escape()).utf8)
            } else {
                utf8.append(byte)
                reader.position += 1
            }
        }
        return UTF8String(validated: utf8)
    }

    /// The name of a member, `nil` if its value is not kept.
    private func name(of string: StringRange) throws(JSONError) -> UTF8String? {
        guard let names else { return try text(of: string) }
        if !string.hasEscapes { return names.first { isText($0, at: string.bytes) } }
        let name = try text(of: string)
        return names.contains(name) ? name : nil
    }

    private func isText(_ text: UTF8String, at range: Range<Int>) -> Bool {
        let (bytes, utf8) = (bytes.span, text.utf8.span)
        guard utf8.count == range.count else { return false }
        for index in utf8.indices where utf8[index] != bytes[range.lowerBound + index] { return false }
        return true
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        let selector = try peek()
        position += 1
        switch selector {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(selector)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scalar(escapedAt: start)
        default: throw JSONError(kind: .badEscape, offset: start)
        }
    }

    /// The scalar of `\uXXXX`, or of the two of them that make a surrogate pair (RFC 8259 §7).
    private mutating func scalar(escapedAt start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
            throw JSONError(kind: .loneSurrogate, offset: start)
        }
        position += 2
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONError(kind: .loneSurrogate, offset: start) }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error(.badEscape)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// A number of RFC 8259 §6: no leading zeros, no `+`, no bare point.
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var integer: Int64? = 0
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            integer = try digits(isNegative: isNegative)
        }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            _ = try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
                position += 1
            }
            _ = try digits()
        }
        if position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            throw error(.badNumber)
        }
        if isInteger, let integer { return .integer(integer) }
        guard !isInteger, let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
            number.isFinite
        else { throw JSONError(kind: .numberOutOfRange, offset: start) }
        return .number(number)
    }

    /// At least one digit; the number that they are, `nil` if `Int64` does not hold it.
    private mutating func digits(isNegative: Bool = false) throws(JSONError) -> Int64? {
        let start = position
        var value: Int64? = 0
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            let digit = Int64(bytes[position] - UInt8(ascii: "0"))
            value = value.flatMap {
                let (tens, overflow) = $0.multipliedReportingOverflow(by: 10)
                let (sum, overflowToo) =
                    isNegative
                    ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
                return overflow || overflowToo ? nil : sum
            }
            position += 1
        }
        guard position > start else { throw error(.badNumber) }
        return value
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

    private func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[position]
    }

    /// Whether the next byte after white space is this one; if so, goes past it.
    private mutating func skip(_ byte: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try skip(byte) else { throw error(.unexpectedByte) }
    }

    private func error(_ kind: JSONError.Kind) -> JSONError {
        JSONError(kind: kind, offset: position)
    }
}
