/// A string of well-formed UTF-8, compared byte by byte.
///
/// `String ==` holds NFC and NFD, or U+212A and `K`, to be equal; a directory and a LiveKit server do not. The
/// name of a user, a room or a key of a JSON object is therefore a `UTF8String`.
package struct UTF8String: Hashable, Sendable {
    /// Well-formed UTF-8.
    package let utf8: [UInt8]

    /// Takes the text of a `String`, which is always well-formed.
    package init(_ string: String) {
        utf8 = Array(string.utf8)
    }

    /// Takes bytes as they are; `nil` if they are not well-formed UTF-8 (RFC 3629), which is never repaired.
    package init?(validating bytes: [UInt8]) {
        guard (try? UTF8Span(validating: bytes.span)) != nil else { return nil }
        utf8 = bytes
    }

    /// Takes characters of ASCII, as base64url, UUIDs and dates are; other bytes are a bug of the caller, and trap.
    package init(ascii bytes: [UInt8]) {
        precondition(Self.isASCII(bytes.span))
        utf8 = bytes
    }

    private static func isASCII(_ bytes: Span<UInt8>) -> Bool {
        var union: UInt8 = 0
        for index in bytes.indices { union |= bytes[index] }
        return union < 0x80
    }

    /// For bytes that this module has validated already.
    init(validated bytes: [UInt8]) {
        utf8 = bytes
    }
}

extension UInt8 {
    /// A letter of ASCII in lower case; any other byte as it is.
    package var lowercase: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// The value of a hexadecimal digit, of either case; `nil` for any other byte.
    package var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension UTF8String: Comparable {
    /// Orders by bytes, which for UTF-8 is the order of code points.
    package static func < (left: UTF8String, right: UTF8String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension UTF8String {
    /// Whether a text has exactly the bytes of a `String`: a literal beside `==` or in a pattern is not copied for it.
    package static func == (text: UTF8String, string: String) -> Bool {
        guard text.utf8.count == string.utf8.count else { return false }
        let (bytes, others) = (text.utf8.span, string.utf8.span)
        for index in bytes.indices where bytes[index] != others[index] { return false }
        return true
    }

    package static func != (text: UTF8String, string: String) -> Bool { !(text == string) }

    /// Whether a text has exactly the bytes of a `String`.
    package static func ~= (string: String, text: UTF8String) -> Bool { text == string }
}

extension UTF8String: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) {
        self.init(value)
    }

    package var description: String {
        String(decoding: utf8, as: UTF8.self)
    }
}
