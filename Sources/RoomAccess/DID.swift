package import StrictJSON

/// A decentralized identifier (DID) of a user: `did:` and more, at most 256 bytes of visible ASCII.
package struct DID: Hashable, Sendable {
    /// In bytes.
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes a DID as it is; `nil` if the text is not one.
    package init?(_ text: UTF8String) {
        guard text.utf8.starts(with: "did:".utf8), (5...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}
