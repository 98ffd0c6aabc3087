package import StrictJSON

/// A LiveKit access token: a signed claim set (RFC 7519), good for one participant in one room for a short time.
///
/// It is a secret until it expires, so it prints as `AccessToken(redacted)`.
package struct AccessToken: Sendable {
    /// In bytes: most of LiveKit's SDKs send the token in a URL, and the shortest limit on their way is 4 KiB.
    package static let maximumLength = 4096

    /// The compact serialization, for the answer alone.
    package let compact: UTF8String

    /// Signs the claims, and reads them back out of what was signed.
    ///
    /// - Throws: `.tooLong` past `maximumLength`; `.notWhatWasAsked` if the bytes do not say the room, the identity
    ///   and the expiry that the claims do. Neither token may leave.
    package init(signing claims: ClaimGrants, with key: APIKey) throws(AccessTokenError) {
        let bytes = JSONWebSignature.compact(signing: claims.json, with: key)
        guard bytes.count <= Self.maximumLength else { throw .tooLong(bytes: bytes.count) }
        guard Self.does(bytes, say: claims) else { throw .notWhatWasAsked }
        compact = UTF8String(ascii: bytes)
    }

    /// The length in bytes of the token for some claims, under any key.
    package static func length(of claims: ClaimGrants) -> Int {
        JSONWebSignature.compactLength(ofPayload: claims.json.count)
    }

    private static func does(_ compact: [UInt8], say claims: ClaimGrants) -> Bool {
        guard let payload = JSONWebSignature.payload(of: compact),
            let read = try? JSONValue(parsing: payload, keeping: Name.all),
            let video = read[Name.video]
        else { return false }
        return read[Name.sub]?.text == claims.identity.text && read[Name.exp]?.integer == claims.expiresAt.seconds
            && read[Name.iss]?.text == claims.issuer && video[Name.room]?.text == claims.video.room
            && video[Name.roomJoin] == .bool(true)
    }

    /// The names of the members that are read back.
    private enum Name {
        static let (iss, sub, exp): (UTF8String, UTF8String, UTF8String) = ("iss", "sub", "exp")
        static let (video, room, roomJoin): (UTF8String, UTF8String, UTF8String) = ("video", "room", "roomJoin")
        static let all = [iss, sub, exp, video, room, roomJoin]
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
