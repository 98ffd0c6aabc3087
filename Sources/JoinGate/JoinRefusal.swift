package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// A refusal at the gate.
package enum JoinRefusal: Error, Equatable, Sendable {
    case tokenMissing
    /// An `Authorization` of another form than `Bearer` and a token.
    case authorizationMalformed
    /// A token in the header and one in the query.
    case tokenTwice
    case query(SignallingQueryFault)
    case token(AccessTokenFault)
    /// Token and query have more than `Gate.maximumLength` bytes.
    case tooLong

    case method
    /// An identity with `#`: a second one that LiveKit made for a participant.
    case suffixedIdentity
    /// An identity that no token of this issuer has.
    case foreignIdentity
    /// The token is not for a room.
    case roomMissing
    /// The token does not let its holder do this: join, or moderate.
    case grantMissing
    case unknownUser
    case userDisabled
    case blocked
    case sessionUnknown
    case sessionRevoked
    case sessionExpired
    /// The user has no open session.
    case noOpenSession
    case denied(Denial)
    /// Grants that the user's roles do not give, by their names.
    case grantsExceeded([UTF8String])

    case unavailable(Unavailability)

    /// What is down, so that the gate cannot know.
    package enum Unavailability: Equatable, Sendable {
        case directory(DirectoryError)
        case indexNotInTime
        case clock
        case audit
        /// nginx passed a word for the endpoint that this program does not know, or a parameter twice.
        case parameters
    }
}
