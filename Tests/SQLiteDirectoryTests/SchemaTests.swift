import Conformance
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import TestSupport
import Testing

/// A statement of a site's script.
struct Statement: Sendable, CustomTestStringConvertible {
    let why: String
    let sql: String
    var testDescription: String { why }

    init(_ why: String, _ sql: String) {
        (self.why, self.sql) = (why, sql)
    }
}

@Suite struct `The schema` {
    private static let long = String(repeating: "x", count: 256)
    private static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    private static let digest = String(repeating: "ab", count: 32)

    /// What the statements below find in the directory.
    private static let ground = """
        INSERT INTO users (user_id) VALUES ('ada'), ('\(uuid)');
        INSERT INTO rooms (room_id) VALUES ('r');
        """

    static let good = [
        Statement("an id of one byte", "INSERT INTO users (user_id) VALUES ('x');"),
        Statement("an id of 256 bytes", "INSERT INTO rooms (room_id) VALUES ('\(long)');"),
        Statement("! and ~, the ends of visible ASCII", "INSERT INTO users (user_id) VALUES ('!~');"),
        Statement("a DID", "INSERT INTO users (user_id, did) VALUES ('x', 'did:web:example.com');"),
        Statement("a name in any script", "INSERT INTO users (user_id, name) VALUES ('x', 'Zoë 🎙 名');"),
        Statement("an id that differs in case", "INSERT INTO users (user_id) VALUES ('ADA');"),
        Statement("an id that has a UUID in it", "INSERT INTO users (user_id) VALUES ('X\(uuid)');"),
        Statement(
            "a session with nothing but what it needs",
            "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (x'\(digest)', 'ada', unixepoch() + 60);"
        ),
        Statement("a member with nothing but what it needs", member("'r', 'ada', 'host', '', '', NULL")),
        Statement("a stream session of nothing but a room", "INSERT INTO stream_sessions (room_id) VALUES ('r');"),
        Statement("two such", "INSERT INTO stream_sessions (room_id) VALUES ('r'), ('r');"),
        Statement("a stream session that ends as it opens", stream("10, 10")),
        Statement(
            "a key that is set to what it is",
            "UPDATE users SET user_id = user_id; UPDATE rooms SET room_id = 'r';"
        ),
        Statement("a code point of the last plane", "INSERT INTO users (user_id, name) VALUES ('x', char(0x10FFFD));"),
        Statement(
            "a replaced membership",
            "REPLACE INTO members (room_id, user_id, role) VALUES ('r', 'ada', 'host'), ('r', 'ada', 'host');"
        ),
        Statement("a block with nothing but what it needs", block("'ada'", identity: derived)),
        Statement("a block of somebody whom the directory does not know", block("'eve'", identity: derived)),
        Statement("a block of a room that is not listed", block("'ada'", "'nowhere'", identity: derived)),
        Statement("a block of a UUID, by its own", block("'\(uuid)'", identity: "user-\(uuid)")),
        Statement("the same in capitals", block("upper('\(uuid)')", identity: "user-\(uuid)")),
        Statement("a block of a UUID of version 5", block("substr('\(derived)', 6)", identity: derived)),
        Statement("a block that ended long ago", block("'ada'", "''", "0", identity: derived)),
        Statement("a reason in any script", block("'ada'", "''", "NULL", "'Ärger 🎙'", identity: derived)),
    ]

    /// An identity that is derived: a UUID of version 5.
    private static let derived = "user-954f465c-034f-5135-afb1-130118ad4b66"

    private static func block(
        _ user: String,
        _ room: String = "''",
        _ end: String = "NULL",
        _ why: String = "NULL",
        identity: String
    ) -> String {
        "INSERT INTO blocks (identity, user_id, room_id, expires_at, why) "
            + "VALUES ('\(identity)', \(user), \(room), \(end), \(why));"
    }

    static let bad = [
        Statement("an empty id", "INSERT INTO users (user_id) VALUES ('');"),
        Statement("no id", "INSERT INTO users (user_id) VALUES (NULL);"),
        Statement("an id of 257 bytes", "INSERT INTO rooms (room_id) VALUES ('\(long)x');"),
        Statement("a space in an id", "INSERT INTO users (user_id) VALUES ('a b');"),
        Statement("DEL in an id", "INSERT INTO users (user_id) VALUES ('a' || char(127));"),
        Statement("a line break in an id", "INSERT INTO rooms (room_id) VALUES ('a' || char(10));"),
        Statement("NUL at the end of an id", "INSERT INTO rooms (room_id) VALUES ('a' || char(0));"),
        Statement("NUL and more in an id", "INSERT INTO users (user_id) VALUES ('a' || char(0) || 'b');"),
        Statement("a letter beyond ASCII in an id", "INSERT INTO users (user_id) VALUES ('zoë');"),
        Statement("the Kelvin sign in an id", "INSERT INTO users (user_id) VALUES (char(0x212A));"),
        Statement("bytes that are not UTF-8 in an id", "INSERT INTO users (user_id) VALUES (CAST(x'61FF' AS TEXT));"),
        Statement("a blob for an id", "INSERT INTO users (user_id) VALUES (x'616461');"),
        Statement("a user twice", "INSERT INTO users (user_id) VALUES ('ada');"),
        Statement("the same UUID in capitals", "INSERT INTO users (user_id) VALUES (upper('\(uuid)'));"),
        Statement("a DID of another form", "INSERT INTO users (user_id, did) VALUES ('x', 'https://example.com');"),
        Statement("a DID of nothing", "INSERT INTO users (user_id, did) VALUES ('x', 'did:');"),
        Statement("an empty name", "INSERT INTO users (user_id, name) VALUES ('x', '');"),
        Statement("a name of 257 bytes", "INSERT INTO users (user_id, name) VALUES ('x', '\(long)y');"),
        Statement("a tab in a name", "INSERT INTO users (user_id, name) VALUES ('x', 'a' || char(9));"),
        Statement("ESC in a name", "INSERT INTO users (user_id, name) VALUES ('x', char(27) || '[2J');"),
        Statement("NUL in a name", "INSERT INTO users (user_id, name) VALUES ('x', 'a' || char(0));"),
        Statement("a C1 control in a name", "INSERT INTO users (user_id, name) VALUES ('x', 'a' || char(0x9B));"),
        Statement("disabled by half", "INSERT INTO users (user_id, disabled) VALUES ('x', 2);"),
        Statement("disabled in words", "INSERT INTO users (user_id, disabled) VALUES ('x', 'yes');"),
        Statement("milliseconds", "INSERT INTO users (user_id, created_at) VALUES ('x', 1795521600000);"),
        Statement("a time before 1970", session("x'\(digest)', 'ada', 0, -1, NULL")),
        Statement("a bearer for its digest", session("'lks_abc', 'ada', 0, 10, NULL")),
        Statement("a digest of 31 bytes", session("x'\(digest.dropLast(2))', 'ada', 0, 10, NULL")),
        Statement("a digest in hexadecimal", session("'\(digest)', 'ada', 0, 10, NULL")),
        Statement("a session without an end", session("x'\(digest)', 'ada', 0, NULL, NULL")),
        Statement("an end in words", session("x'\(digest)', 'ada', 0, 'tomorrow', NULL")),
        Statement("a session of nobody", session("x'\(digest)', 'nobody', 0, 10, NULL")),
        Statement("a third kind of room", "INSERT INTO rooms (room_id, access) VALUES ('x', 'public');"),
        Statement("a member without a role", member("'r', 'ada', NULL, '', '', NULL")),
        Statement("a member of an empty role", member("'r', 'ada', '', '', '', NULL")),
        Statement("a member of no room", member("'nowhere', 'ada', 'host', '', '', NULL")),
        Statement("a member that is no user", member("'r', 'nobody', 'host', '', '', NULL")),
        Statement("a scene of NULL in a membership", member("'r', 'ada', 'host', NULL, '', NULL")),
        Statement("a scene with a space", member("'r', 'ada', 'host', 'a b', '', NULL")),
        Statement("a stream session of no room", "INSERT INTO stream_sessions (room_id) VALUES ('nowhere');"),
        Statement("a stream session that ends before it opens", stream("10, 9")),
        Statement("a block without an identity", "INSERT INTO blocks (user_id) VALUES ('ada');"),
        Statement("a block of nobody", "INSERT INTO blocks (identity) VALUES ('\(derived)');"),
        Statement("a block by the id itself", block("'ada'", identity: "ada")),
        Statement("a block by user- and the id", block("'ada'", identity: "user-ada")),
        Statement("an identity in capitals", block("'ada'", identity: derived.uppercased())),
        Statement("a UUID in capitals", block("'ada'", identity: "user-" + derived.dropFirst(5).uppercased())),
        Statement("an identity with a tail", block("'ada'", identity: derived + "#x")),
        Statement("an identity with NUL and more", block("'ada'", identity: derived.dropLast() + "' || char(0) || '")),
        Statement("a UUID of version 4 for an id that is none", block("'ada'", identity: "user-\(uuid)")),
        Statement("another identity than a UUID's own", block("'\(uuid)'", identity: derived)),
        Statement(
            "a UUID of version 5 for its own identity's",
            block("'954f465c-034f-5135-afb1-130118ad4b66'", identity: "user-\(uuid)")
        ),
        Statement("a block of NULL for every room", block("'ada'", "NULL", identity: derived)),
        Statement("a block of a room with a space", block("'ada'", "'a b'", identity: derived)),
        Statement("an empty id of a blocked person", block("''", identity: derived)),
        Statement("a blocked person with a space", block("'a b'", identity: derived)),
        Statement("an end in milliseconds", block("'ada'", "''", "1795521600000", identity: derived)),
        Statement("an end before 1970", block("'ada'", "''", "-1", identity: derived)),
        Statement("an empty reason", block("'ada'", "''", "NULL", "''", identity: derived)),
        Statement("a line break in a reason", block("'ada'", "''", "NULL", "'a' || char(10)", identity: derived)),
        Statement("a reason of 257 bytes", block("'ada'", "''", "NULL", "'\(long)y'", identity: derived)),
        Statement(
            "a block twice",
            block("'ada'", identity: derived) + block("'ada'", identity: derived)
        ),
    ]

    private static func session(_ values: String) -> String {
        "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at, revoked_at) VALUES (\(values));"
    }

    private static func member(_ values: String) -> String {
        "INSERT INTO members (room_id, user_id, role, scene_id, event_id, expires_at) VALUES (\(values));"
    }

    private static func stream(_ times: String) -> String {
        "INSERT INTO stream_sessions (room_id, opens_at, closes_at) VALUES ('r', \(times));"
    }

    private func run(_ statement: Statement) throws -> Shell.Outcome {
        let folder = try TemporaryFolder()
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let ground = try Shell.sqlite3(folder.directory, Self.ground)
        #expect(ground.status == 0, "\(ground.errors)")
        return try Shell.sqlite3(folder.directory, "PRAGMA foreign_keys = ON;\n" + statement.sql)
    }

    @Test(arguments: good) func `takes`(_ statement: Statement) throws {
        let outcome = try run(statement)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(arguments: bad) func `refuses`(_ statement: Statement) throws {
        let outcome = try run(statement)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("constraint failed") || outcome.errors.contains("cannot store"))
    }

    /// What a script can write only after it has turned the constraints off.
    static let malformed = [
        Statement("a DID of another form", "UPDATE users SET did = 'x' WHERE user_id = 'ada';"),
        Statement("a third state of a user", "UPDATE users SET disabled = 2 WHERE user_id = 'ada';"),
        Statement("a third kind of room", "UPDATE rooms SET access = 'public' WHERE room_id = 'r';"),
        Statement("an empty role", "UPDATE members SET role = '';"),
        Statement("a scene with a space", "UPDATE members SET scene_id = 'a b';"),
        Statement("an id with a space in a block", "UPDATE blocks SET user_id = 'a b';"),
        Statement("a block that names somebody else", "UPDATE blocks SET user_id = 'eve';"),
        Statement("a blocked id that is not UTF-8", "UPDATE blocks SET user_id = CAST(x'FF' AS TEXT);"),
        Statement("an event that is not UTF-8", "UPDATE stream_sessions SET event_id = CAST(x'FF' AS TEXT);"),
    ]

    @Test(arguments: malformed) func `is not trusted: no answer comes from`(_ statement: Statement) throws {
        let fixture = try ShellFixture()
        try fixture.add([.user("ada"), .session("b", user: "ada"), .room("r"), .streamSession("1", room: "r", .init())])
        try fixture.add([.member("ada", room: "r", Membership(role: id("host"))), .block("ada")])
        let outcome = try Shell.sqlite3(
            fixture.folder.directory,
            "PRAGMA ignore_check_constraints = ON; DROP TRIGGER blocks_key_kept;\n" + statement.sql
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let error = #expect(throws: DirectoryError.self) {
            _ = try fixture.session("b")
            _ = try fixture.room("r", "ada")
            _ = try fixture.block("ada")
        }
        #expect(error?.reason.contains("integrity_check") == true)
    }
}
