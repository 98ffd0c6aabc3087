package import LiveKitToken

/// A source of logins: it decides who has logged in elsewhere, and knows no directory.
///
/// `VouchedSessions` makes sessions of logins.
package protocol LoginSource: Sendable {
    /// Refuses a credential that lacks what this source judges. It is asked before the clock and the directory are.
    ///
    /// - Throws: `.missing`.
    func examine(_ credential: Credential) throws(SessionError)

    /// The most bytes of a bearer token.
    var maximumBearerLength: Int { get }

    /// Whether it can judge credentials at the moment.
    func condition(at now: NumericDate) -> SourceCondition

    /// The session of the login that a credential proves, valid now, with the user as the source has them.
    ///
    /// - Throws: as `SessionSource.session(for:in:at:)`.
    func login(for credential: Credential, at now: NumericDate) throws(SessionError) -> Session
}

extension LoginSource {
    package var maximumBearerLength: Int { BearerToken.maximumLength }

    package func condition(at now: NumericDate) -> SourceCondition { .good }
}

/// The sessions of logins elsewhere, whose users the directory may know too.
///
/// Where the directory knows a user, its name, its DID and whether the user is disabled count.
package struct VouchedSessions: SessionSource {
    /// Which users get in.
    package enum Users: String, CaseIterable, Sendable {
        /// Those of the directory.
        case known
        /// All for whom the source vouches, unless the directory has them disabled.
        case any
    }

    private let logins: any LoginSource
    private let users: Users

    package init(_ logins: any LoginSource, users: Users) {
        self.logins = logins
        self.users = users
    }

    /// Ten seconds: the end of such a session is another system's choice, and the token needs to live until its holder
    /// has joined.
    package var minimumRemainder: Int64? { 10 }

    package var maximumBearerLength: Int { logins.maximumBearerLength }

    package func condition(at now: NumericDate) -> SourceCondition { logins.condition(at: now) }

    package func examine(_ credential: Credential) throws(SessionError) {
        try logins.examine(credential)
    }

    package func session(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(SessionError) -> Session {
        var session = try logins.login(for: credential, at: now)
        let known: User?
        do throws(DirectoryError) {
            known = try directory.user(session.user.id)
        } catch {
            throw .unavailable(error)
        }
        if let known {
            session.user = User(
                id: known.id,
                did: known.did ?? session.user.did,
                name: known.name ?? session.user.name,
                isDisabled: known.isDisabled
            )
        } else if users == .known {
            throw .unknownUser(of: session)
        }
        return session
    }
}
