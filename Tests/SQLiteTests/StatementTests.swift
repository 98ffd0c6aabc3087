import SQLite
import Testing

@Suite struct `A statement` {
    private static let numbers = "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)"

    /// A statement whose connection has no other owner.
    private func orphan(_ sql: String, in file: DatabaseFile) throws -> Statement {
        try Statement(sql, on: file.open())
    }

    /// A row whose statement has no other owner.
    private func orphan(_ sql: String) throws -> Row? {
        try Statement(sql, on: inMemory(Self.numbers)).step()
    }

    @Test func `hands over its rows in their order`() throws {
        #expect(
            try inMemory(Self.numbers).integers("SELECT x FROM t WHERE x > ?1 ORDER BY x", [.integer(1)]) == [2, 3]
        )
    }

    @Test func `runs again, with other arguments`() throws {
        let connection = try inMemory(Self.numbers)
        let statement = try Statement("INSERT INTO t VALUES (?1)", on: connection, isKept: true)
        for value in 4...6 { try statement.run([.integer(Int64(value))]) }
        #expect(try connection.integers("SELECT x FROM t ORDER BY x") == [1, 2, 3, 4, 5, 6])
    }

    @Test func `stands on its first row, goes on to the last, and begins again`() throws {
        let statement = try Statement("SELECT x FROM t WHERE x > ?1 ORDER BY x", on: inMemory(Self.numbers))
        for _ in 0..<2 {
            #expect(try statement.firstRow([.integer(1)])?.integer(0) == 2)
            #expect(try statement.step()?.integer(0) == 3)
            #expect(try statement.step() == nil)
            #expect(try statement.step()?.integer(0) == 2)
        }
        #expect(try statement.firstRow([.integer(3)]) == nil)
    }

    @Test func `stands on no row after a reset: its columns are NULL`() throws {
        let statement = try Statement("SELECT 'text'", on: inMemory())
        let row = try #require(try statement.step())
        #expect(!row.isNull(0))
        statement.reset()
        #expect(row.isNull(0))
        #expect(row.text(0) == nil)
    }

    @Test func `lives as long as a row of it`() throws {
        // It crashed while a row held the C pointer alone: the statement was gone before the column was read.
        #expect(try Statement("SELECT 42", on: inMemory()).step()?.integer(0) == 42)
        #expect(try Statement("SELECT 'forty-two'", on: inMemory()).step()?.text(0) == Array("forty-two".utf8))
        let rows = try (0..<100).compactMap { try orphan("SELECT \($0) + x, zeroblob(10000) FROM t") }
        #expect(rows.map { $0.integer(0) } == (1...100).map { Int64($0) })
        #expect(rows.allSatisfy { $0.blob(1)?.count == 10_000 })
    }

    @Test func `keeps its connection, which closes the file after the last`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL; " + Self.numbers)
        var statement: Statement? = try orphan("SELECT x FROM t ORDER BY x DESC", in: file)
        #expect(try statement?.firstRow()?.integer(0) == 3)
        #expect(file.exists("-wal"))
        statement = nil
        #expect(!file.exists("-wal"))
    }

    @Test func `keeps its connection while it waits for a lock`() throws {
        let file = try DatabaseFile(Self.numbers)
        let statement = try orphan("INSERT INTO t VALUES (4)", in: file)
        let other = try file.open()
        try other.execute("BEGIN IMMEDIATE")
        #expect(SQLiteError.Kind.busy.isThrown { try statement.run() })
        try other.execute("COMMIT")
        try statement.run()
        #expect(try other.integers("SELECT count(*) FROM t") == [4])
    }

    @Test func `that stands on a row reads one state, for all of its connection, until its reset`() throws {
        let file = try DatabaseFile("PRAGMA journal_mode = WAL; " + Self.numbers)
        let (reader, writer) = (try file.open(isReadOnly: true), try file.open())
        let statement = try Statement("SELECT x FROM t", on: reader)
        #expect(try statement.firstRow() != nil)
        try writer.execute("DELETE FROM t")
        #expect(try reader.integers("SELECT count(*) FROM t") == [3])
        statement.reset()
        #expect(try reader.integers("SELECT count(*) FROM t") == [0])
    }

    @Test func `whose row was not taken passes the error on, and gives its state back`() throws {
        struct Unwanted: Error {}
        let file = try DatabaseFile("PRAGMA journal_mode = WAL; " + Self.numbers)
        let (reader, writer) = (try file.open(isReadOnly: true), try file.open())
        let statement = try Statement("SELECT x FROM t", on: reader)
        #expect(throws: Unwanted.self) { try statement.run { _ in throw Unwanted() } }
        try writer.execute("DELETE FROM t")
        #expect(try reader.integers("SELECT count(*) FROM t") == [0])
    }

    @Test func `that failed runs again`() throws {
        let connection = try inMemory("CREATE TABLE t (x PRIMARY KEY); INSERT INTO t VALUES (1)")
        let statement = try Statement("INSERT INTO t VALUES (?1)", on: connection)
        #expect(SQLiteError.Kind.constraint.isThrown { try statement.run([.integer(1)]) })
        #expect(SQLiteError.Kind.constraint.isThrown { _ = try statement.firstRow([.integer(1)]) })
        try statement.run([.integer(2)])
        #expect(try connection.integers("SELECT x FROM t ORDER BY x") == [1, 2])
    }

    @Test(arguments: ["", " ", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1; ", "SELECT 1\u{0}"])
    func `is one, with nothing after it, unlike`(_ sql: String) throws {
        let connection = try inMemory()
        #expect(SQLiteError.Kind.misuse.isThrown { _ = try Statement(sql, on: connection) })
    }

    @Test(arguments: ["SELEC 1", "SELECT x FROM nowhere", "SELECT 'open"])
    func `is SQL that the schema allows, unlike`(_ sql: String) throws {
        let connection = try inMemory()
        #expect(SQLiteError.Kind.error.isThrown { _ = try Statement(sql, on: connection) })
    }
}
