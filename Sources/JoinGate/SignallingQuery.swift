import RoomAccess
import StrictJSON

/// The query of a request for LiveKit's signalling, taken apart and written again.
///
/// LiveKit decodes names and values (`+` is a blank to it), compares names to the letter, takes the first of two
/// parameters of one name, and leaves out a parameter with `;`. What it could read in another way than this type does
/// is refused.
package struct SignallingQuery: Equatable, Sendable {
    /// The value of `access_token`; `nil` for an empty one and without one.
    package let token: [UInt8]?
    /// The query for LiveKit, without `access_token` and `room`, and without what differs in case alone from these,
    /// `publish` and `join_request`.
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
            let folded = name.map(\.lowercase)
            let known = Name(folded)
            // Not that name to LiveKit, but to a reader that does not tell cases apart.
            if known != nil, !name.elementsEqual(folded) { continue }
            switch known {
            case .token?:
                guard token == nil, encodedName.elementsEqual(name) else { throw .tokenTwice }
                guard !value.contains(where: Self.isEscape) else { throw .tokenEscaped }
                token = value
                continue
            case .publish?: throw .publish
            case .room?: continue
            case .joinRequest?:
                guard !hasJoinRequest else { throw .joinRequestTwice }
                hasJoinRequest = true
            case nil: break
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

        private static let spellings = allCases.map { Array($0.rawValue.utf8) }

        init?(_ bytes: [UInt8]) {
            guard let index = Self.spellings.firstIndex(of: bytes) else { return nil }
            self = Self.allCases[index]
        }
    }

    private static func isEscape(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") }

    /// Decodes a name or a value (RFC 3986 §2.1, and `+` of HTML's forms); `nil` for a `%` without two hexadecimal
    /// digits, and for a control character.
    private static func decoded(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.contains(where: isEscape) else { return text }
        let blanks = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let decoded = ParameterLogins.percentDecoded(blanks) else { return nil }
        return decoded.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? decoded[...] : nil
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
