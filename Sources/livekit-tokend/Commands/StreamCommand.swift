import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess

struct StreamCommand: CommandGroup {
    static let name = "stream"
    static let abstract = "Plan, list, end and clear stream sessions."
    static let discussion = """
        A stream session is a time during which a room, or one scene or event of it, is on air. A room without one \
        is always on air. Once a room has one, be it past, open or planned, the room is entered only while one is \
        open that matches: each of its limits is what the request names, or the request leaves it out. A token ends \
        with the last one that matches; LiveKit keeps who is inside.

        At other times only members enter whose role says `anytime: true` in the configuration, as the built-in \
        host does. No stream session keeps them out or ends their token. `stream clear` takes a room out of its \
        stream sessions.
        """
    static let commands: [any Command.Type] = [Add.self, List.self, End.self, Clear.self]

    struct Add: Command {
        static let name = "add"
        static let abstract = "Plan a stream session, and print its id."
        static let discussion = """
            From the first one on, the room is closed outside of its stream sessions, but for members whose role says \
            `anytime: true`.
            """
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
                "When it opens: RFC 3339, a date, Unix seconds, or + and a duration from now. Without it, it is open."
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
            let isFirst = try administration.perform(room: room) { try $0.streamSessions(of: room) }.isEmpty
            // An id that cannot be printed closes no room.
            try administration.change(room: room) { directory in
                try directory.addStreamSession(id, room: room, session)
                try Output.announce(id)
            }
            let words = StreamSessionWords(room: room, roles: administration.settings.rooms.roles)
            report(words.opening(of: session, at: now))
            report(isFirst ? words.firstClosing : words.closing)
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
            let records = try Administration(configuration).perform(room: room, adding: false) {
                try $0.streamSessions(of: room)
            }
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
        static let discussion = """
            It stays in the list. If it has not opened yet, it never will. Its room stays closed outside of stream \
            sessions, until `stream clear`. LiveKit takes a token that was issued before until a minute after its \
            end, and keeps who is inside.
            """
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

    struct Clear: Command {
        static let name = "clear"
        static let abstract = "Remove all stream sessions of a room, which is then always on air."
        static let discussion = "To close one of them, see `stream end`."
        static let examples = ["livekit-tokend stream clear stage-1"]

        let configuration: ConfigurationOption
        let roomID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room.")
        }

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let count = try Administration(configuration).perform(room: room, adding: false) {
                try $0.clearStreamSessions(of: room)
            }
            report("removed \(counted(count, "stream session")) of room \(room), which is always on air")
        }
    }
}

/// What a stream session means for its room, in words for the person who plans it.
private struct StreamSessionWords {
    let room: Identifier
    let roles: [Identifier: Role]

    /// When the room opens for what, and until when.
    func opening(of session: StreamSession, at now: NumericDate) -> String {
        let limits = [session.scene.map { "scene \($0)" }, session.event.map { "event \($0)" }].compactMap(\.self)
        let scope = limits.isEmpty ? "" : " for \(limits.joined(separator: " of "))"
        let end = session.closesAt.map { "until \($0.rfc3339)" } ?? "without end"
        guard let opensAt = session.opensAt, opensAt > now else { return "room \(room) is on air\(scope) \(end)" }
        return "room \(room) is on air\(scope) from \(opensAt.rfc3339) \(end)"
    }

    /// For whom the room is closed at other times, which until now it was not.
    var firstClosing: String {
        "from now on it is closed outside of its stream sessions, \(exception); "
            + "to open it at all times again: livekit-tokend stream clear \(room.description.shellWord)"
    }

    /// For whom the room is closed at other times, as it was before.
    var closing: String { "outside of its stream sessions it is closed, \(exception)" }

    private var exception: String {
        let names = roles.filter(\.value.anytime).keys.sorted().map(\.description)
        switch names.count {
        case 0: return "for members of every role, as no role has anytime: true"
        case 1: return "but for members with the role \(names[0])"
        default: return "but for members with one of the roles \(names.joined(separator: ", "))"
        }
    }
}
