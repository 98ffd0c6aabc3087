/// A parameter of the web server that says who has logged in there: a meta-variable of its own (RFC 3875 §4.1.18).
///
/// Its name does not begin with `HTTP_`, so that no header of a client becomes one.
package enum LoginParameter: Int, CaseIterable, Sendable {
    case user
    case name
    case percentName
    case did
    case session
    case sessionEnd
    case rooms
    case groups
    case jwt
    /// What the site's back end answered, an HTTP status.
    case answer

    /// The name on the wire.
    package var variable: String {
        switch self {
        case .user: "LIVEKIT_USER"
        case .name: "LIVEKIT_NAME"
        case .percentName: "LIVEKIT_NAME_PERCENT"
        case .did: "LIVEKIT_DID"
        case .session: "LIVEKIT_SESSION"
        case .sessionEnd: "LIVEKIT_SESSION_END"
        case .rooms: "LIVEKIT_ROOMS"
        case .groups: "LIVEKIT_GROUPS"
        case .jwt: "LIVEKIT_JWT"
        case .answer: "LIVEKIT_AUTH_STATUS"
        }
    }
}

/// The values of a request's login parameters, which no print or dump shows; one that is empty is absent.
package struct LoginParameters: Sendable {
    private var values: Redacted<[LoginParameter: [UInt8]]>

    /// Takes the bytes that the web server passed.
    package init(_ values: [LoginParameter: [UInt8]] = [:]) {
        self.values = Redacted(values.filter { !$0.value.isEmpty })
    }

    /// Whether the back end that the web server asked did not say yes: it answered, and with no status of 2xx.
    package var isDenied: Bool {
        guard let answer = self[.answer] else { return false }
        return answer.count != 3 || answer[0] != UInt8(ascii: "2")
            || !answer.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The bytes of a parameter as the web server passed them, never empty; `nil` if it passed none.
    package subscript(_ parameter: LoginParameter) -> [UInt8]? {
        get { values.value[parameter] }
        set {
            var changed = values.value
            changed[parameter] = newValue.flatMap { $0.isEmpty ? nil : $0 }
            values = Redacted(changed)
        }
    }
}
