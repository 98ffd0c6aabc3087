package import LiveKitToken

/// A directory: what a deployment has written down of users, sessions, rooms, memberships, stream sessions and blocks.
package protocol Directory: Sendable {
    /// The directory as of the first question that the snapshot is asked.
    ///
    /// What has committed by then is what the snapshot shows: a revocation, an expiry, a removal.
    func snapshot() -> any DirectorySnapshot

    /// Reads as much as it takes to know that the directory answers.
    func probe() throws(DirectoryError)
}

/// A directory as of one moment, for one thread and one decision.
///
/// Every question throws if the directory does not answer, or answers what it should not hold; never `nil` for that.
package protocol DirectorySnapshot: AnyObject {
    /// The session of a bearer token, ended or not; `nil` if there never was one.
    func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession?

    /// A user; `nil` if there is no such user.
    func user(_ id: Identifier) throws(DirectoryError) -> User?

    /// Whether there is any user.
    func hasUsers() throws(DirectoryError) -> Bool

    /// A room as one user meets it; `nil` if there is no such room.
    ///
    /// It takes the same work if the room does not exist, or the user is not a member of it.
    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry?

    /// Whether a user has a session that is neither revoked nor ended.
    func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool

    /// A block of a person in a room that has not ended, or of the person in every room; `nil` if there is none.
    ///
    /// - Parameter identity: `ParticipantIdentity(user:)` of the person's id.
    func block(
        of identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws(DirectoryError) -> Block?

    /// Gives back what the snapshot holds of the directory; no question follows. Its deinitialization does the same.
    func end()
}

/// A session as a directory keeps it.
package struct DirectorySession: Equatable, Sendable {
    package let user: User
    /// The first second after it.
    package let expiresAt: NumericDate
    /// A revoked session has ended, even if the time of its revocation is yet to come.
    package let isRevoked: Bool

    package init(user: User, expiresAt: NumericDate, isRevoked: Bool) {
        self.user = user
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
    }
}

/// Why a directory has no answer, for the operator alone.
package struct DirectoryError: Error, Equatable {
    /// What happened, without a value from a request or a row.
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
