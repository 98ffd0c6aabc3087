/// Unicode text that is compared byte by byte.
///
/// `String ==` holds NFC and NFD, or U+212A and `K`, to be equal; a directory and a LiveKit server do not. Whatever
/// names a user, a room or a key of a JSON object is therefore a `UTF8String`: well-formed UTF-8 whose equality is that
/// of its bytes.
package struct UTF8String: Hashable, Sendable {
    /// Well-formed UTF-8.
    package let utf8: [UInt8]

    /// Takes the text of a `String`, which is always well-formed.
    package init(_ string: String) {
        utf8 = Array(string.utf8)
    }

    /// Takes bytes as they are, or nothing if they are not well-formed UTF-8 (RFC 3629): none is ever repaired.
    package init?(validating bytes: [UInt8]) {
        guard (try? UTF8Span(validating: bytes.span)) != nil else { return nil }
        utf8 = bytes
    }

    /// Takes characters of ASCII, as base64url, UUIDs and dates are; anything else is a bug of the caller and ends it.
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

extension UTF8String: Comparable {
    /// Orders by bytes, which for UTF-8 is the order of code points.
    package static func < (left: UTF8String, right: UTF8String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension UTF8String: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) {
        self.init(value)
    }

    package var description: String {
        String(decoding: utf8, as: UTF8.self)
    }
}
