package import LiveKitToken
package import RoomAccess

/// What a snapshot of a test has no part in: it has users, no open sessions, and no blocks.
extension DirectorySnapshot {
    package func hasUsers() throws(DirectoryError) -> Bool { true }

    package func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool { false }

    package func block(
        of identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws(DirectoryError) -> Block? { nil }
}
