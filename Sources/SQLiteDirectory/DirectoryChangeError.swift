package import TokenEndpoint

/// Why a change to the directory was not made: nothing of it has been done.
package enum DirectoryChangeError: Error, Equatable {
    /// There is no such thing to change, or to refer to.
    case unknown(Subject)
    /// The id is taken.
    case exists(Subject)
    /// The id is the same UUID as that of another user, written in other letters.
    case sameUUID(Identifier)
    /// The directory does not answer.
    case unavailable(DirectoryError)

    /// What a change is about.
    package enum Subject: Equatable, Sendable {
        case user
        case session
        case room
        case membership
        case streamSession
    }
}
