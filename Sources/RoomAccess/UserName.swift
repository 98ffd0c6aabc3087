package import StrictJSON

/// The display name of a user, which others in a room see, an operator's choice or a client's: 1–256 bytes of UTF-8
/// that show as what they are.
///
/// No control character (general category Cc); no character that changes the direction of text (property Bidi_Control
/// of UAX #9: marks, embeddings, overrides, isolates), which would let a name look like another, or spoil the line that
/// it stands in; and something to see.
package struct UserName: Hashable, Sendable {
    /// In bytes.
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes a name as it is; `nil` if the text is not one.
    package init?(_ text: UTF8String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), Self.shows(text.utf8) else { return nil }
        self.text = text
    }

    /// Whether well-formed UTF-8 has something to see, and nothing that a name may not have.
    private static func shows(_ utf8: [UInt8]) -> Bool {
        var isVisible = false
        var index = 0
        while index < utf8.count {
            let first = utf8[index]
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            var scalar = length == 1 ? UInt32(first) : UInt32(first) & 0x7F >> UInt32(length)
            for next in index + 1..<index + length { scalar = scalar << 6 | UInt32(utf8[next] & 0x3F) }
            if isControl(scalar) { return false }
            isVisible = isVisible || !isInvisible(scalar)
            index += length
        }
        return isVisible
    }

    private static func isControl(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x00...0x1F, 0x7F...0x9F: true
        // Bidi_Control, PropList.txt of Unicode 16.0.
        case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func isInvisible(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x21...0x7E: false
        // White_Space, PropList.txt of Unicode 16.0.
        case 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F, 0x205F, 0x3000: true
        // Default_Ignorable_Code_Point, DerivedCoreProperties.txt of Unicode 16.0.
        case 0xAD, 0x034F, 0x061C, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F,
            0x202A...0x202E, 0x2060...0x206F, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFF8,
            0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF:
            true
        // The braille pattern without a dot.
        case 0x2800: true
        default: false
        }
    }
}
