package import LiveKitToken
package import StrictJSON

/// A block: a person may not enter a room, or any room, until a time, whatever memberships say.
///
/// The person is an identity, so that one whom the directory does not know can be blocked too.
package struct Block: Equatable, Sendable {
    /// The user as it was named.
    package let user: Identifier
    /// The identity of the user (`ParticipantIdentity(user:)`), whatever `token.identity` says.
    package let identity: ParticipantIdentity
    /// `nil` for every room.
    package let room: Identifier?
    /// The first second after it; `nil` if it has no end.
    package let until: NumericDate?
    /// For the operator alone.
    package let why: UTF8String?

    package init(
        user: Identifier,
        room: Identifier? = nil,
        until: NumericDate? = nil,
        why: UTF8String? = nil
    ) {
        self.user = user
        identity = ParticipantIdentity(user: user.text)
        self.room = room
        self.until = until
        self.why = why
    }
}
