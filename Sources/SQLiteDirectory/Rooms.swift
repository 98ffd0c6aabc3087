package import LiveKitToken
import SQLite
package import TokenEndpoint

/// A room as a list shows it.
package struct RoomRecord: Equatable, Sendable {
    package let id: Identifier
    package let access: Room.Access
    package let createdAt: NumericDate
}

extension DirectoryWriter {
    /// Adds a room.
    ///
    /// - Throws: `.exists(.room)`.
    package func addRoom(_ id: Identifier, access: Room.Access, at now: NumericDate) throws(DirectoryChangeError) {
        try change { changes in
            guard try changes.count("SELECT count(*) FROM rooms WHERE room_id = ?1", [.text(id)]) == 0 else {
                throw DirectoryChangeError.exists(.room)
            }
            try changes.run(
                "INSERT INTO rooms (room_id, access, created_at) VALUES (?1, ?2, ?3)",
                [.text(id), .text(Array(access.rawValue.utf8)), .time(now)]
            )
        }
    }

    /// All rooms, by id.
    package func rooms() throws(DirectoryChangeError) -> [RoomRecord] {
        try read { changes in
            try changes.all("SELECT room_id, access, created_at FROM rooms ORDER BY room_id", [], of: "rooms") { row in
                guard let id = row.identifier(0), let access = row.access(1), let createdAt = row.time(2) else {
                    return nil
                }
                return RoomRecord(id: id, access: access, createdAt: createdAt)
            }
        }
    }

    /// Removes a room with all its members and stream sessions.
    ///
    /// - Throws: `.unknown(.room)`.
    package func removeRoom(_ id: Identifier) throws(DirectoryChangeError) -> Removal {
        try change { changes in
            try changes.requireRoom(id)
            let removal = Removal(
                memberships: try changes.count("SELECT count(*) FROM members WHERE room_id = ?1", [.text(id)]),
                streamSessions: try changes.count(
                    "SELECT count(*) FROM stream_sessions WHERE room_id = ?1",
                    [.text(id)]
                )
            )
            try changes.run("DELETE FROM rooms WHERE room_id = ?1", [.text(id)])
            return removal
        }
    }
}
