/// A meta-variable of a request (RFC 3875 §4.1, §4.1.18).
///
/// Of the others that a web server sends, those are read that a responder is told to; they and the rest, `HTTP_PROXY`
/// for one, never come into the environment.
package enum MetaVariable: Int, CaseIterable, Sendable {
    case requestMethod
    case scriptName
    case contentType
    case contentLength
    case authorization
    case remoteAddress
    case requestID

    /// The name on the wire.
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

/// A FastCGI request for a responder: its meta-variables and its FCGI_STDIN.
package struct Request: Sendable {
    /// By position in `MetaVariable.allCases`, and then in the responder's `parameters`.
    private let values: [[UInt8]?]

    /// The name of the first meta-variable that came twice, so that two readers could see two values.
    package let repeated: String?

    /// The body; one byte more than the responder's `maximumBody` if the body is longer.
    package let body: [UInt8]

    /// When the first byte of the request was there, in nanoseconds of the monotonic clock.
    package let startedAt: Int64

    init(values: [[UInt8]?], repeated: String?, body: [UInt8], startedAt: Int64) {
        self.values = values
        self.repeated = repeated
        self.body = body
        self.startedAt = startedAt
    }

    /// The value of a meta-variable, the first if it came twice; `nil` if it is absent or empty, which RFC 3875 §4.1
    /// holds to be the same.
    package subscript(_ variable: MetaVariable) -> [UInt8]? {
        values[variable.rawValue]
    }

    /// The value of the meta-variable at a position in the responder's `parameters`; `nil` if it is absent or empty.
    package func parameter(_ position: Int) -> [UInt8]? {
        values[MetaVariable.allCases.count + position]
    }
}

/// Printing and dumping show no values: `HTTP_AUTHORIZATION` and the body may hold a credential.
extension Request: CustomStringConvertible, CustomReflectable {
    /// The name of the type.
    package var description: String { "Request" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
