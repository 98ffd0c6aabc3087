import CommandLineInterface
import Daemon
import LiveKitToken
import RoomAccess

struct StreamCommand: CommandGroup {
    static let name = "stream"
    static let abstract = "Plan, list and end stream sessions."
    static let discussion = """
        A stream session is a time during which a room, or one scene or event of it, is on air. Once a room has \
        had one, a request that names a scene or an event is admitted only while a stream session that matches is \
        open, and no token outlives it. A room that never had one is always on air.
        """
    static let commands: [any Command.Type] = [Add.self, List.self, End.self]

    struct Add: Command {
        static let name = "add"
        static let abstract = "Plan a stream session, and print its id."
        static let examples = [
            "livekit-tokend stream add stage-1 --event launch-2026 \\\n"
                + "    --opens 2026-11-23T20:00:00+01:00 --closes 2026-11-23T22:00:00+01:00",
            "livekit-tokend stream add stage-1 --scene rehearsal --closes +45m",
        ]

        let configuration: ConfigurationOption
        let roomID: String
        let scene, event, opens, closes: String?

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
            scene = arguments.option("scene", "scene-id", "The one scene that is on air; without it, all.")
            event = arguments.option("event", "event-id", "The one event that is on air; without it, all.")
            opens = arguments.option(
                "opens",
                "time",
                "When it opens: RFC 3339, Unix seconds, or + and a duration from now. Without it, it is open."
            )
            closes = arguments.option(
                "closes",
                "time",
                "When it closes, written likewise. Without it, when `stream end` is called."
            )
        }

        func run() throws {
            let now = WallClock.now.date
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let opensAt = try ArgumentValue.time(opens, "--opens", now: now)
            let closesAt = try ArgumentValue.time(closes, "--closes", now: now)
            if let closesAt {
                guard closesAt > now else { throw Failure(.data, "--closes must be in the future") }
                if let opensAt, opensAt >= closesAt { throw Failure(.data, "--closes must be after --opens") }
            }
            let administration = try Administration(configuration)
            let session = StreamSession(
                scene: try ArgumentValue.roomID(scene, "--scene", administration.settings),
                event: try ArgumentValue.roomID(event, "--event", administration.settings),
                opensAt: opensAt,
                closesAt: closesAt
            )
            var generator = KernelRandomness()
            let id = Identifier(UUID.random(using: &generator))
            try administration.perform(room: room) { try $0.addStreamSession(id, room: room, session) }
            try Output.value(id)
        }
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the stream sessions of a room, in the order of their opening."
        static let discussion = "Columns: id, scene, event, time of opening, of closing; an empty one sets no limit."
        static let examples = ["livekit-tokend stream list stage-1"]

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
            let records = try Administration(configuration).perform(room: room) { try $0.streamSessions(of: room) }
            try format.write(
                records,
                columns: [
                    Column("STREAM_SESSION_ID", "streamSessionId", text: \.id.text),
                    Column("SCENE", "sceneId", text: \.session.scene?.text),
                    Column("EVENT", "eventId", text: \.session.event?.text),
                    Column("OPENS", "opensAt", text: \.session.opensAt?.rfc3339),
                    Column("CLOSES", "closesAt", text: \.session.closesAt?.rfc3339),
                ]
            )
        }
    }

    struct End: Command {
        static let name = "end"
        static let abstract = "Close a stream session now."
        static let discussion = "It stays in the list. If it has not opened yet, it never will."
        static let examples = ["livekit-tokend stream end 0f8fad5b-d9cb-469f-a165-70867728950e"]

        let configuration: ConfigurationOption
        let streamSessionID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            streamSessionID = arguments.operand(
                "stream-session-id",
                "The stream session, by the id that `stream add` printed."
            )
        }

        func run() throws {
            let id = try ArgumentValue.id(streamSessionID, "STREAM_SESSION_ID")
            let changed = try Administration(configuration).perform {
                try $0.endStreamSession(id, at: WallClock.now.date)
            }
            report(changed ? "stream session \(id) is closed" : "stream session \(id) was closed already")
        }
    }
}
