package import RoomAccess
import SQLite

/// The users or sessions in a SQLite file, read whole for an index of identities.
///
/// A commit shows in the `data_version` of the connection that has read, and another file, or a backup that was copied
/// over it, in the state of the file.
package final class SQLiteIdentityRows: IdentityRows {
    private let reader: SQLiteDirectoryReader
    private let subject: IdentitySubject
    private var connection: ReadConnection?
    /// The latest reading, with what the connection and the file were then.
    private var latest: (number: UInt64, version: Int64, file: FileState)?
    private var readings: UInt64 = 0

    /// Prepares for the directory at a path, which is opened by the first reading.
    package init(path: String, of subject: IdentitySubject, _ upkeep: SchemaUpkeep) {
        reader = SQLiteDirectoryReader(unopened: path, upkeep)
        self.subject = subject
    }

    package func isCurrent(_ reading: IdentityReading) throws(DirectoryError) -> Bool {
        let file = try reader.presentFile()
        guard let connection, let latest, latest.number == reading.number, latest.file == file else { return false }
        return try orClose { try connection.dataVersion() == latest.version }
    }

    package func read(_ add: (Identifier, SessionDigest?) -> Void) throws(DirectoryError) -> IdentityReading {
        latest = nil
        // Before the snapshot: what is written meanwhile makes the reading look older than it is.
        let file = try reader.presentFile()
        if connection?.file.identity != file.identity { connection = nil }
        let connection = if let connection { connection } else { try reader.open(file) }
        self.connection = connection
        connection.refresh(file)
        readings += 1
        let (version, flaw) = try orClose { try connection.identities(of: subject, add) }
        latest = (readings, version, file)
        return IdentityReading(number: readings, flaw: flaw)
    }

    /// Lets a connection go that fails: its cause may have been mended by the next time.
    private func orClose<Answer>(_ question: () throws -> Answer) throws(DirectoryError) -> Answer {
        do throws(DirectoryError) {
            return try DirectoryError.translating(question)
        } catch {
            connection = nil
            latest = nil
            throw error
        }
    }
}

extension ReadConnection {
    /// A number that another one follows whenever another connection has committed.
    fileprivate func dataVersion() throws -> Int64 {
        var version: Int64?
        try Statement("PRAGMA data_version", on: connection).run { version = $0.integer(0) }
        guard let version else { throw DirectoryError("SQLite has no data_version") }
        return version
    }

    /// Hands over all users or sessions as of one moment.
    ///
    /// - Returns: the `data_version` of that moment, and what is wrong with a row that was left out.
    fileprivate func identities(
        of subject: IdentitySubject,
        _ add: (Identifier, SessionDigest?) -> Void
    ) throws -> (version: Int64, flaw: DirectoryError?) {
        try connection.transaction(immediate: false) {
            var flaw: DirectoryError?
            let (table, sql) =
                switch subject {
                case .users: ("users", "SELECT user_id FROM users")
                // By the index, which has both columns: those of a user follow each other.
                case .sessions: ("sessions", "SELECT user_id, token_sha256 FROM sessions ORDER BY user_id")
                }
            try Statement(sql, on: connection).run { row in
                do {
                    let (user, session) = try DirectoryError.reading(table) { () throws(MalformedColumn) in
                        (try row.identifier(0), subject == .sessions ? try row.digest(1) : nil)
                    }
                    add(user, session)
                } catch let error as DirectoryError {
                    flaw = error
                }
            }
            return (try dataVersion(), flaw)
        }
    }
}
