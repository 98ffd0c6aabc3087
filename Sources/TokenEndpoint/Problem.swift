import StrictJSON

/// A problem (RFC 9457): what the client is told of a refusal.
package struct Problem: Equatable, Sendable {
    package let status: Int
    /// The stable name of the problem, for programs.
    package let code: String
    /// What would be right, for people; never a value from the request, but for the cleaned name of a field.
    package let detail: String
    /// Headers beside those of every response.
    package var headers: [HTTPResponse.Header] = []

    /// Seconds after which a client may try again when the fault is the deployment's.
    static let retryAfter = "1"

    /// 503: the parts of the deployment that are down.
    static func unhealthy(_ down: [String]) -> Problem {
        Problem(
            status: 503,
            code: "unavailable",
            detail: "Down: \(down.joined(separator: ", ")).",
            headers: [.init(name: "Retry-After", value: retryAfter)]
        )
    }
}

extension Refusal {
    /// The stable name of the problem, for programs.
    package var code: String {
        switch self {
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .bodyTooLarge: "body_too_large"
        case .unsupportedMediaType: "unsupported_media_type"
        case .sessionMissing: "session_missing"
        case .sessionInvalid: "session_invalid"
        case .malformedRequest: "malformed_request"
        case .unknownField: "unknown_field"
        case .invalidID: reason.rawValue
        case .fieldRefused: "field_refused"
        case .forbidden: "forbidden"
        case .unavailable: "unavailable"
        case .internal: "internal"
        }
    }

    /// The problem that the client is told.
    ///
    /// - Parameter unauthenticatedStatus: the status for callers without a valid session, 403 or the 401 of RFC 6750
    ///   §3.1.
    package func problem(unauthenticatedStatus: Int) -> Problem {
        func problem(_ status: Int, _ detail: String, _ headers: [HTTPResponse.Header] = []) -> Problem {
            Problem(status: status, code: code, detail: detail, headers: headers)
        }
        func challenge(_ parameters: String) -> [HTTPResponse.Header] {
            [.init(name: "WWW-Authenticate", value: #"Bearer realm="livekit"\#(parameters)"#)]
        }
        switch self {
        case .notFound:
            return problem(404, "There is nothing here; tokens are at POST /livekit/token.")
        case .methodNotAllowed(let methods):
            let allow = methods.map(\.description).joined(separator: ", ")
            return problem(405, "The method must be \(allow).", [.init(name: "Allow", value: allow)])
        case .bodyTooLarge:
            return problem(413, "The body must have at most \(HTTPRequest.maximumBodyLength) bytes.")
        case .unsupportedMediaType:
            return problem(415, "The Content-Type must be application/json; its charset, if any, utf-8.")
        case .sessionMissing:
            return problem(
                unauthenticatedStatus,
                "Send the session as Authorization: Bearer <session>.",
                challenge("")
            )
        case .sessionInvalid:
            return problem(
                unauthenticatedStatus,
                "The session is not valid, or not for long enough; sign in again.",
                challenge(#", error="invalid_token""#)
            )
        case .malformedRequest(let malformation):
            return problem(400, malformation.detail)
        case .unknownField(let name):
            return problem(400, "There is no field \(name.sanitized(32)).")
        case .invalidID(let field, let spelling):
            return problem(400, "\(spelling ?? field.rawValue) is not an id that this deployment allows.")
        case .fieldRefused(let field, .notAllowed):
            return problem(422, "A client may not set \(field.sanitized(64)) here, or not to this; leave it out.")
        case .fieldRefused(let field, .tooLong):
            return problem(422, "\(field.sanitized(64)) is too long for a token.")
        case .forbidden:
            return problem(403, "This session may not enter this room now.")
        case .unavailable:
            return problem(
                503,
                "No token can be issued at the moment; try again.",
                [.init(name: "Retry-After", value: Problem.retryAfter)]
            )
        case .internal:
            return problem(500, "No token could be made; the operator's log says why.")
        }
    }
}

extension Refusal.Malformation {
    fileprivate var detail: String {
        switch self {
        case .notJSON(let error): "The body is not JSON: \(error.kind.rawValue), at byte \(error.offset)."
        case .notAnObject: "The body must be a JSON object."
        case .wrongType(let name, let shape): "\(name.sanitized(32)) must be \(shape.rawValue)."
        case .spelledTwice(let name): "\(name) came in both of its spellings."
        case .roomMissing: "roomId is missing."
        case .roomNameMissing: "room_name is missing."
        case .lengthMismatch: "The body is not as long as Content-Length says."
        case .repeatedMetaVariable: "A header came more than once."
        }
    }
}

extension UTF8String {
    /// The name of a field in a request, fit to stand in a message: at most so many characters, each of which is safe
    /// without an escape.
    fileprivate func sanitized(_ length: Int) -> String {
        let allowed = utf8.prefix(length).map { byte in
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
