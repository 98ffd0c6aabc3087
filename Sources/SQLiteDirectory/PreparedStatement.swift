import GRDB
import GRDBSQLite
import TokenEndpoint

/// A statement of SQL that was prepared once and runs again and again, on bytes as they are.
///
/// GRDB opens the connection and prepares the statement; the values pass it by, because its rows and arguments would
/// make a `String` and a boxed value of every id on the path of every request. The caller sees to it that one thread at
/// a time uses the connection.
@safe
struct PreparedStatement {
    /// A value for one parameter.
    enum Argument {
        case text([UInt8])
        case blob([UInt8])
        case integer(Int64)
        case null
    }

    private let statement: Statement
    private let handle: OpaquePointer

    init(_ sql: String, on database: Database) throws(DirectoryError) {
        do {
            statement = try database.makeStatement(sql: sql)
            unsafe handle = unsafe statement.sqliteStatement
        } catch {
            throw DirectoryError(error)
        }
    }

    /// Runs it with a value for each parameter, and hands over one row after the other.
    ///
    /// The snapshot that a SELECT reads from is taken by this call and given back before it returns, so the next call
    /// sees what has been committed by then; unless another statement of the connection stands on a row, whose snapshot
    /// it is.
    func run(
        _ arguments: [Argument],
        eachRow: (ResultRow) throws(DirectoryError) -> Void = { _ throws(DirectoryError) in }
    ) throws(DirectoryError) {
        defer { reset() }
        try bind(arguments)
        while let row = try step() { try eachRow(row) }
    }

    /// Runs it up to its only row, and stays there, with the snapshot, until `reset()`; `nil` if there is no row.
    func standOnOnlyRow(_ arguments: [Argument]) throws(DirectoryError) -> ResultRow? {
        reset()
        try bind(arguments)
        return try step()
    }

    /// Gives back the snapshot, if the statement stands on a row.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    private func step() throws(DirectoryError) -> ResultRow? {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return unsafe ResultRow(handle)
        case SQLITE_DONE: return nil
        case let code: throw DirectoryError(sqlite: code)
        }
    }

    private func bind(_ arguments: [Argument]) throws(DirectoryError) {
        for (index, argument) in arguments.enumerated() {
            let code = unsafe Self.bind(argument, to: handle, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw DirectoryError(sqlite: code) }
        }
    }

    private static func bind(_ argument: Argument, to handle: OpaquePointer, at index: Int32) -> Int32 {
        // SQLITE_TRANSIENT: SQLite makes its own copy, so the bytes need not outlive the call.
        let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        return switch argument {
        // The address of no bytes may be NULL, which would be bound as such.
        case .text([]): unsafe sqlite3_bind_text(handle, index, "", 0, copy)
        case .text(let bytes):
            unsafe bytes.withUnsafeBytes {
                let characters = unsafe $0.assumingMemoryBound(to: CChar.self).baseAddress
                return unsafe sqlite3_bind_text(handle, index, characters, Int32($0.count), copy)
            }
        case .blob(let bytes):
            unsafe bytes.withUnsafeBytes {
                unsafe sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), copy)
            }
        case .integer(let value): unsafe sqlite3_bind_int64(handle, index, value)
        case .null: unsafe sqlite3_bind_null(handle, index)
        }
    }
}

/// The row that a statement stands on, for as long as it stands there.
@safe
struct ResultRow {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    /// The bytes of a text; `nil` for NULL and for a value of any other type.
    func text(_ column: Int32) -> [UInt8]? {
        bytes(column, of: SQLITE_TEXT)
    }

    /// The bytes of a blob; `nil` for NULL and for a value of any other type.
    func blob(_ column: Int32) -> [UInt8]? {
        bytes(column, of: SQLITE_BLOB)
    }

    /// An integer; `nil` for NULL and for a value of any other type.
    func integer(_ column: Int32) -> Int64? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER else { return nil }
        return unsafe sqlite3_column_int64(handle, column)
    }

    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    private func bytes(_ column: Int32, of type: Int32) -> [UInt8]? {
        guard unsafe sqlite3_column_type(handle, column) == type else { return nil }
        // The order matters: the pointer is asked for before the length (sqlite.org/c3ref/column_blob.html).
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
