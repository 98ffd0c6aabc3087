import StrictJSON

/// A problem (RFC 9457): what the client is told of a refusal.
package struct Problem: Equatable, Sendable {
    package let status: Int
    /// The stable name of the problem, for programs.
    package let code: String
    /// What would be right, for people, in ASCII: of the request it has no more than the cleaned name of a field, and
    /// one visible character that is out of place.
    package let detail: String
    /// Headers beside those of every response and `Retry-After`.
    package var headers: [HTTPResponse.Header] = []
    /// Seconds after which a client may try again: the header `Retry-After`, and a member of the body for clients that
    /// see no headers.
    package var retryAfter: Int?

    /// Seconds after which a client may try again when the fault is the deployment's.
    static let retryAfter = 1

    /// Seconds after which a key set that was asked for should be there.
    static let retryAfterFetch = 5

    /// 503: the parts of the deployment that are down.
    static func unhealthy(_ down: [String]) -> Problem {
        Problem(
            status: 503,
            code: "unavailable",
            detail: "Down: \(down.joined(separator: ", ")).",
            retryAfter: retryAfter
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
        case .forbidden, .claimUnreadable: "forbidden"
        case .unavailable: "unavailable"
        case .internal, .repeatedMetaVariable: "internal"
        }
    }

    /// The problem that the client is told.
    ///
    /// - Parameter unauthenticatedStatus: the status for callers without a valid session, 403 or the 401 of RFC 6750
    ///   §3.1.
    package func problem(unauthenticatedStatus: Int) -> Problem {
        switch self {
        case .notFound: problem(404)
        case .methodNotAllowed(let methods):
            problem(405, [.init(name: "Allow", value: methods.map(\.description).joined(separator: ", "))])
        case .bodyTooLarge: problem(413)
        case .unsupportedMediaType: problem(415)
        case .sessionMissing: problem(unauthenticatedStatus, challenge(""))
        case .sessionInvalid: problem(unauthenticatedStatus, challenge(#", error="invalid_token""#))
        case .malformedRequest, .unknownField, .invalidID: problem(400)
        case .fieldRefused: problem(422)
        case .forbidden, .claimUnreadable: problem(403)
        case .unavailable(.keys): problem(503, retryAfter: Problem.retryAfterFetch)
        case .unavailable: problem(503, retryAfter: Problem.retryAfter)
        case .internal, .repeatedMetaVariable: problem(500)
        }
    }

    private func problem(_ status: Int, _ headers: [HTTPResponse.Header] = [], retryAfter: Int? = nil) -> Problem {
        Problem(status: status, code: code, detail: detail, headers: headers, retryAfter: retryAfter)
    }

    private func challenge(_ parameters: String) -> [HTTPResponse.Header] {
        [.init(name: "WWW-Authenticate", value: #"Bearer realm="livekit"\#(parameters)"#)]
    }
}
