/// A writer of one JSON text (RFC 8259), without white space, its members in the order of the calls: equal calls give
/// equal bytes.
///
/// Every string is safe to put on a line of a log or a terminal: besides what RFC 8259 §7 demands, DEL, the C1 controls
/// and the line separators U+2028 and U+2029 are escaped.
package struct JSONWriter {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// The bytes of one object.
    package static func object(capacity: Int = 512, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.object(body)
        return writer.bytes
    }

    /// What has been written so far, which is well-formed UTF-8 because all that goes in is.
    package var text: UTF8String {
        UTF8String(validated: bytes)
    }

    /// Writes an object, as the whole text or as an element.
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        separate()
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array, as the whole text or as an element.
    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        separate()
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// Writes a string, as the whole text or as an element.
    package mutating func string(_ value: UTF8String) {
        separate()
        quote(value.utf8)
    }

    /// Writes any value, as the whole text or as an element.
    package mutating func value(_ value: JSONValue) {
        separate()
        append(value)
    }

    package mutating func member(_ name: String, object body: (inout JSONWriter) -> Void) {
        key(name)
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    package mutating func member(_ name: String, array body: (inout JSONWriter) -> Void) {
        key(name)
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    package mutating func member(_ name: String, _ value: [UTF8String]) {
        member(name, array: { for element in value { $0.string(element) } })
    }

    package mutating func member(_ name: String, _ value: UTF8String) {
        key(name)
        quote(value.utf8)
    }

    package mutating func member(_ name: String, _ value: String) {
        key(name)
        quote(value)
    }

    package mutating func member(_ name: UTF8String, _ value: UTF8String) {
        separate()
        quote(name.utf8)
        bytes.append(UInt8(ascii: ":"))
        quote(value.utf8)
    }

    package mutating func member(_ name: String, _ value: Int64) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func member(_ name: String, _ value: JSONValue) {
        key(name)
        append(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes the member only if there is a value: an absent one is left out, never `null`.
    package mutating func member(ifPresent name: String, _ value: UTF8String?) {
        if let value { member(name, value) }
    }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let bool): bytes.append(contentsOf: (bool ? "true" : "false").utf8)
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        case .number(let number): bytes.append(contentsOf: "\(number)".utf8)
        case .string(let text): quote(text.utf8)
        case .array(let elements):
            nest(UInt8(ascii: "["), UInt8(ascii: "]")) { for element in elements { $0.value(element) } }
        case .object(let members):
            nest(UInt8(ascii: "{"), UInt8(ascii: "}")) { writer in
                for member in members {
                    writer.separate()
                    writer.quote(member.name.utf8)
                    writer.bytes.append(UInt8(ascii: ":"))
                    writer.append(member.value)
                }
            }
        }
    }

    private mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func nest(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    /// Appends a string; what comes in is well-formed UTF-8.
    private mutating func quote(_ utf8: [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if Self.isPlain(utf8.span) { bytes.append(contentsOf: utf8) } else { escape(utf8) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        let utf8 = string.utf8.span
        if Self.isPlain(utf8) {
            // Nearly all are names, so short: one by one is faster than as a collection.
            for index in utf8.indices { bytes.append(utf8[index]) }
        } else {
            escape(Array(string.utf8))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether every byte can be written as it is: 0x20–0x7E without `"` and `\`.
    ///
    /// Each term has its highest bit set for what it is to find, so there is no branch, and the compiler looks at many
    /// bytes at a time.
    private static func isPlain(_ utf8: Span<UInt8>) -> Bool {
        var union: UInt8 = 0
        for index in utf8.indices {
            let byte = utf8[index]
            let isOutside = byte | (byte &- 0x20) | (byte &+ 1)
            let isSyntax = ((byte ^ UInt8(ascii: "\"")) &- 1) | ((byte ^ UInt8(ascii: "\\")) &- 1)
            union |= isOutside | isSyntax
        }
        return union < 0x80
    }

    private mutating func escape(_ utf8: [UInt8]) {
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20, 0x7F: append(escaped: UInt16(byte))
            case 0xC2 where utf8[index + 1] < 0xA0:
                append(escaped: UInt16(utf8[index + 1]))
                index += 1
            case 0xE2 where utf8[index + 1] == 0x80 && [0xA8, 0xA9].contains(utf8[index + 2]):
                append(escaped: 0x2000 | UInt16(utf8[index + 2] & 0x3F))
                index += 2
            default: bytes.append(byte)
            }
            index += 1
        }
    }

    private mutating func append(escaped scalar: UInt16) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] { bytes.append(Self.hexDigits[Int(scalar >> shift & 0xF)]) }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
