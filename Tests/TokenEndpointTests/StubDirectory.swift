import LiveKitToken
import StrictJSON
import Synchronization
import TokenEndpoint

/// A directory in memory that remembers what it was asked.
final class StubDirectory: Directory, SessionStore, RoomDirectory {
    enum Call: Equatable, Sendable {
        case session(SessionDigest)
        case room(Identifier, user: Identifier)
        case probe
    }

    struct RoomRow: Sendable {
        var access = Room.Access.restricted
        var members: [Identifier: [Membership]] = [:]
        var isScheduled = false
        var streamSessions: [StreamSession] = []
    }

    struct Contents: Sendable {
        var sessions: [SessionDigest: Session] = [:]
        var rooms: [Identifier: RoomRow] = [:]
        var sessionsFail: DirectoryError?
        var roomsFail: DirectoryError?
    }

    private let contents: Contents
    private let recorded = Mutex<[Call]>([])

    init(_ contents: Contents) {
        self.contents = contents
    }

    var calls: [Call] { recorded.withLock { $0 } }

    func snapshot() -> any SessionStore & RoomDirectory { self }

    func session(_ digest: SessionDigest) throws(DirectoryError) -> Session? {
        recorded.withLock { $0.append(.session(digest)) }
        if let error = contents.sessionsFail { throw error }
        return contents.sessions[digest]
    }

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room? {
        recorded.withLock { $0.append(.room(room, user: user)) }
        if let error = contents.roomsFail { throw error }
        return contents.rooms[room].map { row in
            Room(
                access: row.access,
                memberships: row.members[user] ?? [],
                isScheduled: row.isScheduled,
                streamSessions: row.streamSessions
            )
        }
    }

    func probe() throws(DirectoryError) {
        recorded.withLock { $0.append(.probe) }
        if let error = contents.roomsFail { throw error }
    }
}
