import CommandLineInterface
import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

/// A bearer as the source of sessions judges it: whose session it is and until when, or why it is none.
struct ShownSession {
    let settings: Settings
    let now: NumericDate
    /// The session, as far as the bearer proves one.
    let session: Session?
    /// The user as the directory has them; `nil` if it does not know the user.
    let known: User?
    /// `nil` if it is a session.
    let refusal: Refusal?
    /// What would make it one; `nil` where nothing is known to.
    let advice: String?
    let identity: ParticipantIdentity?

    init(
        of login: OperatorLogin,
        _ settings: Settings,
        key: APIKey,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) {
        (self.settings, self.now) = (settings, now)
        let judged = JudgedLogin(login, settings, in: snapshot, at: now)
        (session, known) = (judged.session, judged.known)
        refusal = judged.error.map { Refusal($0) }
        advice = judged.error.flatMap { Self.advice(on: $0, login, settings) }
        identity = session.flatMap { Issuer(settings, key: key).lastingIdentity(of: $0) }
    }

    private static func advice(on error: SessionError, _ login: OperatorLogin, _ settings: Settings) -> String? {
        let bearer = try? login.credential.bearerToken
        switch error {
        case .invalid(.token(let refusal), _):
            guard let bearer, let jwt = settings.sessions.jwt else { return nil }
            return TokenAdvice(refusal, of: bearer, jwt).words
        case .invalid(.unknown, _):
            let isToken = bearer.map { UnverifiedToken($0).header?["alg"] != nil } ?? false
            return isToken
                ? "it is a JSON Web Token, and sessions.source is directory; write source: jwt, and whose tokens are "
                    + "logins"
                : "give the bearer whole, as session create printed it; the directory has others: livekit-tokend "
                    + "session list USER_ID"
        case .invalid(.userDisabled, let session?):
            return "run: livekit-tokend user enable \(session.user.id.description.shellWord)"
        case .invalid(.noKey, _):
            let token = bearer.map { UnverifiedToken($0) }
            let issuer = token.flatMap { token in settings.sessions.jwt.flatMap { TokenAdvice.issuer(of: token, $0) } }
            let claim = issuer?.claims.session.description ?? "sid"
            let setting = issuer?.setting ?? "sessions.jwt"
            let other = token?.first(of: ["sid", "session_id", "jti"])
            return "token.identity is session, and the token has no \(claim); "
                + (other.map { "write \(setting).claims: {session: \($0)}" } ?? "let the issuer write one")
                + ", or token: {identity: user}"
        case .invalid(.endsTooSoon, _), .invalid(.expired, _), .invalid(.revoked, _):
            return "sign in again: the app gets another then"
        case .unknownUser(let session):
            return "run: livekit-tokend user add \(session.user.id.description.shellWord), or write sessions.users: any"
        case .keysUnavailable(let why) where why.kind == .pending:
            guard let bearer, let jwt = settings.sessions.jwt else { return nil }
            // The service has a set fetched for it, and this command does not.
            return TokenAdvice(TokenRefusal(.keyIDUnknown, why.problem), of: bearer, jwt).words
        case .keysUnavailable:
            return settings.keySetSources.isEmpty
                ? "put the issuer's key set there, and see livekit-tokend check"
                : "get the set with livekit-tokend keyset fetch, and see livekit-tokend check"
        case .unavailable: return "see livekit-tokend check"
        case .missing, .invalid: return nil
        }
    }
}

// MARK: - In words, and in JSON

extension ShownSession {
    /// What is shown, a line each.
    var words: [String] {
        var lines: [(label: String, words: String)] = []
        if let refusal {
            lines.append(("verdict", "no session: \(refusal.words)"))
            if let advice { lines.append(("what to do", advice)) }
        } else {
            lines.append(("verdict", "a session"))
        }
        if let user = session?.user {
            let place = known == nil ? "whom the directory does not know" : "of the directory"
            lines.append(("user", "\(user.id)\(user.name.map { " (\($0))" } ?? ""), \(place)"))
        }
        lines.append(("source", "sessions.source: \(settings.sessions.source.rawValue)"))
        if refusal == nil, let session {
            if let end = session.endsAt {
                lines.append(("until", "\(end.words), in \(NumericDate.span(end.seconds(since: now)))"))
            }
            if let label = session.label { lines.append(("session", "\(label)")) }
            if session.isNameDropped { lines.append(("name", "dropped, as it is none that can be shown")) }
            if let memberships { lines.append(("memberships", memberships)) }
            lines.append(("identity", identity?.text.description ?? "one of its own for each token"))
        }
        return Output.labelled(lines)
    }

    /// What the login says of rooms or groups; `nil` where the directory has the memberships.
    private var memberships: String? {
        let setting = settings.memberships
        guard setting.source != .directory else { return nil }
        let place = setting.claim?.description ?? "the claim"
        guard let claim = session?.claim else {
            let path = setting.claim?.nested.map { "; for a claim inside another write \($0)" } ?? ""
            return "none: the token has no \(place) (memberships.claim)\(path)"
        }
        if setting.source == .claims {
            do throws(ClaimFault) {
                _ = try RoomsClaim(claim)
            } catch {
                return "none: \(place) \(error)"
            }
        }
        var writer = JSONWriter()
        writer.value(claim)
        return "\(place): \(writer.text)"
    }

    func write(to json: inout JSONWriter) {
        json.member("valid", refusal == nil)
        if let refusal { refusal.write(advice: advice, to: &json) }
        json.member("source", settings.sessions.source.rawValue)
        guard let session else { return }
        json.member("userId", session.user.id.text)
        json.member("inDirectory", known != nil)
        guard refusal == nil else { return }
        json.member(ifPresent: "name", session.user.name)
        json.member(ifPresent: "did", session.user.did)
        json.member(ifPresent: "expiresAt", session.endsAt.map { UTF8String($0.words) })
        json.member(ifPresent: "sha256Prefix", session.label)
        json.member(ifPresent: "identity", identity?.text)
        if let claim = session.claim {
            json.member("claim", claim)
        }
    }
}
