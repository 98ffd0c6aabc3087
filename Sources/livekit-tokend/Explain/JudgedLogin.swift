import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

/// A login as the source of sessions judges it, for an operator.
struct JudgedLogin {
    /// The session, as far as the login proves one.
    let session: Session?
    /// Why it is none that gets a token; `nil` if it does.
    let error: SessionError?
    /// The user as the directory has them; `nil` if it does not know the user.
    let known: User?

    init(_ login: OperatorLogin, _ settings: Settings, in snapshot: any DirectorySnapshot, at now: NumericDate) {
        do throws(SessionError) {
            try login.source.examine(login.credential)
            session = try login.source.usableSession(
                for: login.credential,
                in: snapshot,
                at: now,
                // A named user has a session of no device.
                needsKey: login.user == nil && settings.token.identity == .session,
                minimumRemainder: settings.token.minimumLifetime
            )
            error = nil
        } catch let found {
            (session, error) = (found.session, found)
        }
        known = session.flatMap { found in try? snapshot.user(found.user.id) }
    }
}

extension Refusal {
    /// The reason, and the fault where it has one.
    var words: String { reason.rawValue + (fault.map { ": \($0)" } ?? "") }

    /// Writes the members that say why, and what to do about it.
    func write(advice: String?, to json: inout JSONWriter) {
        json.member("reason", reason.rawValue)
        json.member(ifPresent: "fault", fault.map { UTF8String($0) })
        json.member(ifPresent: "cure", advice.map { UTF8String($0) })
    }
}
