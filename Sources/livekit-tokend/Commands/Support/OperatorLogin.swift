import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON

/// The login that an operator asks about: a user by id, or the one whom a bearer on standard input proves.
struct OperatorLogin {
    let source: any SessionSource
    let credential: Credential
    /// The user, where the operator names one.
    let user: Identifier?

    /// Takes a user id, or `-` for a bearer on standard input.
    static func read(
        _ word: String,
        _ claims: ClaimOptions,
        _ settings: Settings,
        beside key: APIKey
    ) throws(Failure) -> OperatorLogin {
        guard word == "-" else {
            return OperatorLogin(of: try ArgumentValue.id(word, "USER_ID"), claim: try claims.claim(settings), settings)
        }
        guard !claims.isGiven else {
            throw Failure(.usage, "a bearer has its own rooms and groups; leave --rooms and --groups out")
        }
        return try ofBearer(settings, beside: key)
    }

    /// Reads a bearer from standard input.
    static func ofBearer(_ settings: Settings, beside key: APIKey) throws(Failure) -> OperatorLogin {
        guard settings.sessions.source != .nginx else {
            throw Failure(
                .data,
                "sessions.source is nginx, and no bearer proves a login there; livekit-tokend check --auth-url asks "
                    + "the back end, and explain takes the user, and what it says of rooms with --rooms or --groups"
            )
        }
        let source = try settings.sessionSource(beside: key)
        let bearer = try BearerInput.read(
            atMost: source.maximumBearerLength,
            "as a client sends it after Authorization: Bearer"
        )
        return OperatorLogin(of: bearer, by: source, settings)
    }
}

extension OperatorLogin {
    /// Takes a bearer, as requests of the deployment carry it.
    init(of bearer: BearerToken, by source: any SessionSource, _ settings: Settings) {
        var parameters = LoginParameters()
        if settings.sessions.jwt?.place == .parameter { parameters[.jwt] = Array(bearer.bytes) }
        self.init(source: source, credential: Credential(.success(bearer), login: parameters), user: nil)
    }

    /// Takes a user id, and what a login of that user would say of memberships.
    init(of user: Identifier, claim: JSONValue?, _ settings: Settings) {
        self.init(
            source: VouchedSessions(NamedLogin(user: user, claim: claim), users: settings.sessions.users),
            credential: .absent,
            user: user
        )
    }
}
