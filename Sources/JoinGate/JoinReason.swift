import LiveKitToken
import RoomAccess

/// A reason for a refusal at the gate, for the operator: the word in the log and the label of the metric.
///
/// A word never changes. One that the token endpoint has too means the same there (`Reason`).
package enum JoinReason: String, CaseIterable, Sendable {
    case tokenMissing = "token_missing"
    case authorizationMalformed = "authorization_malformed"
    case tokenTwice = "token_twice"
    case queryMalformed = "query_malformed"
    case joinRequestTwice = "join_request_twice"
    case tokenEscaped = "token_escaped"
    case tooLong = "token_too_long"
    case tokenMalformed = "token_malformed"
    case tokenAlgorithm = "token_algorithm"
    case tokenKeyUnknown = "token_key_unknown"
    case tokenSignature = "token_signature"
    case tokenPayload = "token_payload"
    case tokenClaimCase = "token_claim_case"
    case tokenExpiryMissing = "token_exp_missing"
    case tokenExpired = "token_expired"
    case tokenNotYetValid = "token_not_yet_valid"
    case tokenSubjectMissing = "token_sub_missing"

    case method = "method_not_allowed"
    case publishParameter = "publish_parameter"
    case identitySuffixed = "identity_suffixed"
    case identityForeign = "identity_foreign"
    case roomMissing = "room_missing"
    case grantMissing = "grant_missing"
    case grantsExceeded = "grants_exceeded"
    case unknownUser = "unknown_user"
    case userDisabled = "user_disabled"
    case blocked
    case sessionUnknown = "session_unknown"
    case sessionRevoked = "session_revoked"
    case sessionExpired = "session_expired"
    case noOpenSession = "no_open_session"
    case unknownRoom = "unknown_room"
    case notAMember = "not_member"
    case notAMemberHere = "not_member_of_scene_or_event"
    case membershipExpired = "membership_expired"
    case unknownRole = "role_not_configured"
    case streamNotOpen = "stream_not_open"

    case directoryUnavailable = "directory_unavailable"
    case indexNotInTime = "index_not_in_time"
    case clockUnbelievable = "clock_unbelievable"
    case auditUnavailable = "audit_unavailable"
    case parametersUnusable = "parameters_unusable"
}

extension JoinRefusal {
    /// The reason, for the operator.
    package var reason: JoinReason {
        switch self {
        case .tokenMissing: .tokenMissing
        case .authorizationMalformed: .authorizationMalformed
        case .tokenTwice, .query(.tokenTwice): .tokenTwice
        case .query(.malformed): .queryMalformed
        case .query(.tokenEscaped): .tokenEscaped
        case .query(.joinRequestTwice): .joinRequestTwice
        case .query(.publish): .publishParameter
        case .token(let fault): JoinReason(fault)
        case .tooLong: .tooLong
        case .method: .method
        case .suffixedIdentity: .identitySuffixed
        case .foreignIdentity: .identityForeign
        case .roomMissing: .roomMissing
        case .grantMissing: .grantMissing
        case .grantsExceeded: .grantsExceeded
        case .unknownUser: .unknownUser
        case .userDisabled: .userDisabled
        case .blocked: .blocked
        case .sessionUnknown: .sessionUnknown
        case .sessionRevoked: .sessionRevoked
        case .sessionExpired: .sessionExpired
        case .noOpenSession: .noOpenSession
        case .denied(let denial): JoinReason(denial)
        case .unavailable(.directory): .directoryUnavailable
        case .unavailable(.indexNotInTime): .indexNotInTime
        case .unavailable(.clock): .clockUnbelievable
        case .unavailable(.audit): .auditUnavailable
        case .unavailable(.parameters): .parametersUnusable
        }
    }

    /// The status of the answer to nginx: 401 for a token or a request that LiveKit should not see, 403 for somebody
    /// who may not do this now, 503 where that cannot be known.
    package var status: Int {
        switch self {
        case .query(.publish): 403
        case .tokenMissing, .authorizationMalformed, .tokenTwice, .query, .token, .tooLong: 401
        case .unavailable: 503
        default: 403
        }
    }
}

extension JoinReason {
    fileprivate init(_ fault: AccessTokenFault) {
        self =
            switch fault {
            case .malformed: .tokenMalformed
            case .algorithm: .tokenAlgorithm
            case .unknownKey: .tokenKeyUnknown
            case .signature: .tokenSignature
            case .payload: .tokenPayload
            case .claimInOtherCase: .tokenClaimCase
            case .expiryMissing: .tokenExpiryMissing
            case .expired: .tokenExpired
            case .notYetValid: .tokenNotYetValid
            case .subjectMissing: .tokenSubjectMissing
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
            // The end of a stream session bars no join before it.
            case .streamNotOpen, .streamEndsTooSoon: .streamNotOpen
            }
    }
}
