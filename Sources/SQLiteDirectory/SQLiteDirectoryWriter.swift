import LiveKitToken
package import RoomAccess
import SQLite
import StrictJSON

/// The writing side of a directory in a SQLite file.
///
/// When a call returns the change is on the disk.
package final class SQLiteDirectoryWriter: DirectoryWriter {
    /// The version of the schema that the file had before it was opened; 0 if it was made just now.
    package let schemaVersionBefore: Int
    package let schemaVersion: Int
    package let hasAdopted: Bool
    private let connection: Connection

    /// Opens the directory at a path, which makes it where it is missing.
    ///
    /// - Throws: if the directory cannot be had, with what would be right: also where it has the tables without the
    ///   marks, unless they are adopted.
    package init(path: String, _ upkeep: SchemaUpkeep = .keep) throws(DirectoryError) {
        let file = DirectoryFile(path: path)
        try file.requireRightToChange()
        (connection, schemaVersionBefore, schemaVersion, hasAdopted) = try file.openForChanges(
            patience: DirectoryFile.changePatience,
            upkeep
        )
    }

    package func atomically<Value>(_ body: () throws -> Value) throws -> Value {
        let value: Value
        do {
            value = try connection.transaction(immediate: true, body)
        } catch let error as SQLiteError {
            throw DirectoryChangeError.unavailable(DirectoryError(error))
        }
        // The log is put into the file and emptied: a copy of the file alone is then a whole backup, and one that
        // is put in its place is not mixed with a log that it never had. Where a look-up or another writer is in the
        // way it is done after the next change.
        try? connection.checkpointAndTruncate()
        return value
    }

    /// Makes a change, or none if the body throws; within `atomically(_:)` as a part of that.
    func change<Value>(_ body: (Transaction) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
            let transaction = Transaction(connection: connection)
            if connection.isInTransaction { return try body(transaction) }
            return try atomically { try body(transaction) }
        } catch let error as DirectoryChangeError {
            throw error
        } catch {
            throw .unavailable(DirectoryError(error))
        }
    }

    /// Reads several things as of one moment, without the power to change anything.
    func read<Value>(_ body: (Transaction) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
            if connection.isInTransaction { return try body(Transaction(connection: connection)) }
            try connection.execute("PRAGMA query_only = ON")
            defer { try? connection.execute("PRAGMA query_only = OFF") }
            return try connection.transaction(immediate: false) { try body(Transaction(connection: connection)) }
        } catch let error as DirectoryChangeError {
            throw error
        } catch {
            throw .unavailable(DirectoryError(error))
        }
    }
}

/// A transaction that is under way.
struct Transaction {
    fileprivate let connection: Connection

    /// Runs a statement.
    ///
    /// - Returns: how many rows it changed itself, those not counted that a cascade or a trigger did.
    @discardableResult
    func run(_ sql: String, _ arguments: [Statement.Argument]) throws -> Int {
        try Statement(sql, on: connection).run(arguments)
        return connection.changedRows
    }

    /// The rows that a SELECT finds, each read into a value.
    ///
    /// - Throws: if a row of the table that is named holds what the schema rules out.
    func all<Value>(
        _ sql: String,
        _ arguments: [Statement.Argument],
        of table: String,
        _ value: (Row) throws(MalformedColumn) -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try Statement(sql, on: connection).run(arguments) { row in
            values.append(try DirectoryError.reading(table) { () throws(MalformedColumn) in try value(row) })
        }
        return values
    }

    /// The rows of a list; one that holds what the schema rules out is named, and the list goes on.
    ///
    /// - Parameter flaw: The column of a row that was read, but for that.
    func list<Record>(
        _ sql: String,
        _ arguments: [Statement.Argument],
        of table: String,
        flaw: (Row, Record) -> String? = { _, _ in nil },
        _ record: (Row) throws(MalformedColumn) -> Record
    ) throws -> RecordList<Record> {
        var records: [Record] = []
        var flaws: [RowFlaw] = []
        try Statement(sql, on: connection).run(arguments) { row in
            do throws(MalformedColumn) {
                let record = try record(row)
                records.append(record)
                if let column = flaw(row, record) { flaws.append(RowFlaw(table: table, key: row.key, column: column)) }
            } catch {
                flaws.append(RowFlaw(table: table, key: row.key, column: nil))
            }
        }
        return RecordList(records, flaws: flaws)
    }

    /// The number that a `SELECT count(*)` finds.
    func count(_ sql: String, _ arguments: [Statement.Argument]) throws -> Int {
        var count: Int64 = 0
        try Statement(sql, on: connection).run(arguments) { count = $0.integer(0) ?? 0 }
        return Int(count)
    }

    func requireUser(_ id: Identifier) throws {
        guard try count("SELECT count(*) FROM users WHERE user_id = ?1", [.text(id)]) > 0 else {
            if let other = try usersInOtherCase(id).first { throw DirectoryChangeError.differsInCase(.user, other) }
            throw DirectoryChangeError.unknown(.user)
        }
    }

    func requireRoom(_ id: Identifier) throws {
        guard try count("SELECT count(*) FROM rooms WHERE room_id = ?1", [.text(id)]) > 0 else {
            if let other = try roomsInOtherCase(id).first { throw DirectoryChangeError.differsInCase(.room, other) }
            throw DirectoryChangeError.unknown(.room)
        }
    }

    func usersInOtherCase(_ id: Identifier) throws -> [Identifier] {
        try all(
            "SELECT user_id FROM users WHERE lower(user_id) = lower(?1) AND user_id <> ?1",
            [.text(id)],
            of: "users"
        ) { (row) throws(MalformedColumn) in try row.identifier(0) }
    }

    func roomsInOtherCase(_ id: Identifier) throws -> [Identifier] {
        try all(
            "SELECT room_id FROM rooms WHERE lower(room_id) = lower(?1) AND room_id <> ?1",
            [.text(id)],
            of: "rooms"
        ) { (row) throws(MalformedColumn) in try row.identifier(0) }
    }
}

extension Row {
    /// The first column, for a person: a text, or the first 12 hexadecimal digits of a blob.
    var key: String {
        if let text = text(0) { return String(decoding: text, as: UTF8.self) }
        let digits = (blob(0) ?? []).prefix(6).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0x0F, radix: 16)
        }
        return digits.joined()
    }
}

extension Statement.Argument {
    static func text(_ id: Identifier) -> Self {
        .text(id.text.utf8)
    }

    /// An id that may be missing, which is NULL.
    static func text(_ id: Identifier?) -> Self {
        id.map { .text($0.text.utf8) } ?? .null
    }

    /// An id that may be missing, which is the empty text.
    static func limit(_ id: Identifier?) -> Self {
        .text(id?.text.utf8 ?? [])
    }

    /// A time that may be missing, which is NULL.
    static func time(_ time: NumericDate?) -> Self {
        time.map { .integer($0.seconds) } ?? .null
    }
}
