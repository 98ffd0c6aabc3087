import LiveKitToken
import RoomAccess
import StrictJSON

/// A login that an operator describes: a user by id, with what a source of logins would say of the user's rooms.
///
/// `VouchedSessions` makes a session of it, as of any other login: the directory's name, its DID and whether the user
/// is disabled count, and `sessions.users` says whether the directory must know the user.
struct NamedLogin: LoginSource {
    let user: Identifier
    let claim: JSONValue?

    func examine(_ credential: Credential) {}

    func login(for credential: Credential, at now: NumericDate) -> Session {
        // An operator's wish is bound by no session.
        Session(user: User(id: user, did: nil, name: nil, isDisabled: false), endsAt: nil, key: nil, claim: claim)
    }
}

extension Credential {
    /// The credential of a request that carries none.
    static let absent = Credential(.failure(.noAuthorization))
}
