import RoomAccess
import SQLite

extension DirectoryError {
    /// The failure of a SQLite call as the directory's, with what to do where that is known.
    init(_ error: any Error) {
        switch error {
        case let error as DirectoryError: self = error
        case let error as SQLiteError:
            let (words, cure) = Self.meaning(of: error.kind)
            self.init("\(words): SQLite \(error.code) (\(error.name))" + (cure.map { "; \($0)" } ?? ""))
        default: self.init("the directory failed in a way that SQLite does not name")
        }
    }

    /// Runs a body, and throws its failure as the directory's.
    static func translating<Value>(_ body: () throws -> Value) throws(DirectoryError) -> Value {
        do {
            return try body()
        } catch {
            throw DirectoryError(error)
        }
    }

    private static func meaning(of kind: SQLiteError.Kind?) -> (words: String, cure: String?) {
        switch kind {
        case .busy, .locked, .lockingProtocol:
            ("the directory is locked by another process", "try again, and where that lasts find it with fuser(1)")
        case .cannotOpen:
            (
                "the directory cannot be opened",
                "the file must be there, and its folder must be writable for the user of this process"
            )
        case .readOnly, .permission, .authorization:
            (
                "the directory cannot be written",
                "the file, those that SQLite keeps beside it, and their folder must be writable for the user of this "
                    + "process"
            )
        case .notADatabase:
            ("the directory is not a SQLite database", "restore a backup, or name another file")
        case .corrupt:
            ("the directory is damaged", "restore a backup")
        case .full:
            ("the disk of the directory is full", "make room on it")
        case .inputOutput:
            ("the disk of the directory fails, or the file is shorter than it was", "see dmesg(1), or restore a backup")
        case .error, .schema:
            ("the tables of the directory are not those of this program", "restore a backup, or name another file")
        default:
            ("the directory fails", nil)
        }
    }
}
