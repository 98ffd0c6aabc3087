import Configuration
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

/// The directory as the commands change it: what goes wrong there becomes an exit status and a line that says what to do.
struct Administration {
    let settings: Settings
    private let writer: DirectoryWriter

    /// Opens the directory that a configuration names, making it where there is none yet.
    init(_ configuration: ConfigurationOption) throws(Failure) {
        settings = try configuration.load()
        writer = try settings.openDirectoryForChanges()
    }

    /// The version of the schema before the directory was opened; 0 if it was made just now.
    var schemaVersionBefore: Int { writer.schemaVersionBefore }

    /// Does one thing with the directory; the ids are those that it is about, for the line that says what is wrong.
    ///
    /// - Throws: `.data` if the directory and the wish do not go together, `.unavailable` if it does not answer.
    func perform<Value>(
        user: Identifier? = nil,
        room: Identifier? = nil,
        _ body: (DirectoryWriter) throws -> Value
    ) throws -> Value {
        do {
            return try body(writer)
        } catch let error as DirectoryChangeError {
            throw Failure(error, user: user?.description ?? "USER_ID", room: room?.description ?? "ROOM_ID")
        }
    }
}

extension Failure {
    fileprivate init(_ error: DirectoryChangeError, user: String, room: String) {
        switch error {
        case .unavailable(let error): self.init(.unavailable, error.reason)
        case .sameUUID(let other): self.init(.data, "user \(other) has the same UUID: use that one")
        case .unknown(.user):
            self.init(.data, "there is no user \(user): add it with livekit-tokend user add \(user)")
        case .unknown(.room):
            self.init(.data, "there is no room \(room): add it with livekit-tokend room add \(room)")
        case .unknown(.session):
            self.init(.data, "there is no session with this bearer: give it as session create printed it")
        case .unknown(.membership):
            self.init(
                .data,
                "user \(user) has no such membership of room \(room): see livekit-tokend member list \(room)"
            )
        case .unknown(.streamSession):
            self.init(.data, "there is no such stream session: see livekit-tokend stream list ROOM_ID")
        case .exists(.user):
            self.init(.data, "user \(user) exists already: see livekit-tokend user list")
        case .exists(.room):
            self.init(.data, "room \(room) exists already: see livekit-tokend room list")
        case .exists: self.init(.data, "it exists already")
        }
    }
}
