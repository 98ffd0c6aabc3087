import LiveKitToken
import SQLite
import StrictJSON
import TokenEndpoint

/// One connection with the look-ups prepared on it; it serves the one caller that has claimed its slot.
final class LookUps {
    /// The file that the connection was opened on, as it was then or at the latest `refresh(_:)`.
    private(set) var file: FileState
    private let connection: Connection
    private let session: Statement
    private let room: Statement
    private let user: Statement
    private let version: Statement

    /// Prepares the look-ups on a connection to a file whose schema is current.
    init(_ connection: Connection, to file: FileState) throws(DirectoryError) {
        self.file = file
        self.connection = connection
        (session, room, user, version) = try DirectoryError.translating {
            (
                try Statement(SessionLookUp.sql, on: connection, isKept: true),
                try Statement(RoomLookUp.sql, on: connection, isKept: true),
                try Statement(UserLookUp.sql, on: connection, isKept: true),
                try Statement("PRAGMA user_version", on: connection, isKept: true)
            )
        }
    }

    /// Whose session it is.
    ///
    /// What is asked from here to `end()` is answered from the same snapshot, unless there is no such session.
    func session(_ digest: SessionDigest) throws(DirectoryError) -> Session? {
        try DirectoryError.translating { try SessionLookUp.run(session, digest) }
    }

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room? {
        try DirectoryError.translating { try RoomLookUp.run(self.room, room, user: user, at: now) }
    }

    func user(_ id: Identifier) throws(DirectoryError) -> User? {
        try DirectoryError.translating { try UserLookUp.run(user, id) }
    }

    /// Gives the snapshot back.
    func end() {
        session.reset()
    }

    /// Reads the first page of the file, and that alone.
    func probe() throws(DirectoryError) {
        try DirectoryError.translating { try version.run() }
    }

    /// Forgets the pages read so far if the file has been written to behind SQLite's back, or may have been.
    ///
    /// In WAL mode SQLite looks at the log to know whether its pages are still right, and does not notice that a
    /// backup was copied over the file itself. The other cause is a checkpoint, after which pages are read anew, once.
    func refresh(_ file: FileState) {
        guard file != self.file else { return }
        connection.releaseMemory()
        self.file = file
    }
}

// MARK: - The look-ups

/// Whose session a digest belongs to.
package enum SessionLookUp {
    package static let sql = """
        SELECT u.user_id, u.did, u.name, u.disabled, s.expires_at, s.revoked_at
        FROM sessions AS s JOIN users AS u ON u.user_id = s.user_id
        WHERE s.token_sha256 = ?1
        """

    static func run(_ statement: Statement, _ digest: SessionDigest) throws -> Session? {
        guard let row = try statement.firstRow([.blob(digest.bytes)]) else { return nil }
        guard let user = User(row), let expiresAt = row.integer(4), let revokedAt = row.optional(5, row.integer)
        else { throw DirectoryError.malformedRow("users or sessions") }
        return Session(
            digest: digest,
            user: user,
            expiresAt: NumericDate(expiresAt),
            isRevoked: revokedAt != nil
        )
    }
}

/// Who a user is.
package enum UserLookUp {
    package static let sql = "SELECT user_id, did, name, disabled FROM users WHERE user_id = ?1"

    static func run(_ statement: Statement, _ id: Identifier) throws -> User? {
        var found: User?
        try statement.run([.text(id.text.utf8)]) { row in
            guard let user = User(row) else { throw DirectoryError.malformedRow("users") }
            found = user
        }
        return found
    }
}

/// A room as one user meets it.
package enum RoomLookUp {
    /// One statement, so one snapshot; and each part of it is looked for whether or not the parts before were found.
    package static let sql = """
        SELECT 0, access, NULL, NULL, NULL, NULL FROM rooms WHERE room_id = ?1
        UNION ALL
        SELECT 1, role, scene_id, event_id, NULL, expires_at FROM members WHERE room_id = ?1 AND user_id = ?2
        UNION ALL
        SELECT * FROM (SELECT 2, NULL, NULL, NULL, NULL, NULL FROM stream_sessions WHERE room_id = ?1 LIMIT 1)
        UNION ALL
        SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
        WHERE room_id = ?1 AND closes_at > ?3
        UNION ALL
        SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
        WHERE room_id = ?1 AND closes_at IS NULL
        """

    static func run(
        _ statement: Statement,
        _ room: Identifier,
        user: Identifier,
        at now: NumericDate
    ) throws -> Room? {
        var access: Room.Access?
        var memberships: [Membership] = []
        var isScheduled = false
        var streamSessions: [StreamSession] = []
        let arguments: [Statement.Argument] = [
            .text(room.text.utf8), .text(user.text.utf8), .integer(now.seconds),
        ]
        try statement.run(arguments) { row in
            switch row.integer(0) {
            case 0:
                guard let known = row.access(1) else { throw DirectoryError.malformedRow("rooms") }
                access = known
            case 1:
                guard let membership = Membership(row) else { throw DirectoryError.malformedRow("members") }
                memberships.append(membership)
            case 2: isScheduled = true
            default:
                guard let streamSession = StreamSession(row) else {
                    throw DirectoryError.malformedRow("stream_sessions")
                }
                streamSessions.append(streamSession)
            }
        }
        return access.map {
            Room(access: $0, memberships: memberships, isScheduled: isScheduled, streamSessions: streamSessions)
        }
    }
}
