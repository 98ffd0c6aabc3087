package import LiveKitToken
import SQLite
import StrictJSON
package import TokenEndpoint

/// A user as a list shows it.
package struct UserRecord: Equatable, Sendable {
    package let user: User
    package let createdAt: NumericDate
}

/// What was removed along with a user or a room.
package struct Removal: Equatable, Sendable {
    package let sessions: Int
    package let memberships: Int
    package let streamSessions: Int

    package init(sessions: Int = 0, memberships: Int = 0, streamSessions: Int = 0) {
        self.sessions = sessions
        self.memberships = memberships
        self.streamSessions = streamSessions
    }
}

extension DirectoryWriter {
    /// Adds a user who may hold sessions.
    ///
    /// - Throws: `.exists`, or `.sameUUID` if the id differs from another's in the case of a UUID alone.
    package func addUser(
        _ id: Identifier,
        did: DID? = nil,
        name: UserName? = nil,
        at now: NumericDate
    ) throws(DirectoryChangeError) {
        try change { changes in
            let others = try changes.all(
                "SELECT user_id FROM users WHERE user_id = ?1 OR (?2 AND lower(user_id) = lower(?1))",
                [.text(id), .integer(UUID(id.text.utf8) == nil ? 0 : 1)],
                of: "users"
            ) { $0.identifier(0) }
            if others.contains(id) { throw DirectoryChangeError.exists(.user) }
            if let other = others.first { throw DirectoryChangeError.sameUUID(other) }
            try changes.run(
                "INSERT INTO users (user_id, did, name, created_at) VALUES (?1, ?2, ?3, ?4)",
                [
                    .text(id), did.map { .text($0.text.utf8) } ?? .null, name.map { .text($0.text.utf8) } ?? .null,
                    .time(now),
                ]
            )
        }
    }

    /// All users, by id.
    package func users() throws(DirectoryChangeError) -> [UserRecord] {
        try read { changes in
            try changes.all(
                "SELECT user_id, did, name, disabled, created_at FROM users ORDER BY user_id",
                [],
                of: "users"
            ) { row in
                guard let user = User(row), let createdAt = row.time(4) else { return nil }
                return UserRecord(user: user, createdAt: createdAt)
            }
        }
    }

    /// Who a user is; `nil` if there is no such user.
    package func user(_ id: Identifier) throws(DirectoryChangeError) -> User? {
        try read { try $0.all(UserLookUp.sql, [.text(id)], of: "users") { User($0) }.first }
    }

    /// Ends, or allows again, everything a user may do; sessions stay what they are.
    ///
    /// - Returns: whether that changed anything.
    /// - Throws: `.unknown(.user)`.
    package func setUser(_ id: Identifier, disabled: Bool) throws(DirectoryChangeError) -> Bool {
        try change { changes in
            try changes.requireUser(id)
            return try changes.run(
                "UPDATE users SET disabled = ?2 WHERE user_id = ?1 AND disabled <> ?2",
                [.text(id), .integer(disabled ? 1 : 0)]
            ) > 0
        }
    }

    /// Removes a user with all sessions and memberships.
    ///
    /// - Throws: `.unknown(.user)`.
    package func removeUser(_ id: Identifier) throws(DirectoryChangeError) -> Removal {
        try change { changes in
            try changes.requireUser(id)
            let removal = Removal(
                sessions: try changes.count("SELECT count(*) FROM sessions WHERE user_id = ?1", [.text(id)]),
                memberships: try changes.count("SELECT count(*) FROM members WHERE user_id = ?1", [.text(id)])
            )
            try changes.run("DELETE FROM users WHERE user_id = ?1", [.text(id)])
            return removal
        }
    }
}
