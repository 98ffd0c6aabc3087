import Conformance
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import TestSupport
import Testing

/// What holds for every verb of SQL, from a connection with foreign keys and from one without, as sqlite3's own are.
@Suite struct `A key` {
    private let folder: TemporaryFolder
    private let writer: SQLiteDirectoryWriter
    private static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    private static let identity = "user-954f465c-034f-5135-afb1-130118ad4b66"
    private static let digest = String(repeating: "ab", count: 32)
    private static let otherDigest = String(repeating: "cd", count: 32)

    init() throws {
        folder = try TemporaryFolder()
        writer = try SQLiteDirectoryWriter(path: folder.directory)
        try run(
            """
            INSERT INTO users (user_id, disabled) VALUES ('ada', 1), ('\(Self.uuid)', 1), ('bob', 0);
            INSERT INTO rooms (room_id, access) VALUES ('r', 'open'), ('q', 'open');
            INSERT INTO sessions (token_sha256, user_id, expires_at, revoked_at)
            VALUES (x'\(Self.digest)', 'ada', 9, 1), (x'\(Self.otherDigest)', 'ada', 9, NULL);
            INSERT INTO members (room_id, user_id, role) VALUES ('r', 'ada', 'host');
            INSERT INTO stream_sessions (stream_session_id, room_id) VALUES ('s', 'r'), ('t', 'q');
            INSERT INTO blocks (identity, user_id, room_id, expires_at)
            VALUES ('\(Self.identity)', 'ada', '', NULL), ('\(Self.identity)', 'ada', 'r', 9);
            """
        )
    }

    private func run(_ sql: String) throws {
        let outcome = try Shell.sqlite3(folder.directory, sql)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func everything() throws -> String {
        let tables = ["users", "sessions", "rooms", "members", "stream_sessions", "blocks"]
        return try Shell.sqlite3(folder.directory, tables.map { "SELECT * FROM \($0);" }.joined()).output
    }

    /// Statements that must change nothing, and words that say what to do instead.
    static let refused: [(sql: String, words: String)] = [
        ("UPDATE users SET user_id = 'eve' WHERE user_id = 'ada';", "livekit-tokend user add"),
        ("UPDATE users SET user_id = 'eve' WHERE user_id = 'bob';", "livekit-tokend user remove"),
        ("UPDATE OR REPLACE users SET user_id = 'bob' WHERE user_id = 'ada';", "livekit-tokend user add"),
        ("UPDATE OR IGNORE users SET user_id = upper(user_id), name = 'x';", "livekit-tokend user add"),
        ("UPDATE rooms SET room_id = 'q';", "livekit-tokend room add"),
        ("REPLACE INTO users (user_id, name) VALUES ('ada', 'Ada');", "ON CONFLICT (user_id) DO UPDATE"),
        ("INSERT OR REPLACE INTO users (user_id) VALUES ('bob');", "ON CONFLICT (user_id) DO UPDATE"),
        ("INSERT OR REPLACE INTO users (user_id) VALUES (upper('\(uuid)'));", "ON CONFLICT (user_id) DO UPDATE"),
        ("INSERT OR REPLACE INTO users (user_id) VALUES ('new'), ('ada');", "ON CONFLICT (user_id) DO UPDATE"),
        ("REPLACE INTO rooms (room_id) VALUES ('r');", "ON CONFLICT (room_id) DO UPDATE"),
        (
            "REPLACE INTO sessions (token_sha256, user_id, expires_at) VALUES (x'\(digest)', 'ada', 9);",
            "ON CONFLICT (token_sha256) DO UPDATE"
        ),
        ("UPDATE sessions SET token_sha256 = zeroblob(32) WHERE revoked_at = 1;", "livekit-tokend session create"),
        (
            "UPDATE OR REPLACE sessions SET token_sha256 = x'\(digest)' WHERE revoked_at IS NULL;",
            "livekit-tokend session revoke"
        ),
        ("UPDATE stream_sessions SET stream_session_id = 'new' WHERE room_id = 'q';", "livekit-tokend stream add"),
        ("UPDATE OR REPLACE stream_sessions SET stream_session_id = 's';", "livekit-tokend stream end"),
        (
            "INSERT OR REPLACE INTO stream_sessions (stream_session_id, room_id) VALUES ('s', 'q');",
            "ON CONFLICT (stream_session_id) DO UPDATE"
        ),
        (
            "REPLACE INTO stream_sessions (stream_session_id, room_id, closes_at) VALUES ('s', 'r', 9);",
            "ON CONFLICT (stream_session_id) DO UPDATE"
        ),
        ("UPDATE blocks SET identity = 'user-' || '\(uuid)', user_id = '\(uuid)';", "livekit-tokend block"),
        ("UPDATE blocks SET user_id = 'eve';", "livekit-tokend unblock"),
        ("UPDATE blocks SET room_id = 'q' WHERE room_id = 'r';", "livekit-tokend unblock"),
        ("UPDATE OR REPLACE blocks SET room_id = '' WHERE room_id = 'r';", "livekit-tokend block"),
        ("UPDATE OR IGNORE blocks SET room_id = '';", "livekit-tokend block"),
        ("INSERT INTO users (user_id, name) VALUES ('x', CAST(x'41C3' AS TEXT));", "UTF-8"),
        ("INSERT INTO users (user_id, name) VALUES ('x', CAST(x'EDA080' AS TEXT));", "UTF-8"),
        ("INSERT INTO users (user_id, name) VALUES ('x', CAST(x'C0AF' AS TEXT));", "UTF-8"),
        ("INSERT INTO users (user_id, name) VALUES ('x', CAST(x'F4908080' AS TEXT));", "UTF-8"),
        ("UPDATE users SET name = CAST(x'80' AS TEXT);", "UTF-8"),
        (
            "INSERT INTO users (user_id) VALUES ('ada') ON CONFLICT DO UPDATE SET name = CAST(x'FF' AS TEXT);",
            "UTF-8"
        ),
    ]

    static let connections = [
        "PRAGMA foreign_keys = ON;", "PRAGMA foreign_keys = OFF;",
        "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;", "PRAGMA recursive_triggers = ON;",
    ]

    @Test(arguments: refused.indices, connections)
    func `stays what it is, and so does all that hangs on it`(index: Int, connection: String) throws {
        let (sql, words) = Self.refused[index]
        let before = try everything()
        let outcome = try Shell.sqlite3(folder.directory, connection + sql)
        #expect(outcome.status != 0, "\(sql)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(try everything() == before)
    }

    /// What a nightly job may write instead.
    static let allowed = [
        "INSERT INTO users (user_id, name) VALUES ('ada', 'Ada') "
            + "ON CONFLICT (user_id) DO UPDATE SET name = excluded.name;",
        "INSERT OR IGNORE INTO users (user_id) VALUES ('ada');",
        "INSERT INTO users (user_id) VALUES ('ada') ON CONFLICT DO NOTHING; INSERT INTO users (user_id) VALUES ('x');",
        "INSERT INTO rooms (room_id, access) VALUES ('r', 'open') ON CONFLICT (room_id) DO UPDATE SET access = 'open';",
        "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (x'\(digest)', 'ada', 9) "
            + "ON CONFLICT (token_sha256) DO UPDATE SET expires_at = excluded.expires_at;",
        "UPDATE sessions SET token_sha256 = token_sha256; UPDATE sessions SET expires_at = 99;",
        "INSERT INTO stream_sessions (stream_session_id, room_id, closes_at) VALUES ('s', 'r', 99) "
            + "ON CONFLICT (stream_session_id) DO UPDATE SET closes_at = excluded.closes_at;",
        "UPDATE OR REPLACE stream_sessions SET stream_session_id = stream_session_id, closes_at = 99;",
        "INSERT INTO blocks (identity, user_id, why) VALUES ('\(identity)', 'ada', 'x') "
            + "ON CONFLICT (identity, room_id) DO UPDATE SET why = excluded.why;",
        "REPLACE INTO blocks (identity, user_id, why) VALUES ('\(identity)', 'ada', 'x');",
        "UPDATE blocks SET expires_at = 99, why = 'x', user_id = user_id WHERE room_id = 'r';",
    ]

    @Test(arguments: allowed, connections)
    func `may be met again by what keeps its row`(sql: String, connection: String) throws {
        try run(connection + sql)
        let kept = try Shell.sqlite3(
            folder.directory,
            """
            SELECT disabled FROM users WHERE user_id = 'ada'; SELECT count(*) FROM sessions WHERE revoked_at = 1;
            SELECT count(*) FROM members; SELECT room_id FROM stream_sessions ORDER BY room_id;
            SELECT access FROM rooms WHERE room_id = 'r'; SELECT count(*) FROM blocks;
            """
        )
        #expect(kept.output == "1\n1\n1\nq\nr\nopen\n2\n")
    }

    @Test func `that is new inherits nothing: rows that a former one left refuse it, and the command removes them`()
        throws
    {
        try run(
            """
            INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (zeroblob(32), 'eve', 9);
            INSERT INTO members (room_id, user_id, role) VALUES ('p', 'eve', 'host'), ('r', 'eve', 'host');
            INSERT INTO stream_sessions (room_id) VALUES ('p');
            """
        )
        for (sql, words) in [
            ("INSERT INTO users (user_id) VALUES ('eve');", "livekit-tokend user add"),
            ("INSERT INTO rooms (room_id) VALUES ('p');", "livekit-tokend room add"),
        ] {
            let outcome = try Shell.sqlite3(folder.directory, sql)
            #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
        }
        #expect(
            try writer.addRoom(id("p"), access: .restricted, at: noon) == Removal(memberships: 1, streamSessions: 1)
        )
        #expect(try writer.addUser(id("eve"), at: noon) == Removal(sessions: 1, memberships: 1))
        #expect(try writer.sessions(of: id("eve")).isEmpty)
        #expect(try writer.members(of: id("p")).isEmpty)
        #expect(try writer.streamSessions(of: id("p")).isEmpty)
        #expect(try writer.members(of: id("r")).map(\.user) == [id("ada")])
    }
}

@Suite struct `A name that cannot be read` {
    private let fixture: ShellFixture

    init() throws {
        fixture = try ShellFixture()
        try fixture.add([.user("ada", name: "Ada"), .user("bob", name: "Bob"), .session("b", user: "bob"), .room("r")])
        // As schema version 1 let it in.
        let outcome = try Shell.sqlite3(
            fixture.folder.directory,
            "DROP TRIGGER users_name_updated; UPDATE users SET name = CAST(x'42C3' AS TEXT) WHERE user_id = 'bob';"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `is none, and costs its user nothing else`() throws {
        let bob = User(id: id("bob"), did: nil, name: nil, isDisabled: false)
        #expect(try fixture.session("b")?.user == bob)
        #expect(try fixture.directory.snapshot().user(id("bob")) == bob)
    }

    @Test func `is told beside a list that has everybody`() throws {
        let users = try SQLiteDirectoryWriter(path: fixture.folder.directory).users()
        #expect(users.map(\.user.name) == ["Ada", nil])
        #expect(users.flaws == [RowFlaw(table: "users", key: "bob", column: "name")])
    }

    @Test func `is no worse than another column: a list has the rows that can be read, and names the others`() throws {
        let outcome = try Shell.sqlite3(
            fixture.folder.directory,
            """
            PRAGMA ignore_check_constraints = ON; UPDATE users SET disabled = 2 WHERE user_id = 'ada';
            INSERT INTO rooms (room_id, access) VALUES ('q', 'public');
            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let writer = try SQLiteDirectoryWriter(path: fixture.folder.directory)
        #expect(try writer.users().map(\.user.id) == [id("bob")])
        #expect(try writer.users().flaws.first == RowFlaw(table: "users", key: "ada", column: nil))
        #expect(try writer.rooms().map(\.id) == [id("r")])
        #expect(try writer.rooms().flaws == [RowFlaw(table: "rooms", key: "q", column: nil)])
    }
}
