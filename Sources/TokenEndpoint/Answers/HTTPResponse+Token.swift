import LiveKitToken
import RoomAccess
import StrictJSON

extension HTTPResponse {
    /// 200: a token and its end.
    static func token(_ issued: IssuedToken, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object(capacity: issued.token.compact.utf8.count + 64) { issued.write(to: &$0) }
        )
    }

    /// 201: a token in LiveKit's `TokenSourceResponse`, in the one spelling that all its SDKs read.
    static func tokenSource(_ issued: IssuedToken, server: UTF8String, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: 201,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object(capacity: issued.token.compact.utf8.count + 512) {
                $0.member("server_url", server)
                $0.member("participant_token", issued.token.compact)
                $0.member("room_name", issued.issuance.request.room.text)
                $0.member(ifPresent: "participant_name", issued.issuance.name)
            }
        )
    }

    /// 200: the service can issue tokens; `isDegraded` where an operator should look all the same.
    static func healthy(isDegraded: Bool, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object { $0.member("status", isDegraded ? "degraded" : "ok") }
        )
    }

    /// A problem (RFC 9457).
    static func problem(_ problem: Problem, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: problem.status,
            type: "application/problem+json",
            requestID: requestID,
            headers: problem.headers
                + (problem.retryAfter.map { [.init(name: "Retry-After", value: "\($0)")] } ?? []),
            body: JSONWriter.object {
                $0.member("type", "about:blank")
                $0.member("title", title(of: problem.status))
                $0.member("status", Int64(problem.status))
                $0.member("code", problem.code)
                $0.member("detail", problem.detail)
                if let seconds = problem.retryAfter { $0.member("retryAfter", Int64(seconds)) }
                $0.member("requestId", requestID.text)
            }
        )
    }
}
