package import LiveKitToken

/// A source of memberships: it knows which rooms there are, and what a session's user is in them.
///
/// A deployment has one. Whether that lets the user in is `JoinPolicy`'s to decide.
package protocol MembershipSource: Sendable {
    /// A room as the user of a session meets it; `nil` if there is no such room for that user.
    ///
    /// - Parameter directory: the directory as of this request; a source that needs none does not ask it.
    /// - Throws: if the source has no answer: never `nil` for that.
    func room(
        _ room: Identifier,
        for session: Session,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(DirectoryError) -> RoomEntry?

    /// What is wrong with what a session says of memberships, so that it may give less in a room than was meant, for
    /// the operator; `nil` if nothing is.
    func fault(of session: Session, in room: Identifier) -> ClaimFault?
}

extension MembershipSource {
    package func fault(of session: Session, in room: Identifier) -> ClaimFault? { nil }
}
