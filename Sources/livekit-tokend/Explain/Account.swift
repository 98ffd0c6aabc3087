import Configuration
import LiveKitToken
import RoomAccess
import TokenEndpoint

/// An account of what a login meets in a room at a time: what is known of the user, of the room and of the user's place
/// in it, and what the endpoint would decide.
struct Account {
    let settings: Settings
    let request: TokenRequest
    let now: NumericDate
    /// The session, as far as the credential proves one.
    let session: Session?
    /// The user as the directory has them; `nil` if it does not know the user.
    let known: User?
    /// The room as the directory lists it, with the user's memberships there; `nil` if it does not.
    let listed: RoomEntry?
    /// `nil` where it is not known whose session it is.
    let explanation: Explanation?
    let decision: Result<Decision, Refusal>

    /// Asks for all of it in one snapshot of the directory.
    ///
    /// - Throws: `.unavailable` where the directory cannot be opened.
    init(
        of login: OperatorLogin,
        _ request: TokenRequest,
        _ settings: Settings,
        key: APIKey,
        at now: NumericDate
    ) throws(Failure) {
        let directory = try settings.openDirectory(readers: 1, .keep)
        self.init(of: login, request, settings, Issuer(settings, key: key), in: directory.snapshot(), at: now)
    }

    init(
        of login: OperatorLogin,
        _ request: TokenRequest,
        _ settings: Settings,
        _ issuer: Issuer,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) {
        (self.request, self.settings, self.now) = (request, settings, now)
        let judged = JudgedLogin(login, settings, in: snapshot, at: now)
        (session, known) = (judged.session, judged.known)
        var refusal = judged.error.map { Refusal($0) }
        listed = session.flatMap { found in try? snapshot.room(request.room, user: found.user.id, at: now) }
        var explanation: Explanation?
        if let session {
            do throws(Refusal) {
                explanation = try issuer.explain(for: session, request, in: snapshot, at: now)
            } catch {
                refusal = refusal ?? error
            }
        }
        self.explanation = explanation
        if let refusal {
            decision = .failure(refusal)
        } else if let explanation {
            decision = explanation.decision
        } else {
            decision = .failure(.sessionMissing(.noLogin))
        }
    }
}

extension Account {
    /// What a room exists by.
    enum Origin: Equatable {
        case directory
        case template(RoomTemplate)
        /// The rooms or groups of the login.
        case login
    }

    var origin: Origin {
        explanation?.room?.template.map { .template($0) } ?? (listed == nil ? .login : .directory)
    }

    /// Memberships of the directory that do not count, as the login says what its user is.
    var idleMemberships: [Membership] {
        settings.memberships.source == .directory ? [] : listed?.memberships ?? []
    }
}
