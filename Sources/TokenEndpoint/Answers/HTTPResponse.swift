import StrictJSON

/// An HTTP response, before it takes the form that the web server wants.
package struct HTTPResponse: Equatable, Sendable {
    package let status: Int
    /// In the order in which they are sent; none of them holds a value of the request but its id.
    package let headers: [Header]
    package let body: [UInt8]

    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A response with no headers but its own.
    package init(status: Int, headers: [Header], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response with the headers that every response has, and those of its own after them.
    init(status: Int, type: String, requestID: RequestID, headers: [Header] = [], body: [UInt8]) {
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

    /// The statuses that are sent, each with its phrase (RFC 9110 §15).
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

    /// The phrase of a status.
    package static func title(of status: Int) -> String {
        status == 204 ? "No Content" : titles[status] ?? "Error"
    }
}
