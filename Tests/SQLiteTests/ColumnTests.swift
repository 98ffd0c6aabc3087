import SQLite
import Testing

/// A value as SQL writes it, and what each way of reading a column makes of it.
struct ColumnCase: Sendable, CustomTestStringConvertible {
    let sql: String
    var text: String?
    var blob: [UInt8]?
    var integer: Int64?
    var isNull = false
    var testDescription: String { sql }
}

@Suite struct `A column` {
    static let cases = [
        ColumnCase(sql: "NULL", isNull: true),
        ColumnCase(sql: "5", integer: 5),
        ColumnCase(sql: "-1", integer: -1),
        ColumnCase(sql: "9223372036854775807", integer: .max),
        ColumnCase(sql: "-9223372036854775807 - 1", integer: .min),
        ColumnCase(sql: "1.0"),
        ColumnCase(sql: "9223372036854775808"),
        ColumnCase(sql: "'5'", text: "5"),
        ColumnCase(sql: "''", text: ""),
        ColumnCase(sql: "'ø' || char(0) || 'b'", text: "ø\u{0}b"),
        ColumnCase(sql: "x''", blob: []),
        ColumnCase(sql: "x'00ff'", blob: [0, 0xFF]),
        ColumnCase(sql: "zeroblob(3)", blob: [0, 0, 0]),
    ]

    @Test(arguments: cases) func `has one type, and is nil as any other`(_ column: ColumnCase) throws {
        let statement = try Statement("SELECT \(column.sql)", on: inMemory())
        let row = try #require(try statement.step())
        #expect(row.text(0) == column.text.map { Array($0.utf8) })
        #expect(row.blob(0) == column.blob)
        #expect(row.integer(0) == column.integer)
        #expect(row.isNull(0) == column.isNull)
    }

    @Test(arguments: [-1, 1, Int32.max]) func `that is not there is NULL`(_ column: Int32) throws {
        let row = try #require(try Statement("SELECT 1", on: inMemory()).step())
        #expect(row.isNull(column))
        #expect(row.integer(column) == nil)
    }

    @Test func `has its text in UTF-8 where the file has UTF-16`() throws {
        let connection = try inMemory(
            "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('ø✓')"
        )
        #expect(try Statement("SELECT x FROM t", on: connection).step()?.text(0) == Array("ø✓".utf8))
    }
}

@Suite struct `An argument` {
    /// A text or a blob, and the length in characters or bytes that SQLite finds.
    static let bytes: [([UInt8], Int64)] = [
        ([], 0), ([0], 1), (Array("a".utf8), 1), (Array("a\u{0}b".utf8), 3),
        (Array(repeating: 0x61, count: 100_000), 100_000),
    ]

    @Test(arguments: bytes) func `of bytes is a blob of them`(_ bytes: [UInt8], _ length: Int64) throws {
        let statement = try Statement("SELECT ?1, typeof(?1), length(?1)", on: inMemory())
        let row = try #require(try statement.firstRow([.blob(bytes)]))
        #expect(row.blob(0) == bytes)
        #expect(row.text(1) == Array("blob".utf8))
        #expect(row.integer(2) == length)
    }

    @Test(arguments: bytes) func `of text is those bytes, a NUL and what follows it too`(_ bytes: [UInt8], _: Int64)
        throws
    {
        let statement = try Statement("SELECT ?1, typeof(?1), length(CAST(?1 AS BLOB))", on: inMemory())
        let row = try #require(try statement.firstRow([.text(bytes)]))
        #expect(row.text(0) == bytes)
        #expect(row.text(1) == Array("text".utf8))
        #expect(row.integer(2) == Int64(bytes.count))
    }

    @Test func `is SQLite's own: later rows have it when the caller's bytes are gone`() throws {
        let connection = try inMemory("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)")
        let statement = try Statement("SELECT ?1, ?2 FROM t", on: connection)
        func bytes(_ value: UInt8) -> [UInt8] { Array(repeating: value, count: 100_000) }
        #expect(try statement.firstRow([.blob(bytes(1)), .text(bytes(0x61))]) != nil)
        // Takes the place that the bytes had.
        let others = (0..<10).map { _ in bytes(0xFF) }
        let row = try #require(try statement.step())
        #expect(row.blob(0) == bytes(1))
        #expect(row.text(1) == bytes(0x61))
        #expect(others.count == 10)
    }

    @Test func `of text is not checked to be UTF-8`() throws {
        #expect(try Statement("SELECT ?1", on: inMemory()).firstRow([.text([0xFF, 0x61])])?.text(0) == [0xFF, 0x61])
    }

    @Test(arguments: [0, 1, -1, 4_294_967_296, Int64.max, Int64.min])
    func `of 64 bits is that integer`(_ value: Int64) throws {
        #expect(try inMemory().integers("SELECT ?1", [.integer(value)]) == [value])
    }

    @Test func `of nothing is NULL`() throws {
        #expect(try Statement("SELECT ?1", on: inMemory()).firstRow([.null])?.isNull(0) == true)
    }

    @Test(arguments: [0, 1, 3]) func `is there for each parameter`(_ count: Int) throws {
        let connection = try inMemory("CREATE TABLE t (x, y)")
        let statement = try Statement("INSERT INTO t VALUES (?1, ?2)", on: connection)
        try statement.run([.integer(1), .integer(2)])
        let arguments = Array(repeating: Statement.Argument.integer(3), count: count)
        #expect(SQLiteError.Kind.range.isThrown { try statement.run(arguments) })
        #expect(try connection.integers("SELECT count(*) FROM t") == [1])
    }
}
