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
        guard Self.fault(in: text) == nil else { return nil }
        self.text = text
    }

    /// What keeps a text from being an id.
    package enum Fault: Equatable, Sendable {
        case empty
        case tooLong
        /// The first that is not visible ASCII.
        case character(ForeignCharacter)
    }

    /// What keeps a text from being an id; `nil` if nothing does.
    package static func fault(in text: UTF8String) -> Fault? {
        if let byte = text.utf8.first(where: { !(0x21...0x7E).contains($0) }) {
            return .character(ForeignCharacter(byte))
        }
        guard !text.utf8.isEmpty else { return .empty }
        return text.utf8.count > maximumLength ? .tooLong : nil
    }

    /// Takes a UUID in its canonical form (RFC 9562 §4).
    package init(_ uuid: UUID) {
        text = uuid.text
    }
}

/// A character that may not stand where it does, as far as it can be shown to the client and in a log.
package enum ForeignCharacter: Hashable, Sendable {
    /// 0x21–0x7E.
    case visible(UInt8)
    case space
    /// 0x00–0x1F and 0x7F.
    case control
    case notASCII

    /// The character that begins with a byte, of whatever encoding.
    package init(_ byte: UInt8) {
        self =
            switch byte {
            case 0x21...0x7E: .visible(byte)
            case 0x20: .space
            case 0x80...: .notASCII
            default: .control
            }
    }
}

extension Identifier: CustomStringConvertible, Comparable {
    package var description: String { text.description }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.text < right.text
    }
}
