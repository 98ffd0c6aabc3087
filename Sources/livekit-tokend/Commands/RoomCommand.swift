import ArgumentParser
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct RoomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room",
        abstract: "Add, list and remove rooms.",
        discussion: """
            A room that is not in the directory lets nobody in. LiveKit makes the room itself when the first \
            participant joins.
            """,
        subcommands: [Add.self, List.self, Remove.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a room.",
            discussion: """
                  livekit-tokend room add stage-1
                  livekit-tokend room add lobby --open
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The name of the LiveKit room; it must match rooms.pattern.") var roomID: String
        @Flag(help: "Let in every user with a session: who is no member gets the role rooms.open_role.")
        var open = false

        func run() throws {
            let administration = try Administration(configuration)
            let room = try ArgumentValue.roomID(roomID, "ROOM_ID", administration.settings)
            try administration.perform(room: room) {
                try $0.addRoom(room, access: open ? .open : .restricted, at: WallClock.now.date)
            }
            report("added \(open ? "the open room" : "room") \(room)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the rooms, by id.",
            discussion: """
                Columns: room id, `restricted` or `open`, time of creation.

                  livekit-tokend room list
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @OptionGroup var format: ListFormat

        func run() throws {
            let rooms = try Administration(configuration).perform { try $0.rooms() }
            try format.write(
                rooms,
                columns: ["ROOM_ID", "ACCESS", "CREATED"],
                row: { [$0.id.text, Text($0.access.rawValue), $0.createdAt.rfc3339] },
                members: { room, object in
                    object.member("roomId", room.id.text)
                    object.member("access", Text(room.access.rawValue))
                    object.member("createdAt", room.createdAt.rfc3339)
                }
            )
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a room with all its members and stream sessions.",
            discussion: """
                Who is in the room stays there: LiveKit is not told. Tokens that were issued before stay valid until \
                they expire.

                  livekit-tokend room remove stage-1
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The room.") var roomID: String

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
