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
    package var schemaVersion: Int { Schema.version }
    private let connection: Connection

    /// Opens the directory at a path, which makes it and brings its schema up to date where that is needed.
    ///
    /// - Throws: if the directory cannot be had, with what would be right.
    package init(path: String) throws(DirectoryError) {
        (connection, schemaVersionBefore) = try DirectoryFile(path: path)
            .openForChanges(patience: DirectoryFile.changePatience)
    }

    /// Makes a change, or none if the body throws.
    func change<Value>(_ body: (Transaction) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
            let result = try connection.transaction(immediate: true) { try body(Transaction(connection: connection)) }
            // The log is put into the file and emptied: a copy of the file alone is then a whole backup, and one that
            // is put in its place is not mixed with a log that it never had. Where look-ups are in the way it is done
            // after the next change.
            try? connection.checkpointAndTruncate()
            return result
        } catch let error as DirectoryChangeError {
            throw error
        } catch {
            throw .unavailable(DirectoryError(error))
        }
    }

    /// Reads several things as of one moment, without the power to change anything.
    func read<Value>(_ body: (Transaction) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
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

    /// The number that a `SELECT count(*)` finds.
    func count(_ sql: String, _ arguments: [Statement.Argument]) throws -> Int {
        var count: Int64 = 0
        try Statement(sql, on: connection).run(arguments) { count = $0.integer(0) ?? 0 }
        return Int(count)
    }

    func requireUser(_ id: Identifier) throws {
        guard try count("SELECT count(*) FROM users WHERE user_id = ?1", [.text(id)]) > 0 else {
            throw DirectoryChangeError.unknown(.user)
        }
    }

    func requireRoom(_ id: Identifier) throws {
        guard try count("SELECT count(*) FROM rooms WHERE room_id = ?1", [.text(id)]) > 0 else {
            throw DirectoryChangeError.unknown(.room)
        }
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
