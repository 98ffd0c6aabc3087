package import StrictJSON

/// The id of a user, a room, a scene, an event or a role: 1–256 bytes of visible ASCII (0x21–0x7E).
///
/// 256 bytes is what LiveKit allows for a room name. Ids are equal if their bytes are.
package struct Identifier: Hashable, Sendable {
    package static let maximumLength = 256

    package let text: UTF8String

    /// Takes an id as it is, or nothing if it is not one.
    package init?(_ text: UTF8String) {
        guard (1...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}

extension Identifier: CustomStringConvertible, Comparable {
    package var description: String { text.description }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.text < right.text
    }
}
