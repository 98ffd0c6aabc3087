import RoomAccess
import SQLite

/// The schema of the directory: its versions, and the migrations from each to the next.
///
/// Sites write the tables with `sqlite3` as well. What no row may hold is therefore ruled out by the schema itself.
package enum Schema {
    /// The version of this program's schema, kept in `PRAGMA user_version`: the number of migrations.
    package static var version: Int { migrations.count }

    /// The oldest version that this program can use as it is: since then no migration has added what statements name.
    private static let oldestUsableVersion = 3

    /// Marks a file as a directory of this program (`PRAGMA application_id`): "lktk" in ASCII.
    static let applicationID: Int64 = 0x6C6B_746B

    /// The migrations, each from one version to the next.
    ///
    /// A released one never changes.
    private static let migrations = [
        PackageResources.version1_sql, PackageResources.version2_sql, PackageResources.version3_sql,
    ]
}

// MARK: - Versions

extension Schema {
    /// The schema of a file beside the one of this program.
    enum State: Equatable {
        /// Without tables.
        case empty
        /// A version before this program's.
        case older(Int)
        /// The tables of a version without the two numbers in the header that say so: what a dump leaves of a
        /// directory.
        case unmarked(Int)
        case current

        /// Whether every statement of this program fits the tables.
        var isUsable: Bool {
            switch self {
            case .current: true
            case .older(let version): version >= oldestUsableVersion
            case .empty, .unmarked: false
            }
        }
    }

    /// Looks at the schema of a file, and changes nothing.
    ///
    /// - Throws: if the file cannot be read, is not a directory, or one of a newer program.
    static func state(ofFileAt path: String) throws(DirectoryError) -> State {
        try state(of: DirectoryFile(path: path).openForLookUps())
    }

    /// Compares the schema of a file with this program's.
    ///
    /// - Throws: if the file is not a directory, or one of a newer program.
    static func state(of connection: Connection) throws(DirectoryError) -> State {
        try DirectoryError.translating {
            let application = try connection.value(of: "PRAGMA application_id") { $0.integer(0) }
            let version = Int(try connection.value(of: "PRAGMA user_version") { $0.integer(0) } ?? 0)
            if application == 0, version == 0,
                try connection.value(of: "SELECT 1 FROM sqlite_schema LIMIT 1", { $0.integer(0) }) == nil
            {
                return .empty
            }
            if application == 0, version == 0, let version = try versionOfTables(connection) {
                return .unmarked(version)
            }
            guard application == applicationID, version > 0 else {
                throw DirectoryError(
                    "the file is a SQLite database of another program, or the tables of livekit-tokend in it were "
                        + "changed: name another file, or restore a backup"
                )
            }
            guard version <= Self.version else {
                throw DirectoryError(
                    "the directory has schema version \(version), and this program knows \(Self.version): run the "
                        + "newer program"
                )
            }
            return version < Self.version ? .older(version) : .current
        }
    }

    /// The version whose tables, indexes and triggers a file has to the letter, and no others; `nil` if there is none.
    private static func versionOfTables(_ connection: Connection) throws -> Int? {
        let found = try connection.declarations()
        let model = try Connection(path: ":memory:", isReadOnly: false, patience: .zero)
        for (index, migration) in migrations.enumerated() {
            try model.execute(String(decoding: migration, as: UTF8.self))
            if try model.declarations() == found { return index + 1 }
        }
        return nil
    }

    /// The failure of a file that is a directory but for its marks.
    static func isUnmarked(_ version: Int) -> DirectoryError {
        DirectoryError(
            "the file has the tables of livekit-tokend (schema version \(version)) without its mark, as after a "
                + "restored .dump of sqlite3: run livekit-tokend migrate, which takes it over"
        )
    }

    /// Runs the migrations that a file lacks, all of them or none.
    ///
    /// - Returns: the version before, 0 for an empty file; the one now; and whether the file got its marks.
    static func migrate(
        _ connection: Connection,
        _ upkeep: SchemaUpkeep
    ) throws -> (before: Int, now: Int, hasAdopted: Bool) {
        let state = try state(of: connection)
        switch state {
        case .current: return (Self.version, Self.version, false)
        case .older(let version) where upkeep == .keep && state.isUsable: return (version, version, false)
        case .unmarked(let version) where upkeep != .adopt: throw isUnmarked(version)
        default: break
        }
        // WAL is a property of the file, and cannot be set within a transaction.
        guard try connection.value(of: "PRAGMA journal_mode = WAL", { $0.text(0) }) == Array("wal".utf8) else {
            throw DirectoryError("the file system of the directory cannot share memory: keep the file on a local disk")
        }
        return try connection.transaction(immediate: true) {
            // Another process may have migrated the file first; this transaction begins after its end.
            let (before, hasAdopted) =
                switch try Self.state(of: connection) {
                case .empty: (0, false)
                case .older(let version): (version, false)
                case .unmarked(let version): (version, true)
                case .current: (Self.version, false)
                }
            for migration in migrations[before...] {
                try connection.execute(String(decoding: migration, as: UTF8.self))
            }
            try connection.execute("PRAGMA application_id = \(applicationID)")
            try connection.execute("PRAGMA user_version = \(Self.version)")
            return (before, Self.version, hasAdopted)
        }
    }
}

extension Connection {
    /// What a statement without parameters has in its last row; `nil` if it has no row.
    fileprivate func value<Value>(of sql: String, _ column: (Row) -> Value?) throws -> Value? {
        var value: Value?
        try Statement(sql, on: self).run { value = column($0) }
        return value
    }

    /// What the database declares: kind, name, table and SQL of each, without what SQLite makes for itself.
    fileprivate func declarations() throws -> Set<[[UInt8]]> {
        var found: Set<[[UInt8]]> = []
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'"
        try Statement(sql, on: self).run { row in
            found.insert((0..<4).map { row.text($0) ?? [] })
        }
        return found
    }
}
