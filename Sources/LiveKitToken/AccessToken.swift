package import StrictJSON

/// A LiveKit access token: a signed claim set (RFC 7519), good for one participant in one room for a short time.
///
/// It is a secret until it expires, so it prints as `AccessToken(redacted)`.
package struct AccessToken: Sendable {
    /// Most of LiveKit's SDKs send the token in a URL, and the shortest limit on their way is 4 KiB.
    package static let maximumLength = 4096

    /// The compact serialization, for the answer alone.
    package let compact: Text

    /// Signs the claims, and reads them back out of what was signed.
    ///
    /// - Throws: `.tooLong` past `maximumLength`; `.notWhatWasAsked` if the bytes do not say the room, the identity
    ///   and the expiry that the claims do. Neither token may leave.
    package init(signing claims: ClaimGrants, with key: APIKey) throws(AccessTokenError) {
        let bytes = JSONWebSignature.compact(signing: claims.json, with: key)
        guard bytes.count <= Self.maximumLength else { throw .tooLong(bytes: bytes.count) }
        guard let signed = try? JSONWebSignature(compact: bytes), let read = try? JSONValue(parsing: signed.payload),
            read["sub"]?.text == claims.identity.text,
            read["exp"]?.integer == claims.expiresAt.seconds,
            read["iss"]?.text == claims.issuer,
            read["video"]?["room"]?.text == claims.video.room,
            read["video"]?["roomJoin"] == .bool(true)
        else { throw .notWhatWasAsked }
        compact = Text(ascii: bytes)
    }
}

/// Why a token was not made.
package enum AccessTokenError: Error, Equatable {
    case tooLong(bytes: Int)
    case notWhatWasAsked
}

extension AccessToken: CustomStringConvertible, CustomReflectable {
    package var description: String { "AccessToken(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
