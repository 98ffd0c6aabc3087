import CommandLineInterface
import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

extension Account {
    /// The account in words, a line each: a label and what there is to say.
    var words: [String] {
        var lines: [(label: String, words: String)] = [("verdict", verdict)]
        if let cure { lines.append(("what to do", cure)) }
        lines.append(("user", userWords))
        if let session, let end = session.endsAt { lines.append(("session", "until \(span(to: end))")) }
        if let block = explanation?.block {
            let end = block.until.map { "until \(span(to: $0))" } ?? "without end"
            let why = block.why.map { ": \($0)" } ?? ""
            lines.append(("block", "in \(block.placeWords), \(end)\(why)"))
        }
        lines.append(("room", roomWords))
        if let fault = explanation?.claimFault {
            lines.append(("claim", "what the login says of memberships \(fault)"))
        }
        lines += zip(explanation?.room?.memberships ?? [], explanation?.memberships ?? []).map { membership, standing in
            ("membership", "\(membership.words): \(standing.words(membership, at: now))")
        }
        lines += idleMemberships.map {
            (
                "membership",
                "\($0.words), of the directory: does not count, as memberships.source is \(membershipSource)"
            )
        }
        lines += zip(explanation?.room?.streamSessions ?? [], explanation?.streamSessions ?? []).map {
            ("stream", "\($0.words): \($1.words($0, at: now))")
        }
        if case .success(let decision) = decision {
            let admission = decision.admission
            let video = VideoGrant(room: request.room.text, permissions: admission.permissions)
            let grants = TokenGrants(video)
            lines.append(("may", grants.permissions))
            lines += grants.dangerous.map { ("beware", "it may \($0)") }
            if !admission.agents.isEmpty {
                let names = admission.agents.map { $0.utf8.isEmpty ? "the unnamed one" : $0.description }
                lines.append(("agents", names.joined(separator: ", ")))
            }
            lines.append(("token", "until \(span(to: decision.end.date)): \(decision.end.bound.words)"))
            lines.append(("identity", explanation?.identity?.text.description ?? identityRule))
        }
        return Output.labelled(lines)
    }

    private var verdict: String {
        switch decision {
        case .success(let decision):
            "may enter, as " + decision.admission.roles.map(\.description).joined(separator: ", ")
        case .failure(let refusal):
            "no token: \(refusal.words)"
        }
    }

    /// What to do about a refusal; `nil` without one, or where nothing can be done here.
    var cure: String? {
        guard case .failure(let refusal) = decision, let user = session?.user.id else { return nil }
        return refusal.cure(user: user, request: request, settings)
    }

    private var userWords: String {
        guard let user = session?.user else { return "not known, as the login proves none" }
        let name = user.name.map { " (\($0))" } ?? ""
        guard let known else {
            return "\(user.id)\(name), whom the directory does not know"
                + (settings.sessions.users == .any ? "; sessions.users: any lets them in" : "")
        }
        return "\(user.id)\(name), of the directory" + (known.isDisabled ? ", disabled there" : "")
    }

    private var roomWords: String {
        guard let explanation else { return "\(request.room)" }
        guard let room = explanation.room else { return "\(request.room), which does not exist for this user" }
        let members =
            switch room.access {
            case .open:
                "open to every user with a session, as \(room.template?.role ?? settings.rooms.join.openRole)"
            case .restricted: "for members alone"
            }
        let place = [("scene", request.scene), ("event", request.event)].compactMap { word, id in
            id.map { ", \(word) \($0)" }
        }.joined()
        let air =
            !room.isScheduled
            ? "always on air"
            : explanation.streamSessions.contains(.open) ? "on air by a stream session" : "not on air"
        return "\(request.room)\(place), \(origin.words), \(members), \(air)"
    }

    /// A time, and how far it is from the time of the account.
    private func span(to date: NumericDate) -> String {
        let seconds = date.seconds(since: now)
        let span = NumericDate.span(seconds)
        return "\(date.words), \(seconds < 0 ? "\(span) ago" : "in \(span)")"
    }

    private var membershipSource: String { settings.memberships.source.rawValue }

    private var identityRule: String {
        settings.token.identity == .session
            ? "one of its own for each session (token.identity: session)"
            : "one of its own for each token (token.identity: \(settings.token.identity.rawValue))"
    }
}

extension Account.Origin {
    fileprivate var words: String {
        switch self {
        case .directory: "of the directory"
        case .template(let template): "by the template \(template.match)"
        case .login: "which the login names"
        }
    }
}

extension TokenEnd.Bound {
    fileprivate var words: String {
        switch self {
        case .lifetime: "token.ttl"
        case .session: "the end of the session"
        case .streamSession: "the end of the stream session"
        }
    }
}

extension Membership {
    /// The role, and the limits, as `member add` takes them.
    fileprivate var words: String {
        role.description + limits([("scene", scene?.description), ("event", event?.description)])
            + (expiresAt.map { ", until \($0.words)" } ?? "")
    }
}

extension StreamSession {
    fileprivate var words: String {
        let times = [("from", opensAt?.words), ("until", closesAt?.words)].compactMap { word, time in
            time.map { "\(word) \($0)" }
        }.joined(separator: " ")
        return (times.isEmpty ? "without end" : times)
            + limits([("scene", scene?.description), ("event", event?.description)])
    }
}

private func limits(_ limits: [(String, String?)]) -> String {
    limits.compactMap { word, id in id.map { ", \(word) \($0)" } }.joined()
}

extension JoinPolicy.Standing {
    fileprivate func words(_ membership: Membership, at now: NumericDate) -> String {
        switch self {
        case .counts: "counts"
        case .ended: "does not count, as it has ended"
        case .ofOtherScene: "does not count, as the request is not for that scene"
        case .ofOtherEvent: "does not count, as the request is not for that event"
        case .ofUnknownRole: "gives nothing, as the configuration lacks the role"
        case .offAir: "does not count, as the room is not on air, and the role does not say anytime: true"
        }
    }

    /// The word in JSON.
    var keyword: String {
        switch self {
        case .counts: "counts"
        case .ended: "ended"
        case .ofOtherScene: "other_scene"
        case .ofOtherEvent: "other_event"
        case .ofUnknownRole: "role_not_configured"
        case .offAir: "not_on_air"
        }
    }
}

extension StreamSession.Standing {
    fileprivate func words(_ session: StreamSession, at now: NumericDate) -> String {
        switch self {
        case .open: "open"
        case .ofOtherScene: "does not match, as the request is for another scene"
        case .ofOtherEvent: "does not match, as the request is for another event"
        case .notYetOpen:
            "not yet open" + (session.opensAt.map { "; it opens in \(NumericDate.span($0.seconds(since: now)))" } ?? "")
        case .closed: "closed"
        }
    }

    /// The word in JSON.
    var keyword: String {
        switch self {
        case .open: "open"
        case .ofOtherScene: "other_scene"
        case .ofOtherEvent: "other_event"
        case .notYetOpen: "not_yet_open"
        case .closed: "closed"
        }
    }
}
