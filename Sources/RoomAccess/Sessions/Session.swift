package import LiveKitToken
package import StrictJSON

/// A session as a source has found it: who asks, and until when.
package struct Session: Equatable, Sendable {
    package internal(set) var user: User
    /// The first second after the session; `nil` if it sets no end.
    package internal(set) var endsAt: NumericDate?
    /// What tells this session from the user's others, for an identity of its own; `nil` if nothing does.
    package let key: [UInt8]?
    /// What the source says of the user's rooms or groups, unjudged; `nil` if it says nothing.
    package let claim: JSONValue?
    /// Whether the source has a name for the user that is no `UserName`.
    package let isNameDropped: Bool

    package init(
        user: User,
        endsAt: NumericDate?,
        key: [UInt8]?,
        claim: JSONValue? = nil,
        isNameDropped: Bool = false
    ) {
        self.user = user
        self.endsAt = endsAt
        self.key = key
        self.claim = claim
        self.isNameDropped = isNameDropped
    }

    /// What the log calls the session: the first 12 hexadecimal digits of its key, as `session list` has them; `nil`
    /// without a key.
    package var label: UTF8String? { key.map { Self.label(ofKey: $0) } }

    /// The first 12 hexadecimal digits of a key, which tell sessions apart.
    package static func label(ofKey key: [UInt8]) -> UTF8String {
        UTF8String(
            ascii: [UInt8](capacity: 12) { digits in
                for byte in key.prefix(6) {
                    digits.append(Self.digit(byte >> 4))
                    digits.append(Self.digit(byte & 0x0F))
                }
            }
        )
    }

    /// The hexadecimal digit of a number below 16.
    private static func digit(_ number: UInt8) -> UInt8 {
        number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
    }
}
