import GRDB
import TokenEndpoint

extension DirectoryError {
    /// What a result code of SQLite means for the directory, and what would be right where that is known.
    ///
    /// The words are fixed: SQLite's own message may quote a value, so it stays out.
    init(sqlite code: Int32) {
        let result = ResultCode(rawValue: code)
        self.init("\(Self.meaning(of: result.primaryResultCode)): SQLite \(code) (\(Self.name(of: result)))")
    }

    /// What any error that GRDB throws means.
    init(_ error: any Error) {
        switch error {
        case let error as DirectoryError: self = error
        case let error as DatabaseError: self.init(sqlite: error.extendedResultCode.rawValue)
        default: self.init("the directory failed in a way that SQLite does not name")
        }
    }

    /// A row that this program does not write and no constraint lets in.
    static func malformedRow(_ table: String) -> DirectoryError {
        DirectoryError("a row of \(table) holds what the schema rules out: check it with PRAGMA integrity_check")
    }

    private static func meaning(of code: ResultCode) -> String {
        switch code {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            "the directory is locked by another process"
        case .SQLITE_CANTOPEN:
            "the directory cannot be opened: the file, and the right to write in its parent directory, are needed"
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            "the directory cannot be written: file and parent directory must belong to the user of this process"
        case .SQLITE_NOTADB:
            "the directory is no SQLite database: restore a backup, or name another file"
        case .SQLITE_CORRUPT:
            "the directory is damaged: restore a backup"
        case .SQLITE_FULL:
            "the disk of the directory is full"
        case .SQLITE_IOERR:
            "the disk of the directory fails, or the file is shorter than it was"
        case .SQLITE_ERROR, .SQLITE_SCHEMA:
            "the tables of the directory are not those of this program"
        default:
            "the directory fails"
        }
    }

    private static func name(of result: ResultCode) -> String {
        // The whole description is "5 (database is locked)"; the number stands before it already.
        let words = result.primaryResultCode.description
        guard let open = words.firstIndex(of: "("), let close = words.lastIndex(of: ")") else { return words }
        return String(words[words.index(after: open)..<close])
    }
}
