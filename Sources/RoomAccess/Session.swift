package import LiveKitToken

/// A session that a source has judged and found valid: who asks, and until when.
package struct Session: Equatable, Sendable {
    package let user: User
    /// The first second after the session; `nil` if it sets no end.
    package let endsAt: NumericDate?
    /// What tells this session from the user's others, for an identity of its own; `nil` if nothing does.
    package let key: [UInt8]?

    package init(user: User, endsAt: NumericDate?, key: [UInt8]?) {
        self.user = user
        self.endsAt = endsAt
        self.key = key
    }
}
