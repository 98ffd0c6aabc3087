package import StrictJSON

/// A decentralized identifier of a user: `did:` and more, at most 256 bytes of visible ASCII.
package struct DID: Hashable, Sendable {
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes an identifier as it is, or nothing if it is not one.
    package init?(_ text: UTF8String) {
        guard text.utf8.starts(with: "did:".utf8), (5...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}

/// The name that others in a room see: 1–256 bytes of UTF-8 without a control character.
package struct UserName: Hashable, Sendable {
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes a name as it is, or nothing if it is not one.
    package init?(_ text: UTF8String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), !Self.hasControlCharacter(text.utf8) else {
            return nil
        }
        self.text = text
    }

    /// Whether well-formed UTF-8 has one of U+0000–U+001F and U+007F–U+009F in it, the latter written C2 80–C2 9F.
    private static func hasControlCharacter(_ utf8: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }
}
