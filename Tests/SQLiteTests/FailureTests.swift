@testable import SQLite
import Testing

/// A statement that a constraint refuses, and the extended code that says which.
struct Violation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: Int32
    let sql: String

    init(_ constraint: String, _ code: Int32, _ sql: String) {
        (testDescription, self.code, self.sql) = (constraint, code, sql)
    }
}

@Suite struct `A failure` {
    private static let ground = """
        CREATE TABLE t (
            id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER NOT NULL DEFAULT 0 CHECK (size < 10),
            parent INTEGER REFERENCES t
        ) STRICT;
        CREATE TABLE k (key TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TRIGGER no_delete BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'no'); END;
        INSERT INTO t (id, name) VALUES (1, 'a');
        INSERT INTO k VALUES ('a');
        """

    static let violations = [
        Violation("CHECK", 275, "INSERT INTO t (size) VALUES (10)"),
        Violation("FOREIGN KEY", 787, "INSERT INTO t (parent) VALUES (9)"),
        Violation("NOT NULL", 1299, "INSERT INTO t (size) VALUES (NULL)"),
        Violation("PRIMARY KEY", 1555, "INSERT INTO k VALUES ('a')"),
        Violation("a trigger", 1811, "DELETE FROM t"),
        Violation("UNIQUE", 2067, "INSERT INTO t (name) VALUES ('a')"),
        Violation("the type of a column", 3091, "INSERT INTO t (size) VALUES ('x')"),
    ]

    @Test(arguments: violations) func `of a constraint has the code of its kind`(_ violation: Violation) throws {
        let connection = try inMemory(Self.ground)
        let error = #expect(throws: SQLiteError.self) { try Statement(violation.sql, on: connection).run() }
        #expect(error?.code == violation.code)
        #expect(error?.kind == .constraint)
        #expect(error?.name == "constraint failed")
        #expect(throws: SQLiteError(code: violation.code)) { try connection.execute(violation.sql) }
    }

    @Test func `has nothing in its description but a number`() throws {
        let connection = try inMemory("CREATE TABLE t (x INTEGER) STRICT")
        let statement = try Statement("INSERT INTO t VALUES (?1)", on: connection)
        let error = #expect(throws: SQLiteError.self) { try statement.run([.text(Array("canary".utf8))]) }
        #expect(error.map { "\($0) \($0.name)".contains("canary") } == false)
    }

    @Test func `is busy while another has the lock`() throws {
        let file = try DatabaseFile("CREATE TABLE t (x)")
        let (one, other) = (try file.open(), try file.open())
        try one.execute("BEGIN EXCLUSIVE")
        let error = #expect(throws: SQLiteError(code: 5)) { try other.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.kind == .busy)
        #expect(error?.name == "database is locked")
    }

    @Test func `is a stale snapshot where another has written since`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
        // To wait for it would be in vain, however great the patience.
        let (one, other) = (try file.open(patience: .seconds(3600)), try file.open())
        let error = #expect(throws: SQLiteError(code: 517)) {
            try one.transaction(immediate: false) {
                #expect(try one.integers("SELECT count(*) FROM t") == [0])
                try other.execute("INSERT INTO t VALUES (1)")
                try one.execute("INSERT INTO t VALUES (2)")
            }
        }
        #expect(error?.kind == .busy)
        #expect(try one.integers("SELECT x FROM t") == [1])
    }

    @Test func `is a right that a read-only connection lacks`() throws {
        let file = try DatabaseFile("CREATE TABLE t (x)")
        let connection = try file.open(isReadOnly: true)
        let error = #expect(throws: SQLiteError(code: 8)) { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.kind == .readOnly)
    }

    @Test func `is a file of another format, found by the first statement`() throws {
        let file = try DatabaseFile()
        try file.write(Array(repeating: 0x61, count: 4096))
        let connection = try file.open()
        let error = #expect(throws: SQLiteError(code: 26)) { try connection.integers("PRAGMA user_version") }
        #expect(error?.kind == .notADatabase)
    }

    @Test func `is a damaged page`() throws {
        let file = try DatabaseFile("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        var bytes = try file.bytes()
        for index in 4096..<bytes.count { bytes[index] = 0xA5 }
        try file.write(bytes)
        let connection = try file.open()
        let error = #expect(throws: SQLiteError.self) { try connection.integers("SELECT x FROM t") }
        #expect(error?.kind == .corrupt)
    }

    @Test func `is a file that may grow no more`() throws {
        let connection = try inMemory("CREATE TABLE t (x); PRAGMA max_page_count = 2")
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        }
        #expect(error?.kind == .full)
    }

    /// Primary codes are the low eight bits (sqlite.org/rescode.html).
    @Test(
        arguments: [
            (1, .error), (5, .busy), (261, .busy), (6, .locked), (8, .readOnly), (1544, .readOnly), (10, .inputOutput),
            (522, .inputOutput), (11, .corrupt), (13, .full), (14, .cannotOpen), (15, .lockingProtocol), (17, .schema),
            (19, .constraint), (21, .misuse), (23, .authorization), (25, .range), (26, .notADatabase), (27, nil),
            (0, nil),
        ] as [(Int32, SQLiteError.Kind?)]
    )
    func `has the kind of its primary code`(_ code: Int32, _ kind: SQLiteError.Kind?) {
        #expect(SQLiteError(code: code).kind == kind)
    }
}
