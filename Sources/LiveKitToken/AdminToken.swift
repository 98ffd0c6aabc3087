package import StrictJSON

/// A token for LiveKit's API: a signed claim set (RFC 7519) by which one room is administered, and which lets its
/// holder into none: without `roomJoin` LiveKit refuses a join, and the gate knows no `sub` like its own.
///
/// It is a secret until it expires, so it prints as `AdminToken(redacted)`.
package struct AdminToken: Sendable {
    /// The compact serialization.
    package let compact: UTF8String

    /// Signs the claims.
    package init(signing claims: Claims, with key: APIKey) {
        compact = UTF8String(ascii: JSONWebSignature.compact(signing: claims.json, with: key))
    }

    /// The claim set of such a token.
    package struct Claims: Equatable, Sendable {
        /// `iss`: the id of the API key that signs.
        package let issuer: UTF8String
        /// `video.room`: LiveKit takes the token for this room alone.
        package let room: UTF8String
        /// `jti`.
        package let tokenID: UUID
        /// `iat`; `nbf` is `ClaimGrants.backdating` seconds earlier.
        package let issuedAt: NumericDate
        /// `exp`, after which LiveKit takes the token for a minute more.
        package let expiresAt: NumericDate

        package init(
            issuer: UTF8String,
            room: UTF8String,
            tokenID: UUID,
            issuedAt: NumericDate,
            expiresAt: NumericDate
        ) {
            self.issuer = issuer
            self.room = room
            self.tokenID = tokenID
            self.issuedAt = issuedAt
            self.expiresAt = expiresAt
        }

        /// `sub`, which is the identity of no participant: those begin with `user-`.
        package var subject: UTF8String { UTF8String("admin-\(tokenID)") }

        /// The claim set as JSON.
        var json: [UInt8] {
            JSONWriter.object(capacity: 256) {
                $0.member("iss", issuer)
                $0.member("sub", subject)
                $0.member("jti", tokenID.text)
                $0.member("iat", issuedAt.seconds)
                $0.member("nbf", issuedAt.advanced(by: -ClaimGrants.backdating).seconds)
                $0.member("exp", expiresAt.seconds)
                $0.member(
                    "video",
                    object: {
                        $0.member("room", room)
                        $0.member("roomAdmin", true)
                    }
                )
            }
        }
    }
}

extension AdminToken: CustomStringConvertible, CustomReflectable {
    package var description: String { "AdminToken(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
