import LiveKitToken
import RoomAccess

/// A reason for a refusal, for the operator: the word in the log and the label of the metric.
///
/// A word never changes.
package enum Reason: String, CaseIterable, Sendable {
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"

    case noAuthorization = "authorization_missing"
    case otherScheme = "authorization_not_bearer"
    case malformedAuthorization = "authorization_malformed"
    case placeholder = "authorization_placeholder"
    case loginMissing = "login_missing"
    case loginTokenMissing = "login_token_missing"

    case sessionUnknown = "session_unknown"
    case sessionExpired = "session_expired"
    case sessionRevoked = "session_revoked"
    case sessionEndsTooSoon = "session_ends_too_soon"
    case userDisabled = "user_disabled"
    case loginDenied = "login_denied"
    case loginMalformed = "login_malformed"
    case sessionKeyMissing = "session_key_missing"

    case tokenLength = "token_length"
    case tokenParts = "token_parts"
    case tokenEncrypted = "token_encrypted"
    case tokenEncoding = "token_encoding"
    case tokenHeader = "token_header"
    case tokenAlgorithm = "token_algorithm"
    case tokenType = "token_typ"
    case tokenHeaderMember = "token_header_member"
    case tokenKeyIDUnknown = "token_kid_unknown"
    case tokenKeyAlgorithm = "token_key_algorithm"
    case tokenKeyMissing = "token_key_missing"
    case tokenSignature = "token_signature"
    case tokenPayload = "token_payload"
    case tokenIssuer = "token_issuer"
    case tokenAudience = "token_audience"
    case tokenExpiryMissing = "token_exp_missing"
    case tokenTime = "token_time"
    case tokenExpired = "token_expired"
    case tokenNotYetValid = "token_not_yet_valid"
    case tokenIssuedInFuture = "token_issued_in_future"
    case tokenPurpose = "token_purpose"
    case tokenEvents = "token_events"
    case tokenBound = "token_bound"
    case tokenRequired = "token_required"
    case tokenRefused = "token_refused"
    case tokenUser = "token_user"
    case tokenDID = "token_did"
    case tokenSession = "token_session"

    case bodyNotJSON = "body_not_json"
    case bodyNotObject = "body_not_object"
    case fieldOfWrongType = "field_of_wrong_type"
    case fieldSpelledTwice = "field_spelled_twice"
    case roomIDMissing = "room_id_missing"
    case roomNameMissing = "room_name_missing"
    case bodyLengthMismatch = "body_length_mismatch"
    case headerRepeated = "header_repeated"
    case unknownField = "unknown_field"
    case invalidRoomID = "invalid_room_id"
    case invalidSceneID = "invalid_scene_id"
    case invalidEventID = "invalid_event_id"
    case fieldNotAllowed = "field_not_allowed"
    case fieldNotAName = "field_not_a_name"
    case fieldTooLong = "field_too_long"

    case unknownUser = "unknown_user"
    case blocked
    case unknownRoom = "unknown_room"
    case notAMember = "not_member"
    case notAMemberHere = "not_member_of_scene_or_event"
    case membershipExpired = "membership_expired"
    case unknownRole = "role_not_configured"
    case streamNotOpen = "stream_not_open"
    case streamEndsTooSoon = "stream_ends_too_soon"
    case roomsClaimMalformed = "rooms_claim_malformed"

    case directoryUnavailable = "directory_unavailable"
    case keySetMissing = "key_set_missing"
    case keySetTooOld = "key_set_too_old"
    case keySetPending = "key_set_pending"
    case auditUnavailable = "audit_unavailable"
    case clockUnbelievable = "clock_unbelievable"
    case tokenTooLong = "token_too_long"
    case tokenNotWhatWasAsked = "token_not_what_was_asked"
}

extension Refusal {
    /// The reason, for the operator.
    package var reason: Reason {
        switch self {
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .bodyTooLarge: .bodyTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .sessionMissing(let why): Reason(why)
        case .sessionInvalid(let why): Reason(why)
        case .malformedRequest(let why): Reason(why)
        case .unknownField: .unknownField
        case .repeatedMetaVariable: .headerRepeated
        case .invalidID(.room, _, _): .invalidRoomID
        case .invalidID(.scene, _, _): .invalidSceneID
        case .invalidID(.event, _, _): .invalidEventID
        case .fieldRefused(_, .notAllowed), .fieldRefused(_, .repeated), .fieldRefused(_, .notInItsCase):
            .fieldNotAllowed
        case .fieldRefused(_, .notAName): .fieldNotAName
        case .fieldRefused(_, .tooLong): .fieldTooLong
        case .forbidden(let denial): Reason(denial)
        case .claimUnreadable: .roomsClaimMalformed
        case .unavailable(.directory): .directoryUnavailable
        case .unavailable(.keys(let why)): Reason(why.kind)
        case .unavailable(.audit): .auditUnavailable
        case .unavailable(.clock): .clockUnbelievable
        case .internal(.tooLong): .tokenTooLong
        case .internal(.notWhatWasAsked): .tokenNotWhatWasAsked
        }
    }
}

extension Reason {
    fileprivate init(_ why: SessionError.Missing) {
        self =
            switch why {
            case .noAuthorization: .noAuthorization
            case .otherScheme: .otherScheme
            case .malformedAuthorization: .malformedAuthorization
            case .placeholder: .placeholder
            case .noLogin: .loginMissing
            case .noToken: .loginTokenMissing
            }
    }

    fileprivate init(_ why: SessionError.Invalid) {
        self =
            switch why {
            case .unknown: .sessionUnknown
            case .expired: .sessionExpired
            case .revoked: .sessionRevoked
            case .endsTooSoon: .sessionEndsTooSoon
            case .userDisabled: .userDisabled
            case .loginDenied: .loginDenied
            case .malformedParameter: .loginMalformed
            case .token(let refusal): Reason(refusal.kind)
            case .noKey: .sessionKeyMissing
            }
    }

    fileprivate init(_ kind: TokenRefusal.Kind) {
        self =
            switch kind {
            case .tooLong: .tokenLength
            case .parts: .tokenParts
            case .encrypted: .tokenEncrypted
            case .encoding: .tokenEncoding
            case .header: .tokenHeader
            case .algorithm: .tokenAlgorithm
            case .type: .tokenType
            case .headerMember: .tokenHeaderMember
            case .keyIDUnknown: .tokenKeyIDUnknown
            case .keyAlgorithm: .tokenKeyAlgorithm
            case .keyMissing: .tokenKeyMissing
            case .signature: .tokenSignature
            case .payload: .tokenPayload
            case .issuer: .tokenIssuer
            case .audience: .tokenAudience
            case .expiryMissing: .tokenExpiryMissing
            case .time: .tokenTime
            case .expired: .tokenExpired
            case .notYetValid: .tokenNotYetValid
            case .issuedInFuture: .tokenIssuedInFuture
            case .purpose: .tokenPurpose
            case .events: .tokenEvents
            case .bound: .tokenBound
            case .required: .tokenRequired
            case .refused: .tokenRefused
            case .user: .tokenUser
            case .did: .tokenDID
            case .session: .tokenSession
            }
    }

    fileprivate init(_ kind: KeysUnavailable.Kind) {
        self =
            switch kind {
            case .missing: .keySetMissing
            case .tooOld: .keySetTooOld
            case .pending: .keySetPending
            }
    }

    fileprivate init(_ why: Refusal.Malformation) {
        self =
            switch why {
            case .notJSON: .bodyNotJSON
            case .notAnObject: .bodyNotObject
            case .wrongType: .fieldOfWrongType
            case .spelledTwice: .fieldSpelledTwice
            case .roomMissing: .roomIDMissing
            case .roomNameMissing: .roomNameMissing
            case .lengthMismatch: .bodyLengthMismatch
            }
    }

    fileprivate init(_ denial: Denial) {
        self =
            switch denial {
            case .unknownUser: .unknownUser
            case .blocked: .blocked
            case .unknownRoom: .unknownRoom
            case .notAMember: .notAMember
            case .notAMemberHere: .notAMemberHere
            case .membershipExpired: .membershipExpired
            case .unknownRole: .unknownRole
            case .streamNotOpen: .streamNotOpen
            case .streamEndsTooSoon: .streamEndsTooSoon
            }
    }
}
