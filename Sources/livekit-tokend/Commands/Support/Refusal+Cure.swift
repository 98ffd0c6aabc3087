import Configuration
import LiveKitToken
import RoomAccess
import TokenEndpoint

extension Refusal {
    /// The exit status of a command that was asked whether somebody gets in: 69 where nobody can say now.
    var exitStatus: Failure.Status {
        if case .unavailable = self { return .unavailable }
        return isFault ? .unavailable : .data
    }

    /// What an operator does about it, who has asked for a token for a user in a room; `nil` for what only a request
    /// over HTTP can be refused for.
    func cure(user: Identifier, request: TokenRequest, _ settings: Settings) -> String? {
        switch self {
        case .sessionInvalid(let why): why.cure(user: user)
        case .forbidden(let denial):
            denial.cure(settings, request)
                ?? denial.cure(user: user, request: request, roles: settings.rooms.roles.keys.sorted())
        case .unavailable(.directory): "see livekit-tokend check"
        case .unavailable(.keys): "see livekit-tokend check"
        case .unavailable(.audit): "see livekit-tokend check"
        case .unavailable(.clock): "set the clock, and run NTP"
        case .internal(.tooLong): "livekit-tokend-directory(5) has the statement"
        case .internal(.notWhatWasAsked): "this is a bug of livekit-tokend, which no setting mends"
        case .notFound, .methodNotAllowed, .bodyTooLarge, .unsupportedMediaType, .sessionMissing,
            .claimUnreadable, .repeatedMetaVariable, .malformedRequest, .unknownField, .invalidID, .fieldRefused:
            nil
        }
    }
}

extension SessionError.Invalid {
    fileprivate func cure(user: Identifier) -> String? {
        switch self {
        case .userDisabled: "run: livekit-tokend user enable \(user.description.shellWord)"
        case .unknown, .expired, .revoked, .endsTooSoon, .loginDenied, .malformedParameter, .token, .noKey: nil
        }
    }
}

extension Denial {
    /// The cure where a login says what its user is in a room, and the directory does not; `nil` elsewhere.
    fileprivate func cure(_ settings: Settings, _ request: TokenRequest) -> String? {
        let source = settings.memberships.source
        let roles = Listing.text(settings.rooms.roles.keys.sorted().map(\.description))
        let others =
            (settings.directory.url == .absent
                ? "" : ", list the room with livekit-tokend room add \(request.room.description.shellWord)")
            + ", or let rooms.templates match it"
        return switch (source, self) {
        case (.directory, _): nil
        case (.claims, .unknownRoom):
            "memberships.source is claims, and the login names no such room (--rooms); let it name the room\(others)"
        case (.claims, .notAMember):
            "memberships.source is claims: let the login say that its user is a member (--rooms)"
        case (.claims, .notAMemberHere):
            "name the scene or event of a membership, or let the login give one in the whole room (--rooms)"
        case (.claims, .membershipExpired): "let the login name a later until, or none (--rooms)"
        case (.claims, .unknownRole):
            "add the role to roles in the configuration, or let the login name another (--rooms): \(roles)"
        // What a group gives is the configuration's.
        case (.groups, .unknownRoom):
            "memberships.source is groups, and no group of the login gives this room (--groups); name it for a "
                + "group in memberships.rooms\(others)"
        case (.groups, .notAMember):
            "memberships.source is groups: give a group of the login a role in this room in memberships.rooms "
                + "(--groups)"
        case (.groups, .notAMemberHere):
            "name the scene or event of a membership, or give one in the whole room in memberships.rooms (--groups)"
        case (.groups, .membershipExpired): "let memberships.rooms name a later until, or none (--groups)"
        case (.groups, .unknownRole):
            "add the role to roles in the configuration, or name another in memberships.rooms: \(roles)"
        case (_, .unknownUser), (_, .blocked), (_, .streamNotOpen), (_, .streamEndsTooSoon): nil
        }
    }

    fileprivate func cure(user: Identifier, request: TokenRequest, roles: [Identifier]) -> String {
        let (user, room) = (user.description.shellWord, request.room.description.shellWord)
        // A membership in the place of one with limits has them too.
        let limits = [("scene", request.scene), ("event", request.event)].compactMap { option, id in
            id.map { " --\(option) \($0.description.shellWord)" }
        }.joined()
        let known = Listing.text(roles.map(\.description))
        let add = "livekit-tokend member add \(room) \(user) --role ROLE"
        let list = "livekit-tokend member list \(room)"
        return switch self {
        case .unknownUser: "run: livekit-tokend user add \(user)"
        case .blocked: "livekit-tokend block list --room \(room) shows why; run: livekit-tokend unblock \(user)"
        case .unknownRoom: "run: livekit-tokend room add \(room)"
        case .notAMember: "run: \(add), with a role of \(known)"
        case .notAMemberHere:
            "name the scene or event of a membership (\(list)) with --scene or --event, or give one in the whole room: "
                + "\(add), with a role of \(known)"
        case .membershipExpired:
            "give it another end: \(add)\(limits) --until +2h, with its role, scene and event by \(list)"
        case .unknownRole:
            "add the role (\(list)) to roles in the configuration, or give another: \(add)\(limits), with a role of "
                + known
        case .streamNotOpen:
            "livekit-tokend stream list \(room) shows when it is on air; put it on air with livekit-tokend stream add "
                + "\(room), for good with livekit-tokend stream clear \(room), or give a role with anytime: true"
        case .streamEndsTooSoon:
            "livekit-tokend stream list \(room) shows the end; open the room for longer with livekit-tokend stream add "
                + "\(room) --closes TIME"
        }
    }
}
