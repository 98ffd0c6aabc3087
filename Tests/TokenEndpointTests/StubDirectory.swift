import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization
import TestSupport
import TokenEndpoint

/// A directory in memory that remembers what it was asked.
final class StubDirectory: Directory, DirectorySnapshot {
    enum Call: Equatable, Sendable {
        case session(SessionDigest)
        case room(Identifier, user: Identifier)
        case block(ParticipantIdentity, Identifier)
        case probe
    }

    struct RoomRow: Sendable {
        var access = RoomEntry.Access.restricted
        var members: [Identifier: [Membership]] = [:]
        var isScheduled = false
        var streamSessions: [StreamSession] = []
    }

    struct Contents: Sendable {
        var sessions: [SessionDigest: DirectorySession] = [:]
        var rooms: [Identifier: RoomRow] = [:]
        var blocks: [Block] = []
        var blocksFail: DirectoryError?
        var sessionsFail: DirectoryError?
        var roomsFail: DirectoryError?
    }

    private let contents: Contents
    private let recorded = Mutex<[Call]>([])

    init(_ contents: Contents) {
        self.contents = contents
    }

    var calls: [Call] { recorded.withLock { $0 } }

    func snapshot() -> any DirectorySnapshot { self }

    func end() {}

    func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
        recorded.withLock { $0.append(.session(digest)) }
        if let error = contents.sessionsFail { throw error }
        return contents.sessions[digest]
    }

    func user(_ id: Identifier) throws(DirectoryError) -> User? {
        if let error = contents.sessionsFail { throw error }
        return contents.sessions.values.map(\.user).first { $0.id == id }
    }

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
        recorded.withLock { $0.append(.room(room, user: user)) }
        if let error = contents.roomsFail { throw error }
        return contents.rooms[room].map { row in
            RoomEntry(
                access: row.access,
                memberships: row.members[user] ?? [],
                isScheduled: row.isScheduled,
                streamSessions: row.streamSessions
            )
        }
    }

    func block(
        of identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws(DirectoryError) -> Block? {
        recorded.withLock { $0.append(.block(identity, room)) }
        if let error = contents.blocksFail { throw error }
        return contents.blocks.first { $0.identity == identity && ($0.room ?? room) == room }
    }

    func probe() throws(DirectoryError) {
        recorded.withLock { $0.append(.probe) }
        if let error = contents.roomsFail { throw error }
    }
}
