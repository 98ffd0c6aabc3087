import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON

struct BlockCommand: Command {
    static let name = "block"
    static let abstract = "Bar a person from a room, or from every room."
    static let discussion = """
        It bars each login of the id, whatever memberships say and wherever sessions come from; the directory need not \
        know the person. The same block again gets the new end and the new reason.

        From its commit on it refuses every request for a token, and with `gate` every join too, also with a token \
        that was issued before. Without the gate LiveKit takes such a token until a minute after its end. Who is \
        inside stays until removed: see "Throw somebody out, for good" in /usr/share/doc/livekit-tokend/deploy.md.gz.

        A person whose id is the word list, or ls, is named after --: `livekit-tokend block -- list`.
        """
    static let examples = [
        "livekit-tokend block eve",
        "livekit-tokend block eve --room studio --for 1h --why spam",
    ]
    static let commands: [any Command.Type] = [List.self]
    static let operandAdvice = "a block is of one person: livekit-tokend block USER_ID"

    let configuration: ConfigurationOption
    let userID: String
    let room, duration, until, why: String?

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        userID = arguments.operand("user-id", "The person, by the id that the directory, or the login, has.")
        room = arguments.option("room", "room-id", "The one room; without it, every room.")
        duration = arguments.option(
            "for",
            "duration",
            "How long it holds: seconds, or a number and s, m, h, d or w. Without it, for good."
        )
        until = arguments.option(
            "until",
            "time",
            "When it ends, in place of --for: RFC 3339, a date, Unix seconds, or + and a duration from now."
        )
        why = arguments.option("why", "text", "The reason, for operators alone, at most 256 bytes.")
    }

    func validate() throws(UsageError) {
        guard duration == nil || until == nil else {
            throw UsageError("--for and --until both say when it ends; give one")
        }
    }

    func run() throws {
        let now = WallClock.now.date
        let user = try ArgumentValue.userID(userID, "USER_ID")
        let end = try end(at: now)
        let why = try ArgumentValue.name(why, "--why")
        let administration = try Administration(configuration, of: "blocks")
        let room = try ArgumentValue.roomID(room, "--room", administration.settings)
        let block = Block(user: user, room: room, until: end, why: why?.text)
        let blocking = try administration.change(user: user, adding: false) { directory in
            let blocking = try directory.block(block, at: now)
            try blocking.requireSomebody(by: user, administration.settings)
            return blocking
        }
        if let former = blocking.former, former.isInForce(at: now) {
            report("user \(user) was blocked in \(former.words) already, and is now \(block.endWords)")
        } else {
            report("user \(user) is blocked in \(block.words)")
        }
        for line in blocking.doubts(about: block, administration.settings) { report(line) }
        if !blocking.mayMeanOtherRoom(administration.settings, room) {
            report(administration.settings.whatFollowsBlock)
        }
    }

    private func end(at now: NumericDate) throws(Failure) -> NumericDate? {
        if let duration {
            let seconds = try ArgumentValue.duration(duration, "--for")
            guard seconds > 0 else { throw Failure(.data, "--for must be at least 1s") }
            return now.advanced(by: seconds)
        }
        let until = try ArgumentValue.time(until, "--until", now: now)
        if let until, until <= now { throw Failure(.data, "--until must be in the future") }
        return until
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the blocks, by user id."
        static let discussion = """
            Columns: user id, room (empty: every room), time of the end (empty: none), reason, time when it was \
            written, and the identity that is barred. Ended blocks are listed until they are lifted.
            """
        static let examples = ["livekit-tokend block list", "livekit-tokend block list --room studio --json"]

        let configuration: ConfigurationOption
        let format: ListFormat
        let room: String?

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            format = ListFormat(&arguments)
            room = arguments.option("room", "room-id", "Only those that bar from this room, or from every one.")
        }

        func run() throws {
            let room = try room.map { (text) throws(Failure) in try ArgumentValue.id(text, "--room") }
            let blocks = try Administration(configuration, of: "blocks").perform { try $0.blocks(of: nil, in: room) }
            try format.write(
                blocks,
                columns: [
                    Column("USER_ID", "userId", text: \.block.user.text),
                    Column("ROOM", "roomId", text: \.block.room?.text),
                    Column("EXPIRES", "expiresAt", text: \.block.until?.rfc3339),
                    Column("WHY", "why", text: \.block.why),
                    Column("CREATED", "createdAt", text: \.createdAt.rfc3339),
                    Column("IDENTITY", "identity", text: \.block.identity.text),
                ]
            )
        }
    }
}

struct UnblockCommand: Command {
    static let name = "unblock"
    static let abstract = "Lift a person's blocks."
    static let discussion = """
        All of them, or the one in the room that is named. The next request, and the next join, may be admitted again.
        """
    static let examples = ["livekit-tokend unblock eve --room studio", "livekit-tokend unblock eve"]

    let configuration: ConfigurationOption
    let userID: String
    let room: String?

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        userID = arguments.operand("user-id", "The person.")
        room = arguments.option("room", "room-id", "Only the block in this room.")
    }

    func run() throws {
        let now = WallClock.now.date
        let user = try ArgumentValue.userID(userID, "USER_ID")
        // The pattern may have become narrower.
        let room = try room.map { (text) throws(Failure) in try ArgumentValue.id(text, "--room") }
        let administration = try Administration(configuration, of: "blocks")
        let (lifted, left) = try administration.change(user: user, room: room, adding: false) { directory in
            let blocks = try directory.blocks(of: user, in: room).map(\.block)
            if let room, let other = blocks.first, !blocks.contains(where: { $0.room == room }) {
                throw Failure(
                    .data,
                    "user \(user) has no block in room \(room), and is blocked in \(other.words); "
                        + "livekit-tokend unblock \(user.description.shellWord) lifts that"
                )
            }
            return (try directory.unblock(user, in: room), try directory.blocks(of: user, in: nil).map(\.block))
        }
        for block in lifted {
            report(
                block.isInForce(at: now)
                    ? "user \(user) was blocked in \(block.words), and is no more"
                    : "user \(user) was blocked in \(block.words), which is over"
            )
        }
        for block in left where block.isInForce(at: now) { report("user \(user) stays blocked in \(block.words)") }
    }
}

extension Block {
    /// Whether it bars anybody at a time.
    func isInForce(at now: NumericDate) -> Bool { until.map { now < $0 } ?? true }

    /// Where it holds, until when, and why.
    var words: String {
        "\(placeWords) \(endWords)"
    }

    var placeWords: String { room.map { "room \($0)" } ?? "every room" }

    var endWords: String {
        (until.map { "until \($0.rfc3339)" } ?? "without end") + (why.map { " (\($0.description.harmless))" } ?? "")
    }
}

extension RecordList<BlockRecord> {
    /// The words that a user has blocks in force, for the answer to a change of the user; `nil` without any.
    func warning(at now: NumericDate) -> String? {
        let inForce = records.map(\.block).filter { $0.isInForce(at: now) }
        guard let user = inForce.first?.user else { return nil }
        return "user \(user) is blocked in \(inForce.map(\.words).joined(separator: ", and in ")); "
            + "livekit-tokend unblock \(user.description.shellWord) lifts that"
    }
}

extension Blocking {
    /// Makes sure that the id may be a person's: the directory knows it, or a login may have it.
    fileprivate func requireSomebody(by user: Identifier, _ settings: Settings) throws {
        guard !isUserKnown else { return }
        guard ParticipantIdentity(user.text) == nil else {
            throw Failure(
                .data,
                "USER_ID is an identity in LiveKit; name the user's id, which join.admitted and token.issued of that "
                    + "identity have in the log as userId"
            )
        }
        if settings.sessions.source == .directory, let other = usersInOtherCase.first {
            throw DirectoryChangeError.differsInCase(.user, other)
        }
    }

    /// Whether the room that is named may be a slip for one that the directory lists.
    fileprivate func mayMeanOtherRoom(_ settings: Settings, _ room: Identifier?) -> Bool {
        guard let room, !isRoomListed, settings.rooms.templates[room] == nil else { return false }
        return !roomsInOtherCase.isEmpty
    }

    /// What may be wrong with the ids of a block: a person or a room that the directory does not know.
    fileprivate func doubts(about block: Block, _ settings: Settings) -> [String] {
        var lines: [String] = []
        if !isUserKnown {
            lines.append("the directory does not know user \(block.user): the block is for logins of that id")
            lines += usersInOtherCase.map { "user \($0) is another user: it differs from \(block.user) in case alone" }
        }
        if let room = block.room, !isRoomListed, settings.rooms.templates[room] == nil {
            lines.append("the directory does not list room \(room): the block is for a room of that id")
            lines += roomsInOtherCase.map {
                "room \($0) is another room: it differs from \(room) in case alone; to bar from that, name it, and: "
                    + "livekit-tokend unblock \(block.user.description.shellWord) --room \(room.description.shellWord)"
            }
        }
        return lines
    }
}

extension Settings {
    /// What a block does here, and what it does not.
    fileprivate var whatFollowsBlock: String {
        let rest = "until removed: see \"Throw somebody out, for good\" in /usr/share/doc/livekit-tokend/deploy.md.gz"
        return gate == nil
            ? "new tokens alone are barred, as gate is off: LiveKit takes one that was issued before until a minute "
                + "after its end, and keeps who is inside \(rest)"
            : "tokens and joins are barred from now on; somebody who is inside stays \(rest)"
    }
}
