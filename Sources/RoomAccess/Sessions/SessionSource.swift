package import LiveKitToken

/// A source of sessions: it decides whose session a credential proves.
///
/// A deployment has one. A source judges the credential, and tells the user as the directory has them where it knows
/// them, `isDisabled` included. Its caller refuses disabled users, and sessions that end too soon for a token.
package protocol SessionSource: Sendable {
    /// The seconds that a session must still have, whatever the shortest life of tokens; `nil` for that life.
    var minimumRemainder: Int64? { get }

    /// The most bytes of a bearer token.
    var maximumBearerLength: Int { get }

    /// Whether it can judge credentials at the moment.
    func condition(at now: NumericDate) -> SourceCondition

    /// Refuses a credential that lacks what this source judges. It is asked before the clock and the directory are.
    ///
    /// The default asks for a bearer token.
    ///
    /// - Throws: `.missing`.
    func examine(_ credential: Credential) throws(SessionError)

    /// The session that a credential proves, valid now.
    ///
    /// - Parameters:
    ///   - directory: the directory as of this request; a source that needs none does not ask it.
    ///   - now: the time of the request.
    /// - Throws: `.missing`, `.invalid`, or `.unavailable` where the source has no answer: never `.invalid` for that.
    func session(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(SessionError) -> Session
}

extension SessionSource {
    package var minimumRemainder: Int64? { nil }

    package var maximumBearerLength: Int { BearerToken.maximumLength }

    package func condition(at now: NumericDate) -> SourceCondition { .good }

    package func examine(_ credential: Credential) throws(SessionError) {
        _ = try credential.bearerToken
    }

    /// The session that a credential proves, of a user who is not disabled, and which lasts long enough for a token.
    ///
    /// - Parameters:
    ///   - needsKey: whether the identity of participants is derived from the key of a session.
    ///   - minimumRemainder: the seconds that a session must still have, unless the source says others.
    /// - Throws: as `session(for:in:at:)`.
    package func usableSession(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate,
        needsKey: Bool,
        minimumRemainder seconds: Int64
    ) throws(SessionError) -> Session {
        let session = try session(for: credential, in: directory, at: now)
        guard !session.user.isDisabled else { throw .invalid(.userDisabled, of: session) }
        guard session.key != nil || !needsKey else { throw .invalid(.noKey, of: session) }
        if let end = session.endsAt, end.seconds(since: now) < minimumRemainder ?? seconds {
            throw .invalid(.endsTooSoon, of: session)
        }
        return session
    }
}

/// Why a credential proves no session.
package enum SessionError: Error, Equatable {
    case missing(Missing)
    /// With the session, where the source knows whose it is.
    case invalid(Invalid, of: Session? = nil)
    /// The login is good, and its user is not among those who get in.
    case unknownUser(of: Session)
    case unavailable(DirectoryError)
    case keysUnavailable(KeysUnavailable)

    /// The session, as far as the credential proves one.
    package var session: Session? {
        switch self {
        case .invalid(_, let session): session
        case .unknownUser(let session): session
        case .missing, .unavailable, .keysUnavailable: nil
        }
    }

    /// Why a request has no bearer token (RFC 6750 §2.1).
    package enum Missing: Error, Equatable, Sendable {
        case noAuthorization
        case otherScheme
        case malformedAuthorization(BearerToken.Fault)
        /// A word that programs write where they have no value, such as `undefined`.
        case placeholder
        /// The web server vouches for no user.
        case noLogin
        /// The web server passes no token.
        case noToken
    }

    package enum Invalid: Equatable, Sendable {
        case unknown
        case expired
        case revoked
        case endsTooSoon
        case userDisabled
        /// The back end that the web server has asked says no.
        case loginDenied
        /// A parameter of the web server that breaks the rule for its value.
        case malformedParameter(LoginParameter)
        case token(TokenRefusal)
        /// Nothing tells the session from the user's others, and the identity of participants is to be derived from
        /// that.
        case noKey
    }
}
