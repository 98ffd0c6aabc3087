// Strings (RFC 8259 §7) and numbers (§6).

extension JSONParser {
    /// The range of a string's characters.
    struct StringRange {
        let bytes: Range<Int>
        let hasEscapes: Bool
    }

    /// Skips the string that begins here.
    mutating func string() throws(JSONError) -> StringRange {
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

    /// The offset of the first byte, from an offset on, that does not stand for itself in a string.
    private static func endOfPlainCharacters(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            index += 1
        }
        return index
    }

    func text(of string: StringRange) throws(JSONError) -> UTF8String {
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
    func name(of string: StringRange) throws(JSONError) -> UTF8String? {
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
            guard let digit = try peek().hexDigitValue else { throw error(.badEscape) }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// A number of RFC 8259 §6: no leading zeros, no `+`, no bare point.
    mutating func number() throws(JSONError) -> JSONValue {
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
        guard !isInteger, position - start <= JSONLimits.numberLength,
            let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)), number.isFinite
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
}
