import SQLite
package import TokenEndpoint

/// The tables of the directory, and the steps that bring an older file up to them.
///
/// Sites write these tables with `sqlite3` as well. What no row may hold is therefore ruled out here and not only in
/// the program, and what a script need not know has a default.
package enum Schema {
    /// The version of the schema, kept in `PRAGMA user_version`: how many of the steps have been taken.
    package static var version: Int { steps.count }

    /// Marks a file as a directory of this program (`PRAGMA application_id`): "lktk" in ASCII.
    static let applicationID: Int64 = 0x6C6B_746B

    /// Each step takes the schema from one version to the next; a step that has been released never changes.
    static let steps = [
        """
        CREATE TABLE users (
            user_id TEXT PRIMARY KEY NOT NULL CHECK (\(id("user_id"))),
            did TEXT CHECK (did IS NULL OR (did GLOB 'did:?*' AND \(id("did")))),
            name TEXT CHECK (name IS NULL OR (\(name("name")))),
            disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
            created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (\(time("created_at")))
        ) STRICT, WITHOUT ROWID;

        -- A user whose id is a UUID is that UUID to LiveKit, however its letters are written.
        CREATE UNIQUE INDEX users_uuid ON users (lower(user_id)) WHERE user_id GLOB '\(uuid)';

        CREATE TABLE sessions (
            token_sha256 BLOB PRIMARY KEY NOT NULL CHECK (length(token_sha256) = 32),
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (\(time("created_at"))),
            expires_at INTEGER NOT NULL CHECK (\(time("expires_at"))),
            revoked_at INTEGER CHECK (revoked_at IS NULL OR (\(time("revoked_at"))))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_user ON sessions (user_id);

        CREATE TABLE rooms (
            room_id TEXT PRIMARY KEY NOT NULL CHECK (\(id("room_id"))),
            access TEXT NOT NULL DEFAULT 'restricted' CHECK (access IN ('restricted', 'open')),
            created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (\(time("created_at")))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE members (
            room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (\(id("role"))),
            scene_id TEXT NOT NULL DEFAULT '' CHECK (scene_id = '' OR (\(id("scene_id")))),
            event_id TEXT NOT NULL DEFAULT '' CHECK (event_id = '' OR (\(id("event_id")))),
            expires_at INTEGER CHECK (expires_at IS NULL OR (\(time("expires_at")))),
            PRIMARY KEY (room_id, user_id, role, scene_id, event_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX members_user ON members (user_id);

        CREATE TABLE stream_sessions (
            stream_session_id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16))))
                CHECK (\(id("stream_session_id"))),
            room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
            scene_id TEXT CHECK (scene_id IS NULL OR (\(id("scene_id")))),
            event_id TEXT CHECK (event_id IS NULL OR (\(id("event_id")))),
            opens_at INTEGER CHECK (opens_at IS NULL OR (\(time("opens_at")))),
            closes_at INTEGER CHECK (closes_at IS NULL OR (\(time("closes_at")))),
            CHECK (opens_at IS NULL OR closes_at IS NULL OR opens_at <= closes_at)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX stream_sessions_room ON stream_sessions (room_id, closes_at);

        -- The sqlite3 shell leaves foreign keys off. What is removed with it takes its rows along all the same: a user
        -- or a room that is added anew must not find the sessions and members of the one before.
        CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
            DELETE FROM sessions WHERE user_id = OLD.user_id;
            DELETE FROM members WHERE user_id = OLD.user_id;
        END;
        CREATE TRIGGER rooms_removed AFTER DELETE ON rooms BEGIN
            DELETE FROM members WHERE room_id = OLD.room_id;
            DELETE FROM stream_sessions WHERE room_id = OLD.room_id;
        END;
        """
    ]

    /// 1–256 bytes of visible ASCII.
    ///
    /// `length` and `GLOB` stop at a NUL, so the bytes are counted as well.
    private static func id(_ column: String) -> String {
        """
        length(CAST(\(column) AS BLOB)) BETWEEN 1 AND 256 AND length(\(column)) = length(CAST(\(column) AS BLOB)) \
        AND \(column) NOT GLOB '*[^!-~]*'
        """
    }

    /// 1–256 bytes without a control character.
    private static func name(_ column: String) -> String {
        """
        length(CAST(\(column) AS BLOB)) BETWEEN 1 AND 256 AND instr(CAST(\(column) AS BLOB), x'00') = 0 AND \
        \(column) NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        """
    }

    /// Seconds up to the end of the year 9999, which also tells them from milliseconds.
    private static func time(_ column: String) -> String {
        "\(column) BETWEEN 0 AND 253402300799"
    }

    /// The 36 characters of RFC 9562 §4 as a pattern.
    private static let uuid = [8, 4, 4, 4, 12]
        .map { String(repeating: "[0-9a-fA-F]", count: $0) }
        .joined(separator: "-")
}

// MARK: - Versions

extension Schema {
    /// How the schema of a file stands to the one of this program.
    package enum State: Equatable {
        /// There are no tables yet.
        case empty
        /// A version before this program's.
        case older(Int)
        case current
    }

    /// Looks at the schema of a file, and changes nothing.
    ///
    /// - Throws: if the file cannot be read, is not a directory, or one of a newer program.
    package static func state(ofFileAt path: String) throws(DirectoryError) -> State {
        try state(of: DirectoryFile(path: path).openForLookUps())
    }

    /// Compares the schema of a file with this program's.
    ///
    /// - Throws: if the file is not a directory, or one of a newer program.
    static func state(of connection: Connection) throws(DirectoryError) -> State {
        try DirectoryError.translating {
            let application = try connection.value(of: "PRAGMA application_id") { $0.integer(0) }
            let version = Int(try connection.value(of: "PRAGMA user_version") { $0.integer(0) } ?? 0)
            if application == 0, version == 0,
                try connection.value(of: "SELECT 1 FROM sqlite_schema LIMIT 1", { $0.integer(0) }) == nil
            {
                return .empty
            }
            guard application == applicationID, version > 0 else {
                throw DirectoryError("the file is a SQLite database of another program: name another file")
            }
            guard version <= Self.version else {
                throw DirectoryError(
                    "the directory has schema version \(version), and this program knows \(Self.version): run the newer program"
                )
            }
            return version < Self.version ? .older(version) : .current
        }
    }

    /// Takes the steps that a file lacks, all of them or none.
    ///
    /// - Returns: the version before, 0 for an empty file.
    static func migrate(_ connection: Connection) throws -> Int {
        // WAL is a property of the file, and cannot be set within a transaction.
        if try state(of: connection) == .current { return Self.version }
        guard try connection.value(of: "PRAGMA journal_mode = WAL", { $0.text(0) }) == Array("wal".utf8) else {
            throw DirectoryError("the file system of the directory cannot share memory: keep the file on a local disk")
        }
        return try connection.transaction(immediate: true) {
            // Another process may have been faster; it is out of the way only now.
            let before =
                switch try state(of: connection) {
                case .empty: 0
                case .older(let version): version
                case .current: Self.version
                }
            for step in steps[before...] { try connection.execute(step) }
            try connection.execute("PRAGMA application_id = \(applicationID)")
            try connection.execute("PRAGMA user_version = \(Self.version)")
            return before
        }
    }
}

extension Connection {
    /// What a statement without parameters has in its last row; `nil` if it has no row.
    fileprivate func value<Value>(of sql: String, _ column: (Row) -> Value?) throws -> Value? {
        var value: Value?
        try Statement(sql, on: self).run { value = column($0) }
        return value
    }
}
