import CFastCGI
import Glibc

/// A meta-variable that we read (RFC 3875 §4.1, §4.1.18).
///
/// Everything else that a web server sends, `HTTP_PROXY` for one, is neither looked at nor put into the environment.
package enum MetaVariable: Int, CaseIterable, Sendable {
    case requestMethod
    case scriptName
    case contentType
    case contentLength
    case authorization
    case remoteAddress
    case requestID

    package var name: String {
        switch self {
        case .requestMethod: "REQUEST_METHOD"
        case .scriptName: "SCRIPT_NAME"
        case .contentType: "CONTENT_TYPE"
        case .contentLength: "CONTENT_LENGTH"
        case .authorization: "HTTP_AUTHORIZATION"
        case .remoteAddress: "REMOTE_ADDR"
        case .requestID: "REQUEST_ID"
        }
    }
}

/// A request as a FastCGI responder gets it: its meta-variables and its FCGI_STDIN.
package struct Exchange: Sendable {
    /// By position in `MetaVariable.allCases`.
    private let values: [[UInt8]?]

    /// Whether one of the meta-variables came twice, so that two readers could take it for two things.
    package let repeatsMetaVariables: Bool

    /// The body, or one byte more of it than the responder was told to read.
    package let body: [UInt8]

    /// When the first byte of the request was there, on the monotonic clock.
    package let startedAt: Int64

    init(values: [[UInt8]?], repeatsMetaVariables: Bool, body: [UInt8], startedAt: Int64) {
        self.values = values
        self.repeatsMetaVariables = repeatsMetaVariables
        self.body = body
        self.startedAt = startedAt
    }

    /// The value of a meta-variable, the first if it came twice; `nil` if it is absent or empty, which RFC 3875 §4.1
    /// holds to be the same.
    package subscript(_ variable: MetaVariable) -> [UInt8]? {
        values[variable.rawValue]
    }
}

/// What a handler answers with, in the form that a web server reads.
package enum ResponseDocument {
    /// A document response (RFC 3875 §6.2.1): a `Status` line, header fields, an empty line and the body.
    ///
    /// Names and values must be free of CR, LF and NUL; they are never taken from a request.
    package static func bytes(
        status: Int,
        reason: String,
        headers: [(name: String, value: String)],
        body: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(192 + body.count)
        bytes.append(contentsOf: "Status: ".utf8)
        bytes.append(contentsOf: String(status).utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: reason.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        for (name, value) in headers {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            bytes.append(contentsOf: value.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }
}
