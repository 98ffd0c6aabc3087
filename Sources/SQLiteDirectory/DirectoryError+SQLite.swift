import RoomAccess
import SQLite

extension DirectoryError {
    /// The failure of a SQLite call as the directory's, with what to do where that is known.
    init(_ error: any Error) {
        switch error {
        case let error as DirectoryError: self = error
        case let error as SQLiteError:
            self.init("\(Self.meaning(of: error.kind)): SQLite \(error.code) (\(error.name))")
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

    private static func meaning(of kind: SQLiteError.Kind?) -> String {
        switch kind {
        case .busy, .locked, .lockingProtocol:
            "the directory is locked by another process"
        case .cannotOpen:
            "the directory cannot be opened: the file, and the right to write in its parent directory, are needed"
        case .readOnly, .permission, .authorization:
            "the directory cannot be written: file and parent directory must belong to the user of this process"
        case .notADatabase:
            "the directory is not a SQLite database: restore a backup, or name another file"
        case .corrupt:
            "the directory is damaged: restore a backup"
        case .full:
            "the disk of the directory is full"
        case .inputOutput:
            "the disk of the directory fails, or the file is shorter than it was"
        case .error, .schema:
            "the tables of the directory are not those of this program"
        default:
            "the directory fails"
        }
    }
}
