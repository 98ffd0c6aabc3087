package import RoomAccess
import SQLite

extension SQLiteDirectoryWriter {
    package func addMember(
        _ user: Identifier,
        to room: Identifier,
        _ membership: Membership
    ) throws(DirectoryChangeError) -> Bool {
        let key: [Statement.Argument] = [
            .text(room), .text(user), .text(membership.role), .limit(membership.scene), .limit(membership.event),
        ]
        return try change { transaction in
            try transaction.requireRoom(room)
            try transaction.requireUser(user)
            let isKnown = try transaction.run(
                """
                UPDATE members SET expires_at = ?6
                WHERE room_id = ?1 AND user_id = ?2 AND role = ?3 AND scene_id = ?4 AND event_id = ?5
                """,
                key + [.time(membership.expiresAt)]
            )
            if isKnown > 0 { return false }
            try transaction.run(
                """
                INSERT INTO members (room_id, user_id, role, scene_id, event_id, expires_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                key + [.time(membership.expiresAt)]
            )
            return true
        }
    }

    package func members(of room: Identifier) throws(DirectoryChangeError) -> RecordList<MemberRecord> {
        try read { transaction in
            try transaction.requireRoom(room)
            return try transaction.list(
                """
                SELECT user_id, role, scene_id, event_id, NULL, expires_at FROM members WHERE room_id = ?1
                ORDER BY user_id, role, scene_id, event_id
                """,
                [.text(room)],
                of: "members"
            ) { (row) throws(MalformedColumn) in
                MemberRecord(user: try row.identifier(0), membership: try Membership(row))
            }
        }
    }

    package func removeMember(
        _ user: Identifier,
        from room: Identifier,
        _ filter: MembershipFilter
    ) throws(DirectoryChangeError) -> [Membership] {
        let condition = """
            FROM members WHERE room_id = ?1 AND user_id = ?2
            AND (?3 IS NULL OR role = ?3) AND (?4 IS NULL OR scene_id = ?4) AND (?5 IS NULL OR event_id = ?5)
            """
        let arguments: [Statement.Argument] = [
            .text(room), .text(user), .text(filter.role), .text(filter.scene), .text(filter.event),
        ]
        return try change { transaction in
            try transaction.requireRoom(room)
            try transaction.requireUser(user)
            let meant = try transaction.all(
                "SELECT NULL, role, scene_id, event_id, NULL, expires_at \(condition)",
                arguments,
                of: "members",
                Membership.init
            )
            guard !meant.isEmpty else { throw DirectoryChangeError.unknown(.membership) }
            try transaction.run("DELETE \(condition)", arguments)
            return meant
        }
    }
}
