import CSQLite

/// A failure as SQLite reports it: its result code, and no value from a statement or a row.
package struct SQLiteError: Error, Equatable {
    /// The extended result code (sqlite.org/rescode.html), whose low eight bits are the primary one.
    package let code: Int32

    /// The primary result code; `nil` for one that `Kind` lacks.
    package var kind: Kind? { Kind(rawValue: code & 0xFF) }

    /// SQLite's name for the primary result code, such as `database is locked`.
    ///
    /// The message of one failure (`sqlite3_errmsg`) stays out, because it may quote a value.
    package var name: String { unsafe String(cString: sqlite3_errstr(code & 0xFF)) }

    /// The primary result codes, in the order of their numbers from 1 on.
    package enum Kind: Int32 {
        case error = 1
        case internalError, permission, abort, busy, locked, noMemory, readOnly, interrupted, inputOutput, corrupt
        case notFound, full, cannotOpen, lockingProtocol, empty, schema, tooBig, constraint, mismatch, misuse
        case noLargeFiles, authorization, format, range, notADatabase
    }

    static func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw SQLiteError(code: code) }
    }
}
