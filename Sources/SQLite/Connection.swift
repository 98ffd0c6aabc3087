import CSQLite

/// A connection to a database file, for one thread at a time; its statements keep it, and it enforces foreign keys.
@safe
package final class Connection {
    let handle: OpaquePointer
    var deadline: Deadline

    /// Opens a file that is there, or `:memory:`; what it holds shows no sooner than a statement reads it.
    ///
    /// `patience` is how long each statement waits for all its locks together.
    package init(path: String, isReadOnly: Bool, patience: Duration) throws(SQLiteError) {
        guard !path.utf8.contains(0) else { throw SQLiteError(code: SQLITE_CANTOPEN) }
        let mode = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let handle = unsafe opened else { throw SQLiteError(code: SQLITE_NOMEM) }
        unsafe self.handle = unsafe handle
        deadline = Deadline(patience: patience)
        try SQLiteError.check(code)
        let waits: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { connection, attempts in
            guard let connection = unsafe connection else { return 0 }
            let this = unsafe Unmanaged<Connection>.fromOpaque(connection).takeUnretainedValue()
            guard let pause = this.deadline.pause(at: .now, attempts: attempts) else { return 0 }
            sqlite3_sleep(pause)
            return 1
        }
        // Unretained: SQLite calls it only within a statement, which holds this object.
        try SQLiteError.check(unsafe sqlite3_busy_handler(handle, waits, Unmanaged.passUnretained(self).toOpaque()))
        try execute("PRAGMA foreign_keys = ON")
    }

    deinit {
        unsafe sqlite3_busy_handler(handle, nil, nil)
        unsafe sqlite3_close_v2(handle)
    }

    /// Lets SQLite allocate without counting under a lock that all threads share, if nothing else of SQLite's came
    /// before.
    package static func keepNoMemoryStatistics() {
        _ = sqlite_keep_no_memory_statistics()
    }

    /// Runs the statements of a script, which has no parameters, and ignores their rows.
    ///
    /// They share one deadline. The first that fails ends the script, and undoes none before it.
    package func execute(_ script: String) throws(SQLiteError) {
        guard !script.utf8.contains(0) else { throw SQLiteError(code: SQLITE_MISUSE) }
        beginStatement()
        try SQLiteError.check(unsafe sqlite3_exec(handle, script, nil, nil, nil))
    }

    /// Runs a body in a transaction: committed if it returns, rolled back if it or the commit fails.
    ///
    /// They do not nest. An immediate one may write from its beginning, and so cannot lose its snapshot to another.
    package func transaction<Value>(immediate: Bool, _ body: () throws -> Value) throws -> Value {
        try execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN")
        do {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            // Some failures, such as a full disk, have rolled it back already.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Whether a transaction has begun that is neither committed nor rolled back.
    package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// The rows that the latest INSERT, UPDATE or DELETE changed itself, without those of cascades and triggers.
    package var changedRows: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// Puts the write-ahead log into the file and empties it, unless a reader or a writer is in the way at this moment.
    ///
    /// It waits for neither: SQLite holds the lock of writers for as long as it waits for readers.
    package func checkpointAndTruncate() throws(SQLiteError) {
        deadline.end = .now
        try SQLiteError.check(unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil))
    }

    /// Forgets the pages in memory that no statement stands on.
    package func releaseMemory() { unsafe sqlite3_db_release_memory(handle) }

    /// Gives what begins now a deadline of its own.
    func beginStatement() { deadline.end = nil }
}
