import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON

struct RoomCommand: CommandGroup {
    static let name = "room"
    static let abstract = "Add, list and remove rooms."
    static let discussion = """
        Users can enter rooms that are in the directory, those that a template of `rooms.templates` matches, and \
        those that their login names where memberships are a login's. Of a room that is in the directory no template \
        counts. LiveKit makes the room itself when the first participant joins.
        """
    static let commands: [any Command.Type] = [Add.self, List.self, Remove.self]

    struct Add: Command {
        static let name = "add"
        static let abstract = "Add a room."
        static let examples = [
            "livekit-tokend room add stage-1",
            "livekit-tokend room add lobby --open",
        ]

        let configuration: ConfigurationOption
        let roomID: String
        let open: Bool

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The name of the LiveKit room; it must match rooms.pattern.")
            open = arguments.flag(
                "open",
                "Admit every user with a session while it is on air, with the role rooms.open_role; memberships add "
                    + "theirs."
            )
        }

        func run() throws {
            let administration = try Administration(configuration)
            let room = try ArgumentValue.roomID(roomID, "ROOM_ID", administration.settings)
            let (leftovers, others) = try administration.change(room: room) {
                (
                    try $0.addRoom(room, access: open ? .open : .restricted, at: WallClock.now.date),
                    try $0.roomsInOtherCase(room)
                )
            }
            report("added \(open ? "the open room" : "room") \(room)")
            if let template = administration.settings.rooms.templates[room] {
                report("its template \(template.words(administration.settings)) counts no longer for it")
            }
            if leftovers != Removal() {
                report(
                    "removed \(counted(leftovers.memberships, "membership")) and "
                        + "\(counted(leftovers.streamSessions, "stream session")) that a former room \(room) had left"
                )
            }
            for other in others { report("room \(other) is another room: it differs from \(room) in case alone") }
        }
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the rooms, by id."
        static let discussion = "Columns: room id, `restricted` or `open`, time of creation."
        static let examples = ["livekit-tokend room list"]

        let configuration: ConfigurationOption
        let format: ListFormat

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            format = ListFormat(&arguments)
        }

        func run() throws {
            let rooms = try Administration(configuration).perform { try $0.rooms() }
            try format.write(
                rooms,
                columns: [
                    Column("ROOM_ID", "roomId", text: \.id.text),
                    Column("ACCESS", "access") { .text(UTF8String($0.access.rawValue)) },
                    Column("CREATED", "createdAt", text: \.createdAt.rfc3339),
                ]
            )
        }
    }

    struct Remove: Command {
        static let name = "remove"
        static let abstract = "Remove a room with all its members and stream sessions."
        static let discussion = """
            Participants in the room stay there: LiveKit is not told, and takes a token that was issued before until a \
            minute after its end.

            Where a template of `rooms.templates` matches the room, it takes it over: an open one lets everybody in.

            On a terminal it asks first if the room has members or stream sessions, or a template opens it; a script \
            is not asked.
            """
        static let examples = ["livekit-tokend room remove stage-1"]

        let configuration: ConfigurationOption
        let roomID: String
        let yes: Bool

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
            yes = arguments.flag("yes", "Do not ask.")
        }

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let administration = try Administration(configuration)
            // Asked outside of the change: nobody else waits for the answer.
            let (members, streams) = try administration.perform(room: room, adding: false) {
                (try $0.members(of: room).count, try $0.streamSessions(of: room).count)
            }
            let template = administration.settings.rooms.templates[room]
            let successor = template.map { "its template \($0.words(administration.settings)) takes it over" }
            let question =
                "remove room \(room) with \(counted(members, "membership")) and \(counted(streams, "stream session"))"
                + (successor.map { "; \($0)" } ?? "") + "?"
            let isHarmless = members + streams == 0 && template?.access != .open
            guard yes || isHarmless || Terminal.agrees(to: question) else {
                throw Failure(.data, "room \(room) is still there: nothing was removed")
            }
            let removal = try administration.perform(room: room, adding: false) { try $0.removeRoom(room) }
            report(
                "removed room \(room) with \(counted(removal.memberships, "membership")) "
                    + "and \(counted(removal.streamSessions, "stream session"))"
            )
            if let successor { report(successor) }
        }
    }
}

extension RoomTemplate {
    /// What the template is and lets in: `call-* (open to every user, as speaker)`.
    func words(_ settings: Settings) -> String {
        switch access {
        case .open: "\(match) (open to every user, as \(role ?? settings.rooms.join.openRole))"
        case .restricted: "\(match) (for members alone)"
        }
    }
}
