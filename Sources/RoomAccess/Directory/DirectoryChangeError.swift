/// Why a change to a directory was not made; nothing of it has been done.
package enum DirectoryChangeError: Error, Equatable {
    /// What is to be changed, or referred to, is not in the directory.
    case unknown(Subject)
    /// What is to be changed, or referred to, is not in the directory, but one is whose id differs in case alone.
    case differsInCase(Subject, Identifier)
    /// The id is taken.
    case exists(Subject)
    /// The id is the same UUID as that of another, written in other letters.
    case sameUUID(Subject, Identifier)
    /// The directory does not answer.
    case unavailable(DirectoryError)

    /// The kind of row that a change is about.
    package enum Subject: Equatable, Sendable {
        case user
        case session
        case room
        case membership
        case streamSession
        case block
    }
}
