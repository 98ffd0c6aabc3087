import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess

struct MemberCommand: CommandGroup {
    static let name = "member"
    static let abstract = "Add, list and remove members of rooms."
    static let discussion = """
        A membership gives a user a role in a room, or in one scene or event of it. Several add up: a user may do \
        what any of the roles allows. Those of the directory count only where `memberships.source` is directory.
        """
    static let commands: [any Command.Type] = [Add.self, List.self, Remove.self]

    struct Add: Command {
        static let name = "add"
        static let abstract = "Give a user a role in a room."
        static let discussion = "The same membership again gets the new end, or none without --until."
        static let examples = [
            "livekit-tokend member add stage-1 ada --role host",
            "livekit-tokend member add stage-1 bob --role speaker \\\n"
                + "    --event launch-2026 --until +2h",
        ]

        let configuration: ConfigurationOption
        let roomID, userID, role: String
        let scene, event, until: String?

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
            userID = arguments.operand("user-id", "The user.")
            role = arguments.option("role", "role", "A role of the configuration, such as host, speaker or viewer.")
            scene = arguments.option("scene", "scene-id", "The one scene that it is for; without it, all.")
            event = arguments.option("event", "event-id", "The one event that it is for; without it, all.")
            until = arguments.option(
                "until",
                "time",
                "When it ends: RFC 3339, a date, Unix seconds, or + and a duration from now. Without it, never."
            )
        }

        func run() throws {
            let now = WallClock.now.date
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let user = try ArgumentValue.userID(userID, "USER_ID")
            let until = try ArgumentValue.time(until, "--until", now: now)
            if let until, until <= now { throw Failure(.data, "--until must be in the future") }
            let administration = try Administration(configuration)
            let membership = Membership(
                role: try ArgumentValue.role(role, administration.settings),
                scene: try ArgumentValue.roomID(scene, "--scene", administration.settings),
                event: try ArgumentValue.roomID(event, "--event", administration.settings),
                expiresAt: until
            )
            let isNew = try administration.change(user: user, room: room) {
                try $0.addMember(user, to: room, membership)
            }
            let end = until.map { "until \($0.rfc3339)" } ?? "without end"
            report(
                isNew
                    ? "user \(user) is \(membership.role) in room \(room) \(end)"
                    : "user \(user) was \(membership.role) in room \(room) already, and is now \(end)"
            )
            administration.settings.memberships.reportIfElsewhere()
        }
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the members of a room, by user id."
        static let discussion = """
            Columns: user id, role, scene, event, time of expiry; an empty one sets no limit. Expired memberships \
            are listed too.
            """
        static let examples = ["livekit-tokend member list stage-1"]

        let configuration: ConfigurationOption
        let format: ListFormat
        let roomID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            format = ListFormat(&arguments)
            roomID = arguments.operand("room-id", "The room.")
        }

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let administration = try Administration(configuration)
            let members = try administration.perform(room: room, adding: false) { try $0.members(of: room) }
            try format.write(
                members,
                columns: [
                    Column("USER_ID", "userId", text: \.user.text),
                    Column("ROLE", "role", text: \.membership.role.text),
                    Column("SCENE", "sceneId", text: \.membership.scene?.text),
                    Column("EVENT", "eventId", text: \.membership.event?.text),
                    Column("EXPIRES", "expiresAt", text: \.membership.expiresAt?.rfc3339),
                ]
            )
            administration.settings.memberships.reportIfElsewhere()
        }
    }

    struct Remove: Command {
        static let name = "remove"
        static let abstract = "Remove a user's memberships in a room."
        static let discussion = """
            All of them, or those of the role, scene or event that is named. LiveKit takes a token that was issued \
            before until a minute after its end, and keeps who is inside.
            """
        static let examples = [
            "livekit-tokend member remove stage-1 ada",
            "livekit-tokend member remove stage-1 bob --role speaker --event launch-2026",
        ]

        let configuration: ConfigurationOption
        let roomID, userID: String
        let role, scene, event: String?

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
            userID = arguments.operand("user-id", "The user.")
            role = arguments.option("role", "role", "Only those of this role.")
            scene = arguments.option("scene", "scene-id", "Only those for this scene.")
            event = arguments.option("event", "event-id", "Only those for this event.")
        }

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let user = try ArgumentValue.userID(userID, "USER_ID")
            // The configuration may lack the role by now, and the pattern may have become narrower.
            let filter = MembershipFilter(
                role: try role.map { (text) throws(Failure) in try ArgumentValue.id(text, "--role") },
                scene: try scene.map { (text) throws(Failure) in try ArgumentValue.id(text, "--scene") },
                event: try event.map { (text) throws(Failure) in try ArgumentValue.id(text, "--event") }
            )
            let administration = try Administration(configuration)
            let removed = try administration.perform(user: user, room: room, adding: false) {
                try $0.removeMember(user, from: room, filter)
            }
            let roles = Set(removed.map(\.role)).sorted().map(\.description).joined(separator: ", ")
            report("removed \(counted(removed.count, "membership")) of user \(user) in room \(room): \(roles)")
            administration.settings.memberships.reportIfElsewhere()
        }
    }
}

extension MembershipSettings {
    /// Says that memberships of the directory do not count, where they do not.
    fileprivate func reportIfElsewhere() {
        guard source != .directory else { return }
        report("memberships of the directory do not count: memberships.source is \(source.rawValue)")
    }
}
