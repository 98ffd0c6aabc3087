package import StrictJSON

/// The settings of logins by JSON Web Tokens (RFC 7519).
package struct JWTSettings: Equatable, Sendable {
    /// Where a request carries its token; it is read from nowhere else.
    package enum Place: String, CaseIterable, Sendable {
        /// `Authorization`, as a bearer (RFC 6750 §2.1).
        case header
        /// `LIVEKIT_JWT`.
        case parameter
    }

    /// At least one.
    ///
    /// Of several each has a name, and a prefix that is neither empty nor the beginning of another's.
    package let issuers: [JWTIssuer]
    package let place: Place
    /// The most bytes of a token.
    package let maximumLength: Int

    package init(issuers: [JWTIssuer], place: Place, maximumLength: Int) {
        self.issuers = issuers
        self.place = place
        self.maximumLength = maximumLength
    }
}

/// An issuer whose tokens are believed, and what they must say.
package struct JWTIssuer: Equatable, Sendable {
    /// What says for whom a token is.
    package enum Audience: Equatable, Sendable {
        /// `aud` is this, or holds it (RFC 7519 §4.1.3).
        case audience(UTF8String)
        /// Another claim is this, or holds it; `aud` is not looked at.
        case claim(ClaimPath, UTF8String)
        /// Nothing does: a token that has `aud` is refused.
        case none
    }

    /// What verifies signatures.
    package enum Keys: Equatable, Sendable {
        case keySet(KeySetFile)
        /// The file of a secret for HS256.
        case secret(SecretFile)
    }

    /// A claim, and the values that are meant.
    package struct Rule: Equatable, Sendable {
        package let claim: ClaimPath
        /// Texts, numbers and truth values; `nil` for any value.
        package let values: [JSONValue]?

        package init(claim: ClaimPath, values: [JSONValue]?) {
            self.claim = claim
            self.values = values
        }
    }

    /// The places of what a token says of its user.
    package struct Claims: Equatable, Sendable {
        package var user: ClaimPath
        package var name: ClaimPath
        package var did: ClaimPath
        package var session: ClaimPath

        package init(user: ClaimPath, name: ClaimPath, did: ClaimPath, session: ClaimPath) {
            self.user = user
            self.name = name
            self.did = did
            self.session = session
        }
    }

    /// The key of the configuration that holds all of this, such as `sessions.jwt`.
    package var setting: String
    /// `iss`, by bytes; `nil` where tokens have none, and one that has it is refused.
    package var name: UTF8String?
    package var audience: Audience
    package var keys: Keys
    /// HS256 alone for a secret, the others for a key set.
    package var algorithms: Set<SignatureAlgorithm>
    /// Each of these must be in a token.
    package var required: [Rule]
    /// None of these may be in a token.
    package var refused: [Rule]
    package var claims: Claims
    /// What stands before the ids of its users; empty for nothing.
    package var prefix: UTF8String

    package init(
        setting: String,
        name: UTF8String?,
        audience: Audience,
        keys: Keys,
        algorithms: Set<SignatureAlgorithm>,
        required: [Rule] = [],
        refused: [Rule] = [],
        claims: Claims,
        prefix: UTF8String = ""
    ) {
        self.setting = setting
        self.name = name
        self.audience = audience
        self.keys = keys
        self.algorithms = algorithms
        self.required = required
        self.refused = refused
        self.claims = claims
        self.prefix = prefix
    }
}

/// The file of a key set (RFC 7517 §5), and how it comes there.
package struct KeySetFile: Equatable, Sendable {
    /// An absolute path.
    package let path: String
    /// Where the issuer publishes the set, for the process that fetches it; `nil` if the file is kept by hand, and
    /// then it never grows old.
    package let url: String?
    /// The seconds for which a set that was not confirmed is still used.
    package let maximumAge: Int64

    package init(path: String, url: String?, maximumAge: Int64) {
        self.path = path
        self.url = url
        self.maximumAge = maximumAge
    }
}

/// The file of a secret that an issuer shares.
package struct SecretFile: Hashable, Sendable {
    /// An absolute path.
    package let path: String
    /// The path as errors name it: the file that an administrator would mend.
    package let originalPath: String

    package init(path: String, originalPath: String) {
        self.path = path
        self.originalPath = originalPath
    }
}
