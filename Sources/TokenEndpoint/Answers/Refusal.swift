package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// A refusal: every way in which a request ends without a token.
///
/// `reason` is what the operator learns, `problem` what the client does. The two differ on purpose: no answer tells an
/// unknown room from one that is closed to the caller, or an unknown session from an expired one.
package enum Refusal: Error, Equatable {
    case notFound
    case methodNotAllowed(allow: [UTF8String])
    case bodyTooLarge
    case unsupportedMediaType
    case sessionMissing(SessionError.Missing)
    case sessionInvalid(SessionError.Invalid)
    /// The name of a meta-variable (RFC 3875 §4.1) that the web server has passed twice.
    case repeatedMetaVariable(String)
    case malformedRequest(Malformation)
    /// With the fields that there are, and where the client can be helped, what it may have meant.
    case unknownField(UTF8String, known: [String], hint: String? = nil)
    /// `spelled` is the name of the field where it is not the field's own.
    case invalidID(TokenRequest.Field, IDFault, spelled: String? = nil)
    /// A path of field names.
    case fieldRefused(UTF8String, FieldRefusal)
    case forbidden(Denial)
    /// A denial by a room in which what the login says of memberships may give less than was meant, as it cannot be
    /// read.
    case claimUnreadable(ClaimFault)
    case unavailable(Unavailability)
    case `internal`(AccessTokenError)

    /// What is wrong with the form of a request.
    package enum Malformation: Equatable, Sendable {
        case notJSON(JSONError)
        case notAnObject
        case wrongType(UTF8String, mustBe: Shape = .string)
        /// In snake_case and in camelCase.
        case spelledTwice(UTF8String)
        /// `roomId` is missing.
        case roomMissing
        /// `room_name` is missing.
        case roomNameMissing
        case lengthMismatch
    }

    /// Why a text is not an id of a request.
    package enum IDFault: Equatable, Sendable {
        case notAnIdentifier(Identifier.Fault)
        /// An id by its characters. It is out of the pattern from that byte on; `nil` if it ends too early.
        case outsidePattern(UTF8String, from: Int?)
    }

    /// The JSON type that a field must have.
    package enum Shape: String, Sendable {
        case string = "a string"
        case array = "an array of objects"
        case object = "an object"
    }

    package enum FieldRefusal: Equatable, Sendable {
        /// With the setting that could allow it, if one could.
        case notAllowed(setting: String? = nil)
        /// An agent of that name was there before.
        case repeated
        /// The identity that the caller has, but for the case of letters.
        case notInItsCase
        /// No `UserName`.
        case notAName
        case tooLong
    }

    /// The part of the deployment that is down.
    package enum Unavailability: Equatable, Sendable {
        case directory(DirectoryError)
        case keys(KeysUnavailable)
        case audit
        case clock
    }

    /// The refusal of a credential.
    package init(_ error: SessionError) {
        self =
            switch error {
            case .missing(let why): .sessionMissing(why)
            case .invalid(let why, _): .sessionInvalid(why)
            case .unknownUser: .forbidden(.unknownUser)
            case .unavailable(let error): .unavailable(.directory(error))
            case .keysUnavailable(let why): .unavailable(.keys(why))
            }
    }

    /// Whether the fault is the deployment's, so that an operator should look and a client may try again.
    ///
    /// A token by a key that is about to be fetched is none: so begins each change of keys.
    package var isFault: Bool {
        switch self {
        case .unavailable(.keys(let why)): why.kind != .pending
        case .unavailable, .internal, .repeatedMetaVariable: true
        default: false
        }
    }
}
