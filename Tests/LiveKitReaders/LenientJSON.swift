package import StrictJSON

/// JSON as Go's `encoding/json` reads it: a text that is no UTF-8 and half a surrogate pair become U+FFFD, and names
/// may come twice, in any order.
///
/// It shares no code with `StrictJSON`, beside which it stands as the reader of the other side.
package indirect enum LenientJSON {
    case null
    case bool(Bool)
    case number(String)
    case text(UTF8String)
    case list([LenientJSON])
    case object([(name: UTF8String, value: LenientJSON)])

    package init?(_ bytes: [UInt8]) {
        var reader = Reader(rest: bytes[...])
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipBlanks()
        guard reader.rest.isEmpty else { return nil }
        self = value
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skipBlanks() {
            rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        }

        mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }

        mutating func value(depth: Int) -> LenientJSON? {
            skipBlanks()
            guard depth < 10_000, let first = rest.first else { return nil }
            switch first {
            case UInt8(ascii: "{"): return object(depth: depth + 1)
            case UInt8(ascii: "["): return list(depth: depth + 1)
            case UInt8(ascii: "\""): return text().map { .text($0) }
            default:
                if take("null") { return .null }
                if take("true") { return .bool(true) }
                if take("false") { return .bool(false) }
                return number()
            }
        }

        private mutating func object(depth: Int) -> LenientJSON? {
            _ = take("{")
            var members: [(name: UTF8String, value: LenientJSON)] = []
            skipBlanks()
            if take("}") { return .object(members) }
            repeat {
                skipBlanks()
                guard let name = text() else { return nil }
                skipBlanks()
                guard take(":"), let value = value(depth: depth) else { return nil }
                members.append((name, value))
                skipBlanks()
            } while take(",")
            return take("}") ? .object(members) : nil
        }

        private mutating func list(depth: Int) -> LenientJSON? {
            _ = take("[")
            var elements: [LenientJSON] = []
            skipBlanks()
            if take("]") { return .list(elements) }
            repeat {
                guard let value = value(depth: depth) else { return nil }
                elements.append(value)
                skipBlanks()
            } while take(",")
            return take("]") ? .list(elements) : nil
        }

        private mutating func number() -> LenientJSON? {
            let whole = rest
            _ = take("-")
            if !take("0") { guard digits() else { return nil } }
            if take(".") { guard digits() else { return nil } }
            if take("e") || take("E") {
                if !take("+") { _ = take("-") }
                guard digits() else { return nil }
            }
            return .number(String(decoding: whole[..<rest.startIndex], as: UTF8.self))
        }

        private mutating func digits() -> Bool {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count > 0
        }

        private mutating func text() -> UTF8String? {
            guard take("\"") else { return nil }
            var text = ""
            var plain: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return UTF8String(text + String(decoding: plain, as: UTF8.self))
                case UInt8(ascii: "\\"):
                    text += String(decoding: plain, as: UTF8.self)
                    plain = []
                    guard let scalar = escape() else { return nil }
                    text.unicodeScalars.append(scalar)
                case 0x00...0x1F: return nil
                default: plain.append(byte)
                }
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            guard let byte = rest.popFirst() else { return nil }
            if let index = Array("\"\\/bfnrt".utf8).firstIndex(of: byte) {
                return Array("\"\\/\u{8}\u{C}\n\r\t".unicodeScalars)[index]
            }
            guard byte == UInt8(ascii: "u"), let first = unit() else { return nil }
            guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
            let after = rest
            if take("\\u"), let second = unit(), (0xDC00...0xDFFF).contains(second) {
                return Unicode.Scalar((first - 0xD800) << 10 + (second - 0xDC00) + 0x10000) ?? "\u{FFFD}"
            }
            rest = after
            return "\u{FFFD}"
        }

        private mutating func unit() -> UInt32? {
            let digits = rest.prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else {
                return nil
            }
            rest = rest.dropFirst(4)
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        }
    }
}
