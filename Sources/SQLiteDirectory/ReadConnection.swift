import LiveKitToken
import RoomAccess
import SQLite
import StrictJSON

/// A read-only connection with its queries prepared; it serves the one caller that has claimed its slot.
final class ReadConnection {
    /// The file that the connection was opened on, as it was then or at the latest `refresh(_:)`.
    private(set) var file: FileState
    let connection: Connection
    private let session: Statement
    private let room: Statement
    private let user: Statement
    private let anyUser: Statement
    private let openSession: Statement
    private let block: Statement
    private let version: Statement
    /// A row that there always is.
    private let anchor: Statement
    /// Whether a statement stays on a row, and keeps the snapshot.
    private var isAnchored = false

    /// Prepares the queries on a connection to a file whose schema is current.
    init(_ connection: Connection, to file: FileState) throws(DirectoryError) {
        self.file = file
        self.connection = connection
        (session, room, user, anyUser, openSession, block, version, anchor) = try DirectoryError.translating {
            (
                try Statement(SessionQuery.sql, on: connection, isKept: true),
                try Statement(RoomQuery.sql, on: connection, isKept: true),
                try Statement(UserQuery.sql, on: connection, isKept: true),
                try Statement("SELECT 1 FROM users LIMIT 1", on: connection, isKept: true),
                try Statement(OpenSessionQuery.sql, on: connection, isKept: true),
                try Statement(BlockQuery.sql, on: connection, isKept: true),
                try Statement("PRAGMA user_version", on: connection, isKept: true),
                try Statement("SELECT 1 FROM sqlite_schema LIMIT 1", on: connection, isKept: true)
            )
        }
    }

    /// The session of a digest.
    ///
    /// The statement stays on its row, and so does the snapshot: every question from here to `end()` is answered from
    /// it, unless the session does not exist.
    func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
        let found = try DirectoryError.translating { try SessionQuery.run(session, digest) }
        if found != nil { isAnchored = true }
        return found
    }

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
        try DirectoryError.translating { try RoomQuery.run(self.room, room, user: user, at: now) }
    }

    /// A user; it keeps the snapshot whether or not there is one, for people whom the directory does not know.
    func user(_ id: Identifier) throws(DirectoryError) -> User? {
        try DirectoryError.translating {
            try keepSnapshot()
            return try UserQuery.run(user, id)
        }
    }

    /// Whether there is any user; it keeps the snapshot as `user(_:)` does.
    func hasUsers() throws(DirectoryError) -> Bool {
        try DirectoryError.translating {
            try keepSnapshot()
            var isThere = false
            try anyUser.run([]) { _ in isThere = true }
            return isThere
        }
    }

    /// Whether a user has an open session.
    func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool {
        try DirectoryError.translating { try OpenSessionQuery.run(openSession, user, at: now) }
    }

    /// The block that keeps a person out of a room; it keeps the snapshot as `user(_:)` does.
    func block(
        of identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws(DirectoryError) -> Block? {
        try DirectoryError.translating {
            try keepSnapshot()
            return try BlockQuery.run(block, identity, in: room, at: now)
        }
    }

    /// Keeps the snapshot of now, unless one is kept already.
    private func keepSnapshot() throws {
        if !isAnchored { isAnchored = try anchor.firstRow() != nil }
    }

    /// Gives the snapshot back.
    func end() {
        session.reset()
        user.reset()
        block.reset()
        anchor.reset()
        isAnchored = false
    }

    /// Reads the first page of the file, and that alone.
    func probe() throws(DirectoryError) {
        try DirectoryError.translating { try version.run() }
    }

    /// Forgets the pages read so far if the file has been written to behind SQLite's back, or may have been.
    ///
    /// In WAL mode SQLite looks at the log to know whether its pages are still right, and does not notice that a
    /// backup was copied over the file itself. The other cause is a checkpoint, after which pages are read again, once.
    func refresh(_ file: FileState) {
        guard file != self.file else { return }
        connection.releaseMemory()
        self.file = file
    }
}

// MARK: - Queries

/// The query for a session and its user, by digest.
package enum SessionQuery {
    package static let sql = """
        SELECT u.user_id, u.did, u.name, u.disabled, s.expires_at, s.revoked_at
        FROM sessions AS s JOIN users AS u ON u.user_id = s.user_id
        WHERE s.token_sha256 = ?1
        """

    static func run(_ statement: Statement, _ digest: SessionDigest) throws -> DirectorySession? {
        guard let row = try statement.firstRow([.blob(digest.bytes)]) else { return nil }
        return try DirectoryError.reading("users or sessions") { () throws(MalformedColumn) in
            DirectorySession(
                user: try User(row),
                expiresAt: try row.time(4),
                isRevoked: try row.optional(5, row.time) != nil
            )
        }
    }
}

/// The query for a user.
package enum UserQuery {
    package static let sql = "SELECT user_id, did, name, disabled FROM users WHERE user_id = ?1"

    static func run(_ statement: Statement, _ id: Identifier) throws -> User? {
        guard let row = try statement.firstRow([.text(id.text.utf8)]) else { return nil }
        return try DirectoryError.reading("users") { () throws(MalformedColumn) in try User(row) }
    }
}

/// The query for a session of a user that is neither revoked nor ended.
package enum OpenSessionQuery {
    package static let sql = """
        SELECT 1 FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 LIMIT 1
        """

    static func run(_ statement: Statement, _ user: Identifier, at now: NumericDate) throws -> Bool {
        var isThere = false
        try statement.run([.text(user.text.utf8), .integer(now.seconds)]) { _ in isThere = true }
        return isThere
    }
}

/// The query for a room as one user meets it.
package enum RoomQuery {
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
    ) throws -> RoomEntry? {
        var access: RoomEntry.Access?
        var memberships: [Membership] = []
        var isScheduled = false
        var streamSessions: [StreamSession] = []
        let arguments: [Statement.Argument] = [
            .text(room.text.utf8), .text(user.text.utf8), .integer(now.seconds),
        ]
        try statement.run(arguments) { row in
            switch row.integer(0) {
            case 0:
                access = try DirectoryError.reading("rooms") { () throws(MalformedColumn) in try row.access(1) }
            case 1:
                memberships.append(
                    try DirectoryError.reading("members") { () throws(MalformedColumn) in try Membership(row) }
                )
            case 2: isScheduled = true
            default:
                streamSessions.append(
                    try DirectoryError.reading("stream_sessions") { () throws(MalformedColumn) in try StreamSession(row)
                    }
                )
            }
        }
        return access.map {
            RoomEntry(access: $0, memberships: memberships, isScheduled: isScheduled, streamSessions: streamSessions)
        }
    }
}
