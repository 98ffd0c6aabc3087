package import StrictJSON

/// The identity of a participant, the `sub` of a token: `user-{uuid}`.
///
/// A second participant with the same identity evicts the first. A client that may publish can have more of them, as
/// `IDENTITY#x`.
package struct ParticipantIdentity: Hashable, Sendable {
    /// How many connections a user may hold in a room.
    package enum Policy: String, CaseIterable, Sendable {
        /// The same identity always: one connection for a user.
        case user
        /// One identity for each session: the devices of a user do not evict each other.
        case session
        /// A fresh identity with each token.
        case token
    }

    /// `d8caf7aa-0e5e-4654-9f53-53db88a0b17d`: the namespace of derived identities (RFC 9562 §5.5).
    ///
    /// It was made once, at random, and never changes: a change would rename every participant.
    package static let namespace = UUID(high: 0xd8ca_f7aa_0e5e_4654, low: 0x9f53_53db_88a0_b17d)

    package let uuid: UUID
    package let text: UTF8String

    package init(_ uuid: UUID) {
        self.uuid = uuid
        text = UTF8String(
            ascii: [UInt8](capacity: 41) { characters in
                for character in "user-".utf8 { characters.append(character) }
                uuid.append(to: &characters)
            }
        )
    }

    /// Reads an identity as a token has it; `nil` for any other text than this program writes.
    package init?(_ text: UTF8String) {
        guard text.utf8.starts(with: "user-".utf8), let uuid = UUID(text.utf8.dropFirst(5)) else { return nil }
        self.init(uuid)
        guard self.text == text else { return nil }
    }

    /// The user's own identity: the user id where it is a UUID of another version than 5, else the UUIDv5 of its
    /// bytes, a UUID's letters in lower case.
    ///
    /// What is derived is a UUID of version 5, and an id that is one is derived as well: so no id is the identity of
    /// another.
    package init(user: UTF8String) {
        self.init(Self.uuid(ofUser: user))
    }

    /// The UUID of `init(user:)`, without its text.
    package static func uuid(ofUser user: UTF8String) -> UUID {
        let uuid = UUID(user.utf8)
        if let uuid, !uuid.isNameBased { return uuid }
        return UUID(namespace: namespace, name: (uuid?.text ?? user).utf8)
    }

    /// The identity of one session of a user: the UUIDv5 of the user id, a NUL, and the SHA-256 of the bearer.
    package init(user: UTF8String, sessionDigest: [UInt8]) {
        self.init(Self.uuid(ofUser: user, sessionDigest: sessionDigest))
    }

    /// The UUID of `init(user:sessionDigest:)`, without its text.
    package static func uuid(ofUser user: UTF8String, sessionDigest: [UInt8]) -> UUID {
        UUID(namespace: namespace, name: user.utf8 + [0] + sessionDigest)
    }
}
