import LiveKitToken
import SQLite
package import TokenEndpoint

/// A membership as a list shows it.
package struct MemberRecord: Equatable, Sendable {
    package let user: Identifier
    package let membership: Membership
}

/// Which memberships of a user in a room are meant: all, or those of one role, scene or event.
package struct MembershipFilter: Sendable {
    package var role: Identifier?
    package var scene: Identifier?
    package var event: Identifier?

    package init(role: Identifier? = nil, scene: Identifier? = nil, event: Identifier? = nil) {
        self.role = role
        self.scene = scene
        self.event = event
    }
}

extension DirectoryWriter {
    /// Gives a user a role in a room, or in one scene or event of it.
    ///
    /// A membership that exists already, end apart, gets the new end.
    ///
    /// - Returns: whether it did not exist before.
    /// - Throws: `.unknown(.room)` or `.unknown(.user)`.
    package func addMember(
        _ user: Identifier,
        to room: Identifier,
        _ membership: Membership
    ) throws(DirectoryChangeError) -> Bool {
        let key: [Statement.Argument] = [
            .text(room), .text(user), .text(membership.role), .limit(membership.scene), .limit(membership.event),
        ]
        return try change { changes in
            try changes.requireRoom(room)
            try changes.requireUser(user)
            let isKnown = try changes.run(
                """
                UPDATE members SET expires_at = ?6
                WHERE room_id = ?1 AND user_id = ?2 AND role = ?3 AND scene_id = ?4 AND event_id = ?5
                """,
                key + [.time(membership.expiresAt)]
            )
            if isKnown > 0 { return false }
            try changes.run(
                """
                INSERT INTO members (room_id, user_id, role, scene_id, event_id, expires_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                key + [.time(membership.expiresAt)]
            )
            return true
        }
    }

    /// The members of a room, ended memberships too, by user.
    ///
    /// - Throws: `.unknown(.room)`.
    package func members(of room: Identifier) throws(DirectoryChangeError) -> [MemberRecord] {
        try read { changes in
            try changes.requireRoom(room)
            return try changes.all(
                """
                SELECT user_id, role, scene_id, event_id, NULL, expires_at FROM members WHERE room_id = ?1
                ORDER BY user_id, role, scene_id, event_id
                """,
                [.text(room)],
                of: "members"
            ) { row in
                guard let user = row.identifier(0), let membership = Membership(row) else { return nil }
                return MemberRecord(user: user, membership: membership)
            }
        }
    }

    /// Ends the memberships of a user in a room that a filter means.
    ///
    /// - Returns: those that it ended, at least one.
    /// - Throws: `.unknown(.room)`, `.unknown(.user)`, or `.unknown(.membership)` if the filter means none.
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
        return try change { changes in
            try changes.requireRoom(room)
            try changes.requireUser(user)
            let meant = try changes.all(
                "SELECT NULL, role, scene_id, event_id, NULL, expires_at \(condition)",
                arguments,
                of: "members"
            ) { Membership($0) }
            guard !meant.isEmpty else { throw DirectoryChangeError.unknown(.membership) }
            try changes.run("DELETE \(condition)", arguments)
            return meant
        }
    }
}
