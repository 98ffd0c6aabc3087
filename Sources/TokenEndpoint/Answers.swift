import LiveKitToken
import StrictJSON

extension HTTPResponse {
    /// 200: a token, and when it ends.
    static func token(_ token: AccessToken, expiresAt: NumericDate, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object(capacity: token.compact.utf8.count + 64) {
                $0.member("token", token.compact)
                $0.member("expiresAt", expiresAt.rfc3339)
            }
        )
    }

    /// 201: a token in LiveKit's `TokenSourceResponse`, in the one spelling that all its SDKs read.
    static func tokenSource(
        _ token: AccessToken,
        _ record: AuditEvent.Issuance,
        server: UTF8String,
        requestID: RequestID
    ) -> HTTPResponse {
        HTTPResponse(
            status: 201,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object(capacity: token.compact.utf8.count + 512) {
                $0.member("server_url", server)
                $0.member("participant_token", token.compact)
                $0.member("room_name", record.request.room.text)
                $0.member(ifPresent: "participant_name", record.name)
            }
        )
    }

    /// 200: all is well.
    static func healthy(requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            type: "application/json",
            requestID: requestID,
            body: JSONWriter.object { $0.member("status", "ok") }
        )
    }

    /// 503: what a token needs is down.
    static func unhealthy(_ down: [String], requestID: RequestID) -> HTTPResponse {
        .problem(
            Refusal.Answer(
                status: 503,
                code: "unavailable",
                detail: "Down: \(down.joined(separator: ", ")).",
                headers: [Header(name: "Retry-After", value: Refusal.retryAfter)]
            ),
            requestID: requestID
        )
    }

    /// A problem (RFC 9457).
    static func problem(_ answer: Refusal.Answer, requestID: RequestID) -> HTTPResponse {
        HTTPResponse(
            status: answer.status,
            type: "application/problem+json",
            requestID: requestID,
            headers: answer.headers,
            body: JSONWriter.object {
                $0.member("type", "about:blank")
                $0.member("title", title(of: answer.status))
                $0.member("status", Int64(answer.status))
                $0.member("code", answer.code)
                $0.member("detail", answer.detail)
                $0.member("requestId", requestID.text)
            }
        )
    }

    private init(status: Int, type: String, requestID: RequestID, headers: [Header] = [], body: [UInt8]) {
        self.status = status
        var all = [
            Header(name: "Content-Type", value: type),
            Header(name: "Cache-Control", value: "no-store"),
            Header(name: "X-Request-Id", value: requestID.text.description),
        ]
        if !headers.isEmpty { all += headers }
        self.headers = all
        self.body = body
    }

    /// The statuses that we send, each with its phrase (RFC 9110 §15).
    package static let titles = [
        200: "OK",
        201: "Created",
        400: "Bad Request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found",
        405: "Method Not Allowed",
        413: "Content Too Large",
        415: "Unsupported Media Type",
        422: "Unprocessable Content",
        500: "Internal Server Error",
        503: "Service Unavailable",
    ]

    /// The phrase for a status.
    package static func title(of status: Int) -> String {
        titles[status] ?? "Error"
    }
}
