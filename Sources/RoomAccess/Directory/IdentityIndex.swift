package import LiveKitToken

/// An index of identities: it tells whose identity a participant has.
///
/// An identity is a pure function of a user's id, or of the user's id and a session, so that what the index has found
/// holds for good.
package protocol IdentityIndex: Sendable {
    /// Who has an identity; `nil` if no user or session of the directory has it that was committed when the question
    /// began.
    ///
    /// It may wait for a reading of the directory, without keeping other requests from being answered.
    ///
    /// - Throws: if that cannot be known in time.
    func holder(of identity: ParticipantIdentity) throws(IdentityIndexError) -> IdentityHolder?

    /// Who has an identity that somebody had whom the directory does not know any more; `nil` if none has it.
    ///
    /// A UUID is one identity however its letters are written: a user who was removed may have been added with others.
    ///
    /// - Throws: if that cannot be known in time.
    func successor(
        of former: IdentityHolder,
        as identity: ParticipantIdentity
    ) throws(IdentityIndexError) -> IdentityHolder?

    /// Notes who has an identity, as a token was issued for it: the join that follows need not wait.
    func note(_ holder: IdentityHolder, of identity: ParticipantIdentity)
}

extension IdentityIndex {
    package func successor(
        of former: IdentityHolder,
        as identity: ParticipantIdentity
    ) throws(IdentityIndexError) -> IdentityHolder? { nil }
}

/// Whose identity it is.
package struct IdentityHolder: Equatable, Sendable {
    package let user: Identifier
    /// The digest of the session where each session has an identity of its own; `nil` where each user has one.
    package let session: SessionDigest?

    package init(user: Identifier, session: SessionDigest? = nil) {
        self.user = user
        self.session = session
    }
}

/// Why an index does not know.
package enum IdentityIndexError: Error, Equatable {
    /// The reading that the question waits for did not end in time, or too many questions wait.
    case notInTime
    case directory(DirectoryError)
}
