import StrictJSON

/// The query of a request for LiveKit's signalling, taken apart and written again.
///
/// LiveKit decodes names and values (`+` is a blank to it), compares names to the letter, takes the first of two
/// parameters of one name, and leaves out a parameter with `;`. What it could read in another way than this type does
/// is refused.
package struct SignallingQuery: Equatable, Sendable {
    /// The value of `access_token`; `nil` for an empty one and without one.
    package let token: [UInt8]?
    /// The query without `access_token`, `room` and any spelling of `publish`, for LiveKit.
    ///
    /// It is of visible characters of ASCII, without `#` and `;`: the parameters that are passed on, in the order and
    /// the spelling in which they came.
    package let rewritten: [UInt8]

    /// Reads the query of a request target (RFC 9112 §3.2) as the client sent it, in origin-form or in absolute-form.
    ///
    /// A fragment, which no target has, is cut off as the web server does it.
    ///
    /// - Throws: the first fault.
    package init(ofTarget target: [UInt8]) throws(SignallingQueryFault) {
        let whole = target.prefix { $0 != UInt8(ascii: "#") }
        let query = whole.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        guard query.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ";") }) else { throw .malformed }

        var token: ArraySlice<UInt8>?
        var rewritten: [UInt8] = []
        var hasJoinRequest = false
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let encodedName = parameter.prefix { $0 != UInt8(ascii: "=") }
            let value = parameter.dropFirst(encodedName.count + 1)
            guard let name = Self.decoded(encodedName), Self.decoded(value) != nil else { throw .malformed }
            switch Name(name) {
            case .token?:
                guard token == nil, encodedName.elementsEqual(name) else { throw .tokenTwice }
                guard !value.contains(UInt8(ascii: "%")), !value.contains(UInt8(ascii: "+")) else {
                    throw .tokenEscaped
                }
                token = value
                continue
            case .publish?: throw .publish
            case .room?: continue
            case .joinRequest?:
                guard !hasJoinRequest else { throw .joinRequestTwice }
                hasJoinRequest = true
            case nil:
                // Not that name to LiveKit, but to a reader that does not tell cases apart.
                guard Name(name.map(\.lowercase)) == nil else { continue }
            }
            if !rewritten.isEmpty { rewritten.append(UInt8(ascii: "&")) }
            rewritten += parameter
        }
        self.token = token.flatMap { $0.isEmpty ? nil : Array($0) }
        self.rewritten = rewritten
    }

    /// A parameter that says who joins, or where.
    private enum Name: String, CaseIterable {
        case token = "access_token"
        case room
        case publish
        case joinRequest = "join_request"

        init?(_ bytes: [UInt8]) {
            guard let name = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(bytes) }) else { return nil }
            self = name
        }
    }

    /// Decodes a name or a value (RFC 3986 §2.1, and `+` of HTML's forms); `nil` for a `%` without two hexadecimal
    /// digits, and for a control character.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                    return nil
                }
                let value = high << 4 | low
                guard value >= 0x20, value != 0x7F else { return nil }
                decoded.append(value)
            default: decoded.append(byte)
            }
        }
        return decoded
    }
}

extension UInt8 {
    fileprivate var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Why a query does not go to LiveKit.
package enum SignallingQueryFault: Error, CaseIterable, Sendable {
    /// A `;`, a control character, a blank, a byte beyond ASCII, or a `%` without two hexadecimal digits.
    case malformed
    /// Two tokens, or a name that decodes to `access_token` and is written in another way.
    case tokenTwice
    /// A `%` or a `+` in the token, which has another value once it is decoded.
    case tokenEscaped
    case joinRequestTwice
    /// A parameter that decodes to `publish`: a second identity beside the participant's own.
    case publish
}
