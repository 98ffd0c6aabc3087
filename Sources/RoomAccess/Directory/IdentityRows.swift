/// The users or sessions of a directory as an index of identities reads them: whole; for one thread at a time.
///
/// A directory of another kind has its own: what tells of a commit is a matter of the directory.
package protocol IdentityRows: AnyObject {
    /// Reads all of them as of one moment, which is not before the call.
    ///
    /// - Parameter add: takes a user, or a session with its user; those of one user follow each other.
    func read(_ add: (Identifier, SessionDigest?) -> Void) throws(DirectoryError) -> IdentityReading

    /// Whether a reading holds what is committed now: nothing was committed since its moment.
    ///
    /// It may say that something was where nothing was, and never the reverse.
    func isCurrent(_ reading: IdentityReading) throws(DirectoryError) -> Bool
}

/// What an index has identities of.
package enum IdentitySubject: Sendable {
    /// Each user has one.
    case users
    /// Each session has one.
    case sessions
}

/// A reading of all users or sessions.
package struct IdentityReading: Sendable {
    /// What tells it from the other readings by the same `IdentityRows`.
    package let number: UInt64
    /// What is wrong with a row that was left out; `nil` if none was.
    package let flaw: DirectoryError?

    package init(number: UInt64, flaw: DirectoryError?) {
        self.number = number
        self.flaw = flaw
    }
}
