package import LiveKitToken
package import StrictJSON

/// An id of a user, room, scene, event, role or stream session: 1–256 bytes of visible ASCII (0x21–0x7E).
///
/// LiveKit allows 256 bytes for the name of a room. Two ids are equal if their bytes are.
package struct Identifier: Hashable, Sendable {
    /// In bytes.
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes an id as it is; `nil` if the text is not one.
    package init?(_ text: UTF8String) {
        guard (1...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }

    /// Takes a UUID in its canonical form (RFC 9562 §4).
    package init(_ uuid: UUID) {
        text = uuid.text
    }
}

extension Identifier: CustomStringConvertible, Comparable {
    package var description: String { text.description }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.text < right.text
    }
}
