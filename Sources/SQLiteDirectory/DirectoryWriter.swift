import LiveKitToken
import SQLite
import StrictJSON
package import TokenEndpoint

/// The directory as its administrators see it: every change is one transaction, done or not done at all.
///
/// When a call returns the change is on the disk, and the next look-up of any process obeys it. A writer serves one
/// thread at a time.
package final class DirectoryWriter {
    /// The version of the schema that the file had before it was opened; 0 if it was made just now.
    package let schemaVersionBefore: Int
    private let connection: Connection

    /// Opens the directory at a path, which makes it and brings its schema up to date where that is needed.
    ///
    /// - Throws: if there is no directory to be had, with what would be right.
    package init(path: String) throws(DirectoryError) {
        (connection, schemaVersionBefore) = try DirectoryFile(path: path)
            .openForChanges(patience: DirectoryFile.changePatience)
    }

    /// Makes a change, or none if the body throws.
    func change<Value>(_ body: (Changes) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
            let result = try connection.transaction(immediate: true) { try body(Changes(connection: connection)) }
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
    func read<Value>(_ body: (Changes) throws -> Value) throws(DirectoryChangeError) -> Value {
        do {
            try connection.execute("PRAGMA query_only = ON")
            defer { try? connection.execute("PRAGMA query_only = OFF") }
            return try connection.transaction(immediate: false) { try body(Changes(connection: connection)) }
        } catch let error as DirectoryChangeError {
            throw error
        } catch {
            throw .unavailable(DirectoryError(error))
        }
    }
}

/// The inside of one transaction.
struct Changes {
    fileprivate let connection: Connection

    /// Runs a statement.
    ///
    /// - Returns: how many rows it changed itself, those not counted that a cascade or a trigger did.
    @discardableResult
    func run(_ sql: String, _ arguments: [Statement.Argument]) throws -> Int {
        try Statement(sql, on: connection).run(arguments)
        return connection.changedRows
    }

    /// What a SELECT finds, each row turned into a value.
    ///
    /// - Throws: if a row of the table named holds what its schema rules out.
    func all<Value>(
        _ sql: String,
        _ arguments: [Statement.Argument],
        of table: String,
        _ value: (Row) -> Value?
    ) throws -> [Value] {
        var values: [Value] = []
        try Statement(sql, on: connection).run(arguments) { row in
            guard let value = value(row) else { throw DirectoryError.malformedRow(table) }
            values.append(value)
        }
        return values
    }

    /// The number that a `SELECT count(*)` finds.
    func count(_ sql: String, _ arguments: [Statement.Argument]) throws -> Int {
        try all(sql, arguments, of: "the directory") { $0.integer(0) }.first.map(Int.init) ?? 0
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
