import CSQLite

/// A statement of SQL, compiled once and run any number of times; it keeps its connection.
@safe
package final class Statement {
    /// A value for one parameter; a text is UTF-8, which SQLite does not check.
    package enum Argument {
        case text([UInt8])
        case blob([UInt8])
        case integer(Int64)
        case null
    }

    let handle: OpaquePointer
    private let connection: Connection

    /// Compiles one statement, with nothing after it; `isKept` tells SQLite that it will be there for long.
    package init(_ sql: String, on connection: Connection, isKept: Bool = false) throws(SQLiteError) {
        connection.beginStatement()
        let flags = UInt32(isKept ? SQLITE_PREPARE_PERSISTENT : 0)
        var compiled: OpaquePointer?
        try SQLiteError.check(unsafe sqlite3_prepare_v3(connection.handle, sql, -1, flags, &compiled, nil))
        guard let handle = unsafe compiled else { throw SQLiteError(code: SQLITE_MISUSE) }
        unsafe self.handle = unsafe handle
        self.connection = connection
        // SQLite compiles the first statement of a text, up to a NUL, and leaves the rest.
        let length = unsafe String(cString: sqlite3_sql(handle)).utf8.count
        guard length == sql.utf8.count else { throw SQLiteError(code: SQLITE_MISUSE) }
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Runs it to its end, with a value for each parameter, and hands over one row after the other.
    ///
    /// It reads the database as it is when the call begins, or as an open transaction or another statement of the
    /// connection that stands on a row sees it. It throws `SQLiteError`, or what `eachRow` throws.
    package func run(_ arguments: [Argument] = [], eachRow: (Row) throws -> Void = { _ in }) throws {
        defer { reset() }
        try bind(arguments)
        while let row = try step() { try eachRow(row) }
    }

    /// Runs it up to its first row, and stays there, with the snapshot it reads, until `reset()`; `nil` without rows.
    package func firstRow(_ arguments: [Argument] = []) throws(SQLiteError) -> Row? {
        try bind(arguments)
        return try step()
    }

    /// Goes on to the next row; `nil` after the last, after which it begins again; a failure resets it.
    package func step() throws(SQLiteError) -> Row? {
        if unsafe sqlite3_stmt_busy(handle) == 0 { connection.beginStatement() }
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return Row(statement: self) }
        if code == SQLITE_DONE { return nil }
        reset()
        throw SQLiteError(code: code)
    }

    /// Leaves the row, and gives back the snapshot.
    package func reset() { unsafe sqlite3_reset(handle) }

    private func bind(_ arguments: [Argument]) throws(SQLiteError) {
        reset()
        // A parameter without a value would have that of the run before.
        let parameters = Int(unsafe sqlite3_bind_parameter_count(handle))
        guard arguments.count == parameters else { throw SQLiteError(code: SQLITE_RANGE) }
        // SQLITE_TRANSIENT: SQLite makes its own copy, so that the bytes need not outlive the call.
        let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, argument) in zip(Int32(1)..., arguments) {
            let code =
                switch argument {
                case .text(let utf8):
                    unsafe sqlite3_bind_text64(handle, index, utf8, UInt64(utf8.count), copy, UInt8(SQLITE_UTF8))
                case .blob(let bytes): unsafe sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), copy)
                case .integer(let value): unsafe sqlite3_bind_int64(handle, index, value)
                case .null: unsafe sqlite3_bind_null(handle, index)
                }
            try SQLiteError.check(code)
        }
    }
}

/// The row that a statement stands on at the moment; while it stands on none, each column is NULL.
///
/// It keeps its statement: Swift may release an object after the last use of its variable, before the columns are read.
package struct Row {
    fileprivate let statement: Statement

    /// The UTF-8 of a text, unchecked; `nil` for NULL and for a value of any other type.
    package func text(_ column: Int32) -> [UInt8]? {
        has(SQLITE_TEXT, column) ? unsafe bytes(column, at: sqlite3_column_text(statement.handle, column)) : nil
    }

    /// The bytes of a blob; `nil` for NULL and for a value of any other type.
    package func blob(_ column: Int32) -> [UInt8]? {
        has(SQLITE_BLOB, column) ? unsafe bytes(column, at: sqlite3_column_blob(statement.handle, column)) : nil
    }

    /// An integer; `nil` for NULL and for a value of any other type.
    package func integer(_ column: Int32) -> Int64? {
        has(SQLITE_INTEGER, column) ? unsafe sqlite3_column_int64(statement.handle, column) : nil
    }

    /// Whether a column is NULL; one that is not there is NULL too.
    package func isNull(_ column: Int32) -> Bool { has(SQLITE_NULL, column) }

    private func has(_ type: Int32, _ column: Int32) -> Bool {
        unsafe sqlite3_column_type(statement.handle, column) == type
    }

    /// Copies a value, whose length is asked for after its address, which may be NULL for an empty one.
    private func bytes(_ column: Int32, at address: UnsafeRawPointer?) -> [UInt8]? {
        let count = Int(unsafe sqlite3_column_bytes(statement.handle, column))
        guard count > 0 else { return [] }
        return unsafe address.map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }
}
