import Configuration
import LiveKitToken
import RoomAccess

/// The directory as commands change it: its errors become an exit status and a line that says what to do.
struct Administration {
    let settings: Settings
    private let writer: any DirectoryWriter

    /// Opens the directory of a configuration, and makes it if it does not exist yet.
    ///
    /// `subject` names what is of use to a deployment that has no directory, which is told to have one.
    init(
        _ configuration: ConfigurationOption,
        _ upkeep: SchemaUpkeep = .keep,
        of subject: String? = nil
    ) throws(Failure) {
        settings = try configuration.load()
        if let subject, settings.directory.url == .absent {
            throw Failure(
                .unavailable,
                "\(subject) are kept in a directory, and this deployment has none (directory.url: none); set "
                    + "directory.url: \(Defaults.directoryURL), and restart the service"
            )
        }
        writer = try settings.openDirectoryForChanges(upkeep)
    }

    /// The versions of the directory's tables: before it was opened, 0 if that made them, and now.
    var schemaVersions: (before: Int, now: Int) { (writer.schemaVersionBefore, writer.schemaVersion) }

    /// Whether the directory was one without its marks, which it has now.
    var hasAdopted: Bool { writer.hasAdopted }

    /// Makes the changes of a body as one, once it has returned: it may still print what they are about, and if that
    /// cannot be printed none is made.
    ///
    /// The ids and errors are those of `perform`.
    func change<Value>(
        user: Identifier? = nil,
        room: Identifier? = nil,
        adding: Bool = true,
        _ body: (any DirectoryWriter) throws -> Value
    ) throws -> Value {
        try perform(user: user, room: room, adding: adding) { writer in try writer.atomically { try body(writer) } }
    }

    /// Runs a body on the directory; the ids are its subject, for the line of an error.
    ///
    /// `adding` says that the cure for one that is missing is to add it, which is none for the removal of it.
    ///
    /// - Throws: `.data` if the directory does not allow the change, `.unavailable` if it does not answer.
    func perform<Value>(
        user: Identifier? = nil,
        room: Identifier? = nil,
        adding: Bool = true,
        _ body: (any DirectoryWriter) throws -> Value
    ) throws -> Value {
        do {
            return try body(writer)
        } catch let error as DirectoryChangeError {
            throw Failure(
                error,
                user: user?.description ?? "USER_ID",
                room: room?.description ?? "ROOM_ID",
                isNeeded: adding
            )
        }
    }
}

extension Failure {
    fileprivate init(_ error: DirectoryChangeError, user: String, room: String, isNeeded: Bool) {
        switch error {
        case .unavailable(let error): self.init(.unavailable, error.reason)
        case .sameUUID(.room, let other): self.init(.data, "room \(other) has the same UUID; use that room")
        case .sameUUID(_, let other): self.init(.data, "user \(other) has the same UUID; use that user")
        case .differsInCase(.room, let other):
            self.init(.data, "room \(room) does not exist; room \(other) does, which differs in case alone")
        case .differsInCase(.block, let other):
            self.init(.data, "user \(user) is not blocked; user \(other) is, who differs in case alone")
        case .differsInCase(_, let other):
            self.init(.data, "user \(user) does not exist; user \(other) does, who differs in case alone")
        case .unknown(.user):
            self.init(
                .data,
                isNeeded
                    ? "user \(user) does not exist; add it with livekit-tokend user add \(user.shellWord)"
                    : "user \(user) does not exist; see livekit-tokend user list"
            )
        case .unknown(.room):
            self.init(
                .data,
                isNeeded
                    ? "room \(room) does not exist; add it with livekit-tokend room add \(room.shellWord)"
                    : "room \(room) does not exist; see livekit-tokend room list"
            )
        case .unknown(.session):
            self.init(.data, "no session has this bearer; give the bearer as session create printed it")
        case .unknown(.membership):
            self.init(
                .data,
                "user \(user) has no such membership in room \(room); see livekit-tokend member list \(room.shellWord)"
            )
        case .unknown(.streamSession):
            self.init(.data, "no stream session has this id; see livekit-tokend stream list ROOM_ID")
        case .unknown(.block), .exists(.block):
            self.init(.data, "user \(user) has no such block; see livekit-tokend block list")
        case .exists(.user):
            self.init(.data, "user \(user) exists already; see livekit-tokend user list")
        case .exists(.room):
            self.init(.data, "room \(room) exists already; see livekit-tokend room list")
        case .exists(.session): self.init(.data, "the session exists already; create another")
        case .exists(.membership):
            self.init(.data, "the membership exists already; see livekit-tokend member list \(room.shellWord)")
        case .exists(.streamSession):
            self.init(.data, "the stream session exists already; see livekit-tokend stream list \(room.shellWord)")
        }
    }
}
