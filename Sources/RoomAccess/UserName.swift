package import StrictJSON

/// The display name of a user, which others in a room see: 1–256 bytes of UTF-8 without a control character.
package struct UserName: Hashable, Sendable {
    /// In bytes.
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes a name as it is; `nil` if the text is not one.
    package init?(_ text: UTF8String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), !Self.hasControlCharacter(text.utf8) else {
            return nil
        }
        self.text = text
    }

    /// Looks for U+0000–U+001F and U+007F–U+009F in well-formed UTF-8, which writes the latter as C2 80–C2 9F.
    private static func hasControlCharacter(_ utf8: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }
}
