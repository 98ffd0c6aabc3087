import ArgumentParser
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct MemberCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Add, list and remove members of rooms.",
        discussion: """
            A membership gives a user a role in a room, or in one scene or event of it. Several add up: a user may do \
            whatever one of the roles allows.
            """,
        subcommands: [Add.self, List.self, Remove.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a user a role in a room.",
            discussion: """
                The same membership again gets the new end, or none without --until.

                  livekit-tokend member add stage-1 ada --role host
                  livekit-tokend member add stage-1 bob --role speaker --event launch-2026 --until +2h
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The room.") var roomID: String
        @Argument(help: "The user.") var userID: String
        @Option(help: ArgumentHelp("A role of the configuration, such as host, speaker or viewer.", valueName: "role"))
        var role: String
        @Option(help: ArgumentHelp("The one scene that it is for; without it, all.", valueName: "scene-id"))
        var scene: String?
        @Option(help: ArgumentHelp("The one event that it is for; without it, all.", valueName: "event-id"))
        var event: String?
        @Option(
            help: ArgumentHelp(
                "When it ends: RFC 3339, Unix seconds, or + and a duration from now. Without it, never.",
                valueName: "time"
            )
        )
        var until: String?

        func run() throws {
            let now = WallClock.now.date
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let user = try ArgumentValue.id(userID, "USER_ID")
            let until = try ArgumentValue.time(until, "--until", now: now)
            if let until, until <= now { throw Failure(.data, "--until must be in the future") }
            let administration = try Administration(configuration)
            let membership = Membership(
                role: try ArgumentValue.role(role, administration.settings),
                scene: try ArgumentValue.roomID(scene, "--scene", administration.settings),
                event: try ArgumentValue.roomID(event, "--event", administration.settings),
                expiresAt: until
            )
            let isNew = try administration.perform(user: user, room: room) {
                try $0.addMember(user, to: room, membership)
            }
            let end = until.map { "until \($0.rfc3339)" } ?? "for good"
            report(
                isNew
                    ? "user \(user) is \(membership.role) in room \(room) \(end)"
                    : "user \(user) was \(membership.role) in room \(room) already, and is now \(end)"
            )
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the members of a room, by user id.",
            discussion: """
                Columns: user id, role, scene, event, time of expiry; an empty one sets no limit. Expired memberships \
                are listed too.

                  livekit-tokend member list stage-1
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @OptionGroup var format: ListFormat
        @Argument(help: "The room.") var roomID: String

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let members = try Administration(configuration).perform(room: room) { try $0.members(of: room) }
            try format.write(
                members,
                columns: ["USER_ID", "ROLE", "SCENE", "EVENT", "EXPIRES"],
                row: { member in
                    [
                        member.user.text, member.membership.role.text, member.membership.scene?.text ?? "",
                        member.membership.event?.text ?? "", member.membership.expiresAt?.rfc3339 ?? "",
                    ]
                },
                members: { member, object in
                    object.member("userId", member.user.text)
                    object.member("role", member.membership.role.text)
                    object.member(ifPresent: "sceneId", member.membership.scene?.text)
                    object.member(ifPresent: "eventId", member.membership.event?.text)
                    object.member(ifPresent: "expiresAt", member.membership.expiresAt?.rfc3339)
                }
            )
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a user's memberships of a room away.",
            discussion: """
                All of them, or those of the role, scene or event that is given.

                  livekit-tokend member remove stage-1 ada
                  livekit-tokend member remove stage-1 bob --role speaker --event launch-2026
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The room.") var roomID: String
        @Argument(help: "The user.") var userID: String
        @Option(help: ArgumentHelp("Only those of this role.", valueName: "role")) var role: String?
        @Option(help: ArgumentHelp("Only those for this scene.", valueName: "scene-id")) var scene: String?
        @Option(help: ArgumentHelp("Only those for this event.", valueName: "event-id")) var event: String?

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let user = try ArgumentValue.id(userID, "USER_ID")
            // The configuration may have lost the role since, and the pattern may have become narrower.
            let filter = MembershipFilter(
                role: try role.map { (text) throws(Failure) in try ArgumentValue.id(text, "--role") },
                scene: try scene.map { (text) throws(Failure) in try ArgumentValue.id(text, "--scene") },
                event: try event.map { (text) throws(Failure) in try ArgumentValue.id(text, "--event") }
            )
            let removed = try Administration(configuration).perform(user: user, room: room) {
                try $0.removeMember(user, from: room, filter)
            }
            let roles = Set(removed.map(\.role)).sorted().map(\.description).joined(separator: ", ")
            report("removed \(counted(removed.count, "membership")) of user \(user) in room \(room): \(roles)")
        }
    }
}
