package import LiveKitToken
package import RoomAccess
import SQLite

/// A survey of the rooms of a directory: what no row shows by itself.
package struct RoomSurvey: Equatable, Sendable {
    /// The rooms that have stream sessions all of which have closed, by id.
    package let closedRooms: [Identifier]
    /// The numbers of memberships that have not expired, by role.
    package let memberships: [Identifier: Int]

    package init(closedRooms: [Identifier], memberships: [Identifier: Int]) {
        self.closedRooms = closedRooms
        self.memberships = memberships
    }
}

extension SQLiteDirectoryReader {
    /// Surveys the rooms of the directory at a path, and changes nothing.
    ///
    /// A row that holds what the schema rules out is passed over.
    ///
    /// - Throws: if the file cannot be read.
    package static func surveyRooms(path: String, at now: NumericDate) throws(DirectoryError) -> RoomSurvey {
        let connection = try DirectoryFile(path: path).openForLookUps()
        return try DirectoryError.translating {
            var closedRooms: [Identifier] = []
            try Statement(
                """
                SELECT room_id FROM stream_sessions GROUP BY room_id
                HAVING max(closes_at IS NULL OR closes_at > ?1) = 0 ORDER BY room_id
                """,
                on: connection
            ).run([.time(now)]) { row in
                if let room = try? row.identifier(0) { closedRooms.append(room) }
            }
            var memberships: [Identifier: Int] = [:]
            try Statement(
                "SELECT role, count(*) FROM members WHERE expires_at IS NULL OR expires_at > ?1 GROUP BY role",
                on: connection
            ).run([.time(now)]) { row in
                if let role = try? row.identifier(0) { memberships[role] = Int(row.integer(1) ?? 0) }
            }
            return RoomSurvey(closedRooms: closedRooms, memberships: memberships)
        }
    }
}
