@testable import SQLite
import Testing

@Suite struct `A connection` {
    @Test func `opens no file that is not there, and makes none`() throws {
        let file = try DatabaseFile()
        for isReadOnly in [true, false] {
            #expect(
                SQLiteError.Kind.cannotOpen.isThrown {
                    _ = try Connection(path: file.path + "-none", isReadOnly: isReadOnly, patience: .zero)
                }
            )
        }
        #expect(!file.exists("-none"))
    }

    @Test func `opens no path with a NUL in it`() throws {
        let file = try DatabaseFile()
        #expect(
            SQLiteError.Kind.cannotOpen.isThrown {
                _ = try Connection(path: file.path + "\u{0}.old", isReadOnly: true, patience: .zero)
            }
        )
    }

    @Test func `runs a script up to the statement that fails`() throws {
        let connection = try inMemory("CREATE TABLE t (x PRIMARY KEY)")
        #expect(
            SQLiteError.Kind.constraint.isThrown {
                try connection.execute(
                    "INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); INSERT INTO t (x) VALUES (2)"
                )
            }
        )
        #expect(try connection.integers("SELECT x FROM t") == [1])
    }

    @Test func `runs nothing of a script with a NUL in it`() throws {
        let connection = try inMemory()
        #expect(SQLiteError.Kind.misuse.isThrown { try connection.execute("CREATE TABLE t (x);\u{0}") })
        #expect(try connection.integers("SELECT count(*) FROM sqlite_schema") == [0])
    }

    @Test func `counts the rows that a statement changed itself`() throws {
        let connection = try inMemory(
            """
            CREATE TABLE parent (id PRIMARY KEY);
            CREATE TABLE child (id REFERENCES parent ON DELETE CASCADE);
            INSERT INTO parent VALUES (1), (2);
            INSERT INTO child VALUES (1), (1), (1);
            """
        )
        #expect(connection.changedRows == 3)
        try connection.execute("DELETE FROM parent WHERE id = 1")
        #expect(connection.changedRows == 1)
        #expect(try connection.integers("SELECT count(*) FROM child") == [0])
        try connection.execute("DELETE FROM parent WHERE id = 1")
        #expect(connection.changedRows == 0)
    }

    @Test func `puts the log into the file, and empties it`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL")
        let connection = try file.open()
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES ('canary')")
        #expect(try file.bytes("-wal").count > 0)
        try connection.checkpointAndTruncate()
        #expect(try file.bytes("-wal").isEmpty)
        #expect(try file.bytes().firstRange(of: Array("canary".utf8)) != nil)
    }

    @Test func `leaves the log while another stands on a row in it, and does not wait for it`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL")
        // Its statements would wait for an hour.
        let writer = try Connection(path: file.path, isReadOnly: false, patience: .seconds(3600))
        let reader = try file.open(isReadOnly: true)
        try writer.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        let statement = try Statement("SELECT x FROM t", on: reader)
        #expect(try statement.firstRow() != nil)
        #expect(SQLiteError.Kind.busy.isThrown { try writer.checkpointAndTruncate() })
        #expect(try file.bytes("-wal").count > 0)
        statement.reset()
        try writer.checkpointAndTruncate()
        #expect(try file.bytes("-wal").isEmpty)
    }
}

@Suite struct `A transaction` {
    private struct Undone: Error {}

    private func table() throws -> Connection {
        try inMemory(
            """
            CREATE TABLE t (x PRIMARY KEY, y REFERENCES t DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO t (x) VALUES (1);
            """
        )
    }

    private func rows(_ connection: Connection) throws -> [Int64?] {
        try connection.integers("SELECT x FROM t ORDER BY x")
    }

    @Test(arguments: [true, false]) func `is committed when its body returns`(_ immediate: Bool) throws {
        let connection = try table()
        let value = try connection.transaction(immediate: immediate) {
            #expect(connection.isInTransaction)
            try connection.execute("INSERT INTO t (x) VALUES (2)")
            return 7
        }
        #expect(value == 7)
        #expect(!connection.isInTransaction)
        #expect(try rows(connection) == [1, 2])
    }

    @Test(arguments: [true, false]) func `is rolled back when its body fails, with that error`(_ immediate: Bool) throws
    {
        let connection = try table()
        #expect(throws: Undone.self) {
            try connection.transaction(immediate: immediate) {
                try connection.execute("INSERT INTO t (x) VALUES (2)")
                throw Undone()
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try rows(connection) == [1])
    }

    @Test func `that SQLite has rolled back fails with the cause`() throws {
        let connection = try table()
        #expect(throws: SQLiteError(code: 1555)) {
            try connection.transaction(immediate: true) {
                try connection.execute("INSERT INTO t (x) VALUES (2)")
                try connection.execute("INSERT OR ROLLBACK INTO t (x) VALUES (1)")
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try rows(connection) == [1])
    }

    @Test func `that SQLite has rolled back is not taken for committed`() throws {
        let connection = try table()
        #expect(
            SQLiteError.Kind.error.isThrown {
                try connection.transaction(immediate: true) {
                    try connection.execute("INSERT INTO t (x) VALUES (2)")
                    try? connection.execute("INSERT OR ROLLBACK INTO t (x) VALUES (1)")
                }
            }
        )
        #expect(try rows(connection) == [1])
    }

    @Test func `that cannot be committed is rolled back`() throws {
        let connection = try table()
        #expect(throws: SQLiteError(code: 787)) {
            try connection.transaction(immediate: true) { try connection.execute("INSERT INTO t VALUES (2, 3)") }
        }
        #expect(!connection.isInTransaction)
        #expect(try rows(connection) == [1])
    }

    @Test func `has none within it, and goes on without`() throws {
        let connection = try table()
        try connection.transaction(immediate: true) {
            try connection.execute("INSERT INTO t (x) VALUES (2)")
            #expect(SQLiteError.Kind.error.isThrown { try connection.transaction(immediate: false) {} })
            #expect(connection.isInTransaction)
        }
        #expect(try rows(connection) == [1, 2])
    }

    @Test func `that is immediate keeps other writers out from its beginning`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
        let (one, other) = (try file.open(), try file.open())
        try one.transaction(immediate: true) {
            #expect(SQLiteError.Kind.busy.isThrown { try other.transaction(immediate: true) {} })
        }
        try one.transaction(immediate: false) { try other.transaction(immediate: true) {} }
    }
}
