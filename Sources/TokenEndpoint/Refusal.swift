package import LiveKitToken
package import StrictJSON

/// Every way in which a request ends without a token: the one vocabulary of the endpoint.
///
/// A case names what the operator learns; `answer` says what the client does. The two differ on purpose: no answer
/// tells an unknown room from one that is closed to the caller, or an unknown session from an expired one.
package enum Refusal: Error, Equatable {
    case notFound
    case methodNotAllowed(allow: String)
    case bodyTooLarge
    case unsupportedMediaType
    case sessionMissing(SessionMissing)
    case sessionInvalid(SessionInvalid)
    case malformedRequest(Malformation)
    case unknownField(UTF8String)
    case invalidID(TokenRequest.Field, spelled: String? = nil)
    /// A path of field names.
    case fieldRefused(UTF8String, FieldRefusal)
    case forbidden(Forbidden)
    case unavailable(Unavailability)
    case `internal`(AccessTokenError)

    package enum SessionMissing: String, CaseIterable, Sendable {
        case noAuthorization = "authorization_missing"
        case otherScheme = "authorization_not_bearer"
        case malformedAuthorization = "authorization_malformed"
    }

    package enum SessionInvalid: String, CaseIterable, Sendable {
        case unknown = "session_unknown"
        case expired = "session_expired"
        case revoked = "session_revoked"
        case endsTooSoon = "session_ends_too_soon"
        case userDisabled = "user_disabled"
    }

    package enum Malformation: Equatable, Sendable {
        case notJSON(JSONError)
        case notAnObject
        case wrongType(UTF8String, mustBe: Shape = .string)
        /// In snake_case and in camelCase.
        case spelledTwice(UTF8String)
        case roomMissing
        /// The same in LiveKit's spelling.
        case roomNameMissing
        case lengthMismatch
        case repeatedMetaVariable
    }

    package enum Shape: String, Sendable {
        case string = "a string"
        case array = "an array of objects"
        case object = "an object"
    }

    package enum FieldRefusal: String, CaseIterable, Sendable {
        case notAllowed = "field_not_allowed"
        case tooLong = "field_too_long"
    }

    package enum Forbidden: String, CaseIterable, Sendable {
        /// Only the command line names users.
        case unknownUser = "unknown_user"
        case unknownRoom = "unknown_room"
        case notAMember = "not_member"
        case notAMemberHere = "not_member_of_scene_or_event"
        case membershipExpired = "membership_expired"
        case unknownRole = "role_not_configured"
        case streamNotOpen = "stream_not_open"
        case streamEndsTooSoon = "stream_ends_too_soon"
    }

    package enum Unavailability: Equatable, Sendable {
        case directory(DirectoryError)
        case audit
        case clock
    }
}

extension Refusal {
    /// What the client is told.
    package struct Answer: Equatable, Sendable {
        package let status: Int
        /// The stable name of the problem, for programs.
        package let code: String
        /// What would be right, for people; never a value from the request.
        package let detail: String
        /// Headers beside those of every answer.
        package var headers: [HTTPResponse.Header] = []
    }

    /// Seconds after which a client may try again when the fault is ours.
    static let retryAfter = "1"

    /// The answer for this refusal; callers without a valid session get the status that is given, 403 or the 401 of
    /// RFC 6750 §3.1.
    package func answer(unauthenticatedStatus: Int) -> Answer {
        switch self {
        case .notFound:
            Answer(status: 404, code: "not_found", detail: "There is nothing here; tokens are at POST /livekit/token.")
        case .methodNotAllowed(let allow):
            Answer(
                status: 405,
                code: "method_not_allowed",
                detail: "The method must be \(allow).",
                headers: [.init(name: "Allow", value: allow)]
            )
        case .bodyTooLarge:
            Answer(
                status: 413,
                code: "body_too_large",
                detail: "The body must have at most \(HTTPRequest.maximumBodyLength) bytes."
            )
        case .unsupportedMediaType:
            Answer(
                status: 415,
                code: "unsupported_media_type",
                detail: "The Content-Type must be application/json; its charset, if any, utf-8."
            )
        case .sessionMissing:
            Answer(
                status: unauthenticatedStatus,
                code: "session_missing",
                detail: "Send the session as Authorization: Bearer <session>.",
                headers: [.init(name: "WWW-Authenticate", value: #"Bearer realm="livekit""#)]
            )
        case .sessionInvalid:
            Answer(
                status: unauthenticatedStatus,
                code: "session_invalid",
                detail: "The session is not valid, or not for long enough; sign in again.",
                headers: [.init(name: "WWW-Authenticate", value: #"Bearer realm="livekit", error="invalid_token""#)]
            )
        case .malformedRequest(let malformation):
            Answer(status: 400, code: "malformed_request", detail: malformation.detail)
        case .unknownField(let name):
            Answer(status: 400, code: "unknown_field", detail: "There is no field \(Self.cleaned(name, 32)).")
        case .invalidID(let field, let spelling):
            Answer(
                status: 400,
                code: "invalid_\(field.snakeCase)",
                detail: "\(spelling ?? field.rawValue) is not an id that this deployment allows."
            )
        case .fieldRefused(let field, .notAllowed):
            Answer(
                status: 422,
                code: "field_refused",
                detail: "A client may not set \(Self.cleaned(field, 64)) here, or not to this; leave it out."
            )
        case .fieldRefused(let field, .tooLong):
            Answer(status: 422, code: "field_refused", detail: "\(Self.cleaned(field, 64)) is too long for a token.")
        case .forbidden:
            Answer(status: 403, code: "forbidden", detail: "This session may not enter this room now.")
        case .unavailable:
            Answer(
                status: 503,
                code: "unavailable",
                detail: "No token can be issued at the moment; try again.",
                headers: [.init(name: "Retry-After", value: Self.retryAfter)]
            )
        case .internal:
            Answer(status: 500, code: "internal", detail: "No token could be made; the operator's log says why.")
        }
    }

    /// What the operator is told: one word that stays the same, and for a fault of ours what happened.
    package var reason: (word: String, fault: String?) {
        switch self {
        case .notFound: ("not_found", nil)
        case .methodNotAllowed: ("method_not_allowed", nil)
        case .bodyTooLarge: ("body_too_large", nil)
        case .unsupportedMediaType: ("unsupported_media_type", nil)
        case .sessionMissing(let why): (why.rawValue, nil)
        case .sessionInvalid(let why): (why.rawValue, nil)
        case .malformedRequest(let why): (why.word, nil)
        case .unknownField: ("unknown_field", nil)
        case .invalidID(let field, _): ("invalid_\(field.snakeCase)", nil)
        case .fieldRefused(_, let why): (why.rawValue, nil)
        case .forbidden(let why): (why.rawValue, nil)
        case .unavailable(.directory(let error)): ("directory_unavailable", error.reason)
        case .unavailable(.audit): ("audit_unavailable", nil)
        case .unavailable(.clock): ("clock_unbelievable", nil)
        case .internal(.tooLong(let bytes)):
            ("token_too_long", "\(bytes) bytes, at most \(AccessToken.maximumLength): shorten the user's name or did")
        case .internal(.notWhatWasAsked): ("token_not_what_was_asked", nil)
        }
    }

    /// Every word that `reason` may give, for whoever counts by them.
    package static let reasonWords: [String] = {
        let noJSON = JSONError(kind: .unexpectedByte, offset: 0)
        let malformations: [Malformation] = [
            .notJSON(noJSON), .notAnObject, .wrongType(""), .spelledTwice(""), .roomMissing,
            .roomNameMissing, .lengthMismatch, .repeatedMetaVariable,
        ]
        let others: [Refusal] = [
            .notFound, .methodNotAllowed(allow: ""), .bodyTooLarge, .unsupportedMediaType, .unknownField(""),
            .unavailable(.directory(DirectoryError(""))), .unavailable(.audit), .unavailable(.clock),
            .internal(.tooLong(bytes: 0)), .internal(.notWhatWasAsked),
        ]
        let all =
            others + malformations.map { .malformedRequest($0) } + SessionMissing.allCases.map { .sessionMissing($0) }
            + SessionInvalid.allCases.map { .sessionInvalid($0) } + TokenRequest.Field.allCases.map { .invalidID($0) }
            + FieldRefusal.allCases.map { .fieldRefused("", $0) } + Forbidden.allCases.map { .forbidden($0) }
        return all.map(\.reason.word)
    }()

    /// A name from a request, fit to stand in a message: at most so many characters, none of which needs an escape
    /// anywhere.
    fileprivate static func cleaned(_ name: UTF8String, _ length: Int) -> String {
        let allowed = name.utf8.prefix(length).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                byte
            default: UInt8(ascii: "?")
            }
        }
        return String(decoding: allowed, as: UTF8.self)
    }
}

extension TokenRequest.Field {
    fileprivate var snakeCase: String {
        switch self {
        case .room: "room_id"
        case .scene: "scene_id"
        case .event: "event_id"
        }
    }
}

extension Refusal.Malformation {
    fileprivate var detail: String {
        switch self {
        case .notJSON(let error): "The body is not JSON: \(error.kind.rawValue), at byte \(error.offset)."
        case .notAnObject: "The body must be a JSON object."
        case .wrongType(let name, let shape): "\(Refusal.cleaned(name, 32)) must be \(shape.rawValue)."
        case .spelledTwice(let name): "\(name) came in both of its spellings."
        case .roomMissing: "roomId is missing."
        case .roomNameMissing: "room_name is missing."
        case .lengthMismatch: "The body is not as long as Content-Length says."
        case .repeatedMetaVariable: "A header came more than once."
        }
    }

    fileprivate var word: String {
        switch self {
        case .notJSON: "body_not_json"
        case .notAnObject: "body_not_object"
        case .wrongType: "field_of_wrong_type"
        case .spelledTwice: "field_spelled_twice"
        case .roomMissing: "room_id_missing"
        case .roomNameMissing: "room_name_missing"
        case .lengthMismatch: "body_length_mismatch"
        case .repeatedMetaVariable: "header_repeated"
        }
    }
}
