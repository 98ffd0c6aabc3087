package import LiveKitToken

/// A source of sessions: it decides whose session a credential proves.
///
/// A deployment has one. A source judges the credential, and tells the user as the directory has them where it knows
/// them, `isDisabled` included. Its caller refuses disabled users, and sessions that end too soon for a token.
package protocol SessionSource: Sendable {
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
    package func examine(_ credential: Credential) throws(SessionError) {
        _ = try credential.bearerToken
    }
}

/// Why a credential proves no session.
package enum SessionError: Error, Equatable {
    case missing(Missing)
    /// With the session, where the source knows whose it is.
    case invalid(Invalid, of: Session? = nil)
    case unavailable(DirectoryError)

    /// Why a request has no bearer token (RFC 6750 §2.1).
    package enum Missing: Error, Equatable, Sendable {
        case noAuthorization
        case otherScheme
        case malformedAuthorization(BearerToken.Fault)
        /// A word that programs write where they have no value, such as `undefined`.
        case placeholder
    }

    package enum Invalid: CaseIterable, Sendable {
        case unknown
        case expired
        case revoked
        case endsTooSoon
        case userDisabled
    }
}
