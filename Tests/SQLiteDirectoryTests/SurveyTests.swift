import Conformance
import RoomAccess
import SQLiteDirectory
import StrictJSON
import TestSupport
import Testing

@Suite struct `The survey of a directory` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let writer = try SQLiteDirectoryWriter(path: folder.directory)
        try writer.addUser(id("ada"), name: UserName("Ada"), at: noon)
        try writer.addRoom(id("r"), access: .open, at: noon)
        _ = try writer.addMember(id("ada"), to: id("r"), Membership(role: id("host"), scene: id("s")))
    }

    private func findings(after sql: String = "") throws -> [String] {
        let outcome = try Shell.sqlite3(folder.directory, sql)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try SQLiteDirectoryReader.survey(path: folder.directory) { !$0.description.contains("/") }.map(\.message)
    }

    @Test func `finds nothing where all rows can be used`() throws {
        #expect(try findings() == [])
    }

    @Test func `has nothing to say of a file that is not there, or is empty`() throws {
        #expect(try SQLiteDirectoryReader.survey(path: folder.path + "/none") { _ in false } == [])
        try folder.write([], to: "empty.sqlite")
        #expect(try SQLiteDirectoryReader.survey(path: folder.path + "/empty.sqlite") { _ in false } == [])
    }

    /// Rows, and the words of the one finding about them.
    static let flaws: [(sql: String, words: [String])] = [
        ("INSERT INTO rooms (room_id) VALUES ('a/b');", ["1 room (a/b)", "rooms.pattern"]),
        (
            "INSERT INTO rooms (room_id) VALUES ('a/1'), ('a/2'), ('a/3'), ('a/4');",
            ["4 rooms (a/1, a/2, a/3, …)"]
        ),
        ("INSERT INTO members (room_id, user_id, role, scene_id) VALUES ('r', 'ada', 'host', 'a/b');", ["of room r"]),
        ("INSERT INTO stream_sessions (room_id, event_id) VALUES ('r', 'a/b');", ["1 scene or event (of room r)"]),
        ("INSERT INTO members (room_id, user_id, role) VALUES ('q', 'ada', 'host');", ["1 membership (q) of rooms"]),
        ("INSERT INTO members (room_id, user_id, role) VALUES ('r', 'eve', 'host');", ["1 membership (eve) of users"]),
        ("INSERT INTO stream_sessions (room_id) VALUES ('q');", ["1 stream session (q) of rooms", "DELETE FROM"]),
        (
            "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (zeroblob(32), 'eve', 9);",
            ["1 session (eve) of users", "DELETE FROM sessions"]
        ),
        (
            "DROP TRIGGER users_name_updated; UPDATE users SET name = CAST(x'41C3' AS TEXT);",
            ["1 user (ada) whose name"]
        ),
    ]

    @Test(arguments: flaws.indices) func `finds rows that no request can make use of`(index: Int) throws {
        let (sql, words) = Self.flaws[index]
        let found = try findings(after: sql)
        #expect(found.count == 1, "\(found)")
        for words in words { #expect(found.first?.contains(words) == true, "\(found)") }
    }

    @Test func `offers a statement that mends it`() throws {
        let found = try findings(after: "INSERT INTO members (room_id, user_id, role) VALUES ('q', 'ada', 'host');")
        let cure = try #require(found.first?.split(separator: "run: ").last)
        #expect(try findings(after: "\(cure);") == [])
    }

    @Test func `looks at a bounded number of rows, and says so`() throws {
        let found = try findings(
            after: """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100010)
                INSERT INTO rooms (room_id) SELECT 'a/' || i FROM n;
                """
        )
        #expect(found.count == 1 && found.first?.contains("at least 100000 rooms") == true, "\(found)")
    }
}
