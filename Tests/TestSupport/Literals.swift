package import LiveKitToken
package import RoomAccess
package import StrictJSON

// Values that a test knows to be right.

extension Identifier: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self = id(value)
    }
}

/// An id of a text.
package func id(_ text: String) -> Identifier {
    guard let id = Identifier(UTF8String(text)) else { preconditionFailure("not an id: \(text)") }
    return id
}

/// The digest of a bearer token.
package func digest(_ bearer: String) -> SessionDigest {
    SessionDigest(bearer: Array(bearer.utf8))
}

extension SessionDigest {
    package var hex: String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 0x0F, radix: 16) }.joined()
    }
}

extension NumericDate {
    /// The time of the tests: 2026-11-23T22:40:30Z.
    package static let sample = NumericDate(1_795_473_630)
}

/// The time at which a directory is asked: 2026-11-24T12:00:00Z.
package let noon = NumericDate(1_795_521_600)

/// So many seconds after noon, or before it.
package func noon(_ seconds: Int64) -> NumericDate {
    noon.advanced(by: seconds)
}

extension APIKey {
    /// The key of the tests.
    package static func sample(
        id: UTF8String = "APIgolden",
        secret: String = "golden-secret-of-the-tests-0123456789"
    ) throws -> APIKey {
        try APIKey(id: id, secret: Array(secret.utf8))
    }
}

extension Role {
    /// The roles of the tests: those that are built in, and a few that add up.
    package static let samples: [Identifier: Role] = [
        "host": Role(Permissions(publishing: .anything, subscribe: true, publishData: true), anytime: true),
        "speaker": Role(Permissions(publishing: .anything, subscribe: true, publishData: true)),
        "viewer": Role(Permissions(subscribe: true)),
        "singer": Role(Permissions(publishing: .only([.microphone]), subscribe: true)),
        "dancer": Role(Permissions(publishing: .only([.camera]), publishData: true)),
        "moderator": Role(Permissions(subscribe: true, roomAdmin: true)),
        "stagehand": Role(Permissions(publishData: true), anytime: true),
    ]
}
