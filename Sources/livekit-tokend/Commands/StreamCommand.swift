import ArgumentParser
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct StreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Plan, list and end stream sessions.",
        discussion: """
            A stream session is a time during which a room, or one scene or event of it, is on air. Once a room has \
            had one, whoever names a scene or an event gets in only while one that matches is open, and no token \
            outlives it. A room that never had one is always on air.
            """,
        subcommands: [Add.self, List.self, End.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Plan a stream session, and print its id.",
            discussion: """
                  livekit-tokend stream add stage-1 --event launch-2026 \\
                      --opens 2026-11-23T20:00:00+01:00 --closes 2026-11-23T22:00:00+01:00
                  livekit-tokend stream add stage-1 --scene rehearsal --closes +45m
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The room.") var roomID: String
        @Option(help: ArgumentHelp("The one scene that is on air; without it, all.", valueName: "scene-id"))
        var scene: String?
        @Option(help: ArgumentHelp("The one event that is on air; without it, all.", valueName: "event-id"))
        var event: String?
        @Option(
            help: ArgumentHelp(
                "When it opens: RFC 3339, Unix seconds, or + and a duration from now. Without it, it is open.",
                valueName: "time"
            )
        )
        var opens: String?
        @Option(
            help: ArgumentHelp(
                "When it closes, written likewise. Without it, when `stream end` is called.",
                valueName: "time"
            )
        )
        var closes: String?

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
            var generator = SystemRandomNumberGenerator()
            let id = try ArgumentValue.id(UUID.random(using: &generator).description, "the id")
            try administration.perform(room: room) { try $0.addStreamSession(id, room: room, session) }
            try Output.value(id)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the stream sessions of a room, in the order of their opening.",
            discussion: """
                Columns: id, scene, event, time of opening, of closing; an empty one sets no limit.

                  livekit-tokend stream list stage-1
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @OptionGroup var format: ListFormat
        @Argument(help: "The room.") var roomID: String

        func run() throws {
            let room = try ArgumentValue.id(roomID, "ROOM_ID")
            let records = try Administration(configuration).perform(room: room) { try $0.streamSessions(of: room) }
            try format.write(
                records,
                columns: ["STREAM_SESSION_ID", "SCENE", "EVENT", "OPENS", "CLOSES"],
                row: { record in
                    [
                        record.id.text, record.session.scene?.text ?? "", record.session.event?.text ?? "",
                        record.session.opensAt?.rfc3339 ?? "", record.session.closesAt?.rfc3339 ?? "",
                    ]
                },
                members: { record, object in
                    object.member("streamSessionId", record.id.text)
                    object.member(ifPresent: "sceneId", record.session.scene?.text)
                    object.member(ifPresent: "eventId", record.session.event?.text)
                    object.member(ifPresent: "opensAt", record.session.opensAt?.rfc3339)
                    object.member(ifPresent: "closesAt", record.session.closesAt?.rfc3339)
                }
            )
        }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a stream session now.",
            discussion: """
                It stays in the list. One that has not opened yet never will.

                  livekit-tokend stream end 0f8fad5b-d9cb-469f-a165-70867728950e
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The stream session, by the id that `stream add` printed.") var streamSessionID: String

        func run() throws {
            let id = try ArgumentValue.id(streamSessionID, "STREAM_SESSION_ID")
            let changed = try Administration(configuration).perform {
                try $0.endStreamSession(id, at: WallClock.now.date)
            }
            report(changed ? "stream session \(id) is closed" : "stream session \(id) was closed already")
        }
    }
}
