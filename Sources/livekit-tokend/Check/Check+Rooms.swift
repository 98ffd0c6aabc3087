import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON

// MARK: - Rooms and roles

extension Check {
    /// Looks at the roles of the configuration, and at the rooms and memberships that depend on them.
    mutating func checkRooms(_ settings: Settings) {
        for (name, role) in settings.rooms.roles.sorted(by: { $0.key < $1.key }) {
            checkPermissions(role.permissions, of: name)
        }
        checkMembershipSource(settings)
        checkTemplates(settings)
        // A directory that cannot be read has its line already.
        guard case .sqlite(let path) = settings.directory.url,
            let survey = try? SQLiteDirectoryReader.surveyRooms(path: path, at: WallClock.now.date)
        else { return }
        checkClosedRooms(survey.closedRooms, settings.rooms.roles)
        if settings.memberships.source == .directory {
            checkMemberships(survey.memberships, settings.rooms.roles)
        } else {
            checkIdleMemberships(survey.memberships.values.reduce(0, +), settings.memberships.source)
        }
    }

    private mutating func checkMembershipSource(_ settings: Settings) {
        let memberships = settings.memberships
        guard memberships.source != .directory else { return }
        let variable = memberships.source == .groups ? LoginParameter.groups : .rooms
        let place = memberships.claim.map { "the claim \($0)" } ?? variable.variable
        add(
            .ok,
            "memberships",
            "\(memberships.source.rawValue), in \(place) of each login"
                + (memberships.groups.isEmpty ? "" : "; rooms of \(counted(memberships.groups.count, "group"))")
        )
    }

    private mutating func checkTemplates(_ settings: Settings) {
        for template in settings.rooms.templates.templates {
            let agents = template.agents.map { $0.utf8.isEmpty ? "the unnamed agent" : $0.description }
            add(
                .ok,
                "rooms",
                "need not be listed: \(template.words(settings))"
                    + (agents.isEmpty ? "" : ", with \(Listing.text(agents))")
            )
        }
    }

    /// Says that the directory's memberships do not count, if it has any.
    private mutating func checkIdleMemberships(_ count: Int, _ source: MembershipSettings.Source) {
        guard count > 0 else { return }
        add(
            .warning,
            "memberships",
            "\(counted(count, "membership")) of the directory \(count == 1 ? "does" : "do") not count, as "
                + "memberships.source is \(source.rawValue); let logins say the same, then remove "
                + "\(count == 1 ? "it" : "them") with livekit-tokend member remove"
        )
    }

    private mutating func checkPermissions(_ permissions: Permissions, of role: Identifier) {
        if permissions.updateOwnMetadata {
            add(
                .warning,
                "roles",
                "\(role) has update_own_metadata: its holders write the name, metadata and attributes that others "
                    + "see, roles and did included, and LiveKit signs them; remove it, unless no app relies on them"
            )
        }
        if permissions.roomAdmin {
            add(
                .ok,
                "roles",
                "\(role) has room_admin: its holders mute and remove others, send agents into the room, end it, and "
                    + "change what each participant may do, themselves too, so that no other limit of the role holds"
            )
        }
    }

    private mutating func checkClosedRooms(_ rooms: [Identifier], _ roles: [Identifier: Role]) {
        guard let place = rooms.first?.description.shellWord else { return }
        let crew = roles.filter(\.value.anytime).keys.sorted().map(\.description).joined(separator: ", ")
        add(
            .warning,
            "rooms",
            "\(Self.listed(rooms)): stream sessions, all of them past, keep \(rooms.count == 1 ? "it" : "them") closed "
                + (crew.isEmpty ? "for all members" : "for all but members with the role \(crew)")
                + "; plan another with livekit-tokend stream add \(place), or open the room at all times with "
                + "livekit-tokend stream clear \(place)"
        )
    }

    private mutating func checkMemberships(_ memberships: [Identifier: Int], _ roles: [Identifier: Role]) {
        let unknown = memberships.filter { roles[$0.key] == nil }
        guard !unknown.isEmpty else { return }
        let names = unknown.keys.sorted()
        let count = unknown.values.reduce(0, +)
        add(
            .warning,
            "roles",
            "\(counted(count, "membership")) \(count == 1 ? "gives" : "give") nothing, as the configuration lacks "
                + "the role \(Self.listed(names)); add it to roles, or give another role with livekit-tokend member add"
        )
    }

    /// The first few ids, and how many more there are.
    private static func listed(_ ids: [Identifier]) -> String {
        let shown = 5
        let rest = ids.count > shown ? " and \(ids.count - shown) more" : ""
        return ids.prefix(shown).map(\.description).joined(separator: ", ") + rest
    }
}
