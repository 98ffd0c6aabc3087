package import LiveKitToken
package import RoomAccess
import SQLite
import StrictJSON

extension SQLiteDirectoryWriter {
    @discardableResult
    package func addRoom(
        _ id: Identifier,
        access: RoomEntry.Access,
        at now: NumericDate
    ) throws(DirectoryChangeError) -> Removal {
        try change { transaction in
            guard try transaction.count("SELECT count(*) FROM rooms WHERE room_id = ?1", [.text(id)]) == 0 else {
                throw DirectoryChangeError.exists(.room)
            }
            if UUID(id.text.utf8) != nil, let other = try transaction.roomsInOtherCase(id).first {
                throw DirectoryChangeError.sameUUID(.room, other)
            }
            // As with a user: what a former room of this id has left is not the new one's.
            let leftovers = Removal(
                memberships: try transaction.run("DELETE FROM members WHERE room_id = ?1", [.text(id)]),
                streamSessions: try transaction.run("DELETE FROM stream_sessions WHERE room_id = ?1", [.text(id)])
            )
            try transaction.run(
                "INSERT INTO rooms (room_id, access, created_at) VALUES (?1, ?2, ?3)",
                [.text(id), .text(Array(access.rawValue.utf8)), .time(now)]
            )
            return leftovers
        }
    }

    package func roomsInOtherCase(_ id: Identifier) throws(DirectoryChangeError) -> [Identifier] {
        try read { try $0.roomsInOtherCase(id) }
    }

    package func rooms() throws(DirectoryChangeError) -> RecordList<RoomRecord> {
        try read { transaction in
            try transaction.list("SELECT room_id, access, created_at FROM rooms ORDER BY room_id", [], of: "rooms") {
                (row) throws(MalformedColumn) in
                RoomRecord(id: try row.identifier(0), access: try row.access(1), createdAt: try row.time(2))
            }
        }
    }

    package func removeRoom(_ id: Identifier) throws(DirectoryChangeError) -> Removal {
        try change { transaction in
            try transaction.requireRoom(id)
            let removal = Removal(
                memberships: try transaction.count("SELECT count(*) FROM members WHERE room_id = ?1", [.text(id)]),
                streamSessions: try transaction.count(
                    "SELECT count(*) FROM stream_sessions WHERE room_id = ?1",
                    [.text(id)]
                )
            )
            try transaction.run("DELETE FROM rooms WHERE room_id = ?1", [.text(id)])
            return removal
        }
    }
}
