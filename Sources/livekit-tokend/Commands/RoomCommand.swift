import CommandLineInterface
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON

struct RoomCommand: CommandGroup {
    static let name = "room"
    static let abstract = "Add, list and remove rooms."
    static let discussion = """
        Users can enter only rooms that are in the directory. LiveKit makes the room itself when the first \
        participant joins.
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
                "Admit every user with a session: users without a membership get the role rooms.open_role."
            )
        }

        func run() throws {
            let administration = try Administration(configuration)
            let room = try ArgumentValue.roomID(roomID, "ROOM_ID", administration.settings)
            try administration.perform(room: room) {
                try $0.addRoom(room, access: open ? .open : .restricted, at: WallClock.now.date)
            }
            report("added \(open ? "the open room" : "room") \(room)")
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
            Participants in the room stay there: LiveKit is not told. Tokens that were issued before stay valid \
            until they expire.
            """
        static let examples = ["livekit-tokend room remove stage-1"]

        let configuration: ConfigurationOption
        let roomID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
        }

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let removal = try Administration(configuration).perform(room: room) { try $0.removeRoom(room) }
            report(
                "removed room \(room) with \(counted(removal.memberships, "membership")) "
                    + "and \(counted(removal.streamSessions, "stream session"))"
            )
        }
    }
}
