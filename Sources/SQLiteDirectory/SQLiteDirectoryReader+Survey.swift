package import RoomAccess
import SQLite

extension SQLiteDirectoryReader {
    /// How many rows of a table a survey looks at.
    private static let surveyedRows = 100_000

    /// Looks for rows of which no request can ever make use, in the first 100,000 of each table; changes nothing.
    ///
    /// - Parameters:
    ///   - path: The file; without a directory in it that this program can use there is no finding.
    ///   - isAllowed: Whether a request may name an id of a room, a scene or an event.
    /// - Returns: a warning for each kind of row.
    package static func survey(
        path: String,
        isAllowed: (Identifier) -> Bool
    ) throws(DirectoryError) -> [DirectoryFinding] {
        guard FileState(path) != nil else { return [] }
        let connection = try DirectoryFile(path: path).openForLookUps()
        guard try Schema.state(of: connection).isUsable else { return [] }
        let survey = Survey(connection: connection, limit: surveyedRows)
        return try DirectoryError.translating {
            [
                try survey.rooms(isAllowed),
                try survey.parts(isAllowed),
                try survey.names(),
            ].compactMap { $0 } + (try survey.orphans())
        }
    }
}

/// Counts what is wrong in the rows of one table, and remembers the first.
private struct Census {
    private(set) var count = 0
    private var examples: [String] = []

    mutating func note(_ example: String) {
        count += 1
        if examples.count < 3, !examples.contains(example) { examples.append(example) }
    }

    /// `2 rooms (a/b, c/d)`; a number that may be too small has `at least` before it.
    func words(_ noun: String, isComplete: Bool) -> String {
        let named = examples.joined(separator: ", ") + (count > examples.count ? ", …" : "")
        return "\(isComplete ? "" : "at least ")\(count) \(noun)\(count == 1 ? "" : "s") (\(named))"
    }
}

private struct Survey {
    let connection: Connection
    let limit: Int

    /// Hands over the rows of a SELECT up to the limit.
    ///
    /// - Returns: whether there are no more.
    private func look(_ select: String, _ eachRow: (Row) -> Void) throws -> Bool {
        var rows = 0
        try Statement("\(select) LIMIT \(limit + 1)", on: connection).run { row in
            rows += 1
            if rows <= limit { eachRow(row) }
        }
        return rows <= limit
    }

    func rooms(_ isAllowed: (Identifier) -> Bool) throws -> DirectoryFinding? {
        var census = Census()
        let isComplete = try look("SELECT room_id FROM rooms") { row in
            if !Self.isAllowed(row, 0, isAllowed) { census.note(row.key) }
        }
        return Self.warning(
            census,
            "has \(census.words("room", isComplete: isComplete)) that no request can name: rooms.pattern refuses "
                + "the id; widen rooms.pattern, or remove what you do not need with livekit-tokend room remove"
        )
    }

    /// The scenes and events of memberships and stream sessions.
    func parts(_ isAllowed: (Identifier) -> Bool) throws -> DirectoryFinding? {
        var census = Census()
        var isComplete = true
        for table in ["members", "stream_sessions"] {
            let isWhole = try look("SELECT room_id, scene_id, event_id FROM \(table)") { row in
                for column in [1, 2] as [Int32] where !(row.isNull(column) || row.text(column) == []) {
                    if !Self.isAllowed(row, column, isAllowed) { census.note("of room \(row.key)") }
                }
            }
            isComplete = isComplete && isWhole
        }
        return Self.warning(
            census,
            "has \(census.words("scene or event", isComplete: isComplete)) that no request can name: "
                + "rooms.pattern refuses the id; widen rooms.pattern, or write the membership or stream session again"
        )
    }

    func names() throws -> DirectoryFinding? {
        var census = Census()
        let isComplete = try look("SELECT user_id, name FROM users WHERE name IS NOT NULL") { row in
            if (try? row.name(1)) == nil { census.note(row.key) }
        }
        return Self.warning(
            census,
            "has \(census.words("user", isComplete: isComplete)) whose name cannot be read, and whose tokens have "
                + "none: it must be 1 to \(UserName.maximumLength) bytes of UTF-8 that show, without controls; "
                + "write another with UPDATE users SET name"
        )
    }

    /// Rows that belong to a user or a room that there is not.
    func orphans() throws -> [DirectoryFinding] {
        let kinds = [
            ("sessions", "session", "user_id", "users"), ("members", "membership", "user_id", "users"),
            ("members", "membership", "room_id", "rooms"), ("stream_sessions", "stream session", "room_id", "rooms"),
        ]
        return try kinds.compactMap { table, noun, key, parent in
            var census = Census()
            let isOrphan = "NOT EXISTS (SELECT 1 FROM \(parent) WHERE \(key) = child.\(key))"
            let isComplete = try look("SELECT \(key), \(isOrphan) FROM \(table) AS child") { row in
                if row.integer(1) == 1 { census.note(row.key) }
            }
            return Self.warning(
                census,
                "has \(census.words(noun, isComplete: isComplete)) of \(parent) that do not exist; run: "
                    + "DELETE FROM \(table) WHERE \(key) NOT IN (SELECT \(key) FROM \(parent))"
            )
        }
    }

    private static func isAllowed(_ row: Row, _ column: Int32, _ isAllowed: (Identifier) -> Bool) -> Bool {
        (try? row.identifier(column)).map(isAllowed) ?? false
    }

    private static func warning(_ census: Census, _ message: String) -> DirectoryFinding? {
        census.count == 0 ? nil : DirectoryFinding(level: .warning, message: message)
    }
}
