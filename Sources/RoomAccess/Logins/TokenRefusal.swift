/// Why a JSON Web Token proves no login, for the operator.
package struct TokenRefusal: Error, Equatable, Sendable {
    package enum Kind: CaseIterable, Sendable {
        // Its form (RFC 7515 §3.1, §7.1).

        case tooLong
        /// It is no signed token in three parts.
        case parts
        /// It is an encrypted token (RFC 7516).
        case encrypted
        case encoding

        // Its header (RFC 7515 §4.1, RFC 8725 §3).

        case header
        case algorithm
        case type
        case headerMember

        // The key, and its signature.

        case keyIDUnknown
        case keyAlgorithm
        /// It names no key, and there is not exactly one for its algorithm.
        case keyMissing
        case signature

        // Its claims (RFC 7519 §4).

        /// The payload is no object of JSON.
        case payload
        case issuer
        case audience
        case expiryMissing
        /// A time that is no number.
        case time
        case expired
        case notYetValid
        case issuedInFuture
        /// It is a refresh token, or tells of a logout.
        case purpose
        /// It tells of events (RFC 8417).
        case events
        /// It is good for the holder of a key alone (RFC 7800).
        case bound
        case required
        case refused
        case user
        case did
        case session
    }

    package let kind: Kind
    /// What was found and what would be right, without secrets; what comes from the token is cleaned.
    package let problem: String

    package init(_ kind: Kind, _ problem: String) {
        self.kind = kind
        self.problem = problem
    }
}

/// Why tokens cannot be judged at the moment.
package struct KeysUnavailable: Error, Equatable, Sendable {
    package enum Kind: CaseIterable, Sendable {
        /// There is no key set.
        case missing
        /// The set was not confirmed for too long.
        case tooOld
        /// The token names a key that a newer set may have, which has been asked for.
        case pending
    }

    package let kind: Kind
    /// What is wrong, for the operator.
    package let problem: String

    package init(_ kind: Kind, _ problem: String) {
        self.kind = kind
        self.problem = problem
    }
}

/// How able a source of sessions is to judge what it is given.
package enum SourceCondition: Equatable, Sendable {
    case good
    /// It judges, and an operator should look: the words say what is wrong.
    case degraded([String])
    /// It can judge nothing.
    case down([String])
}
