package import LiveKitToken
package import RoomAccess
import SQLite
import StrictJSON

extension SQLiteDirectoryWriter {
    @discardableResult
    package func addUser(
        _ id: Identifier,
        did: DID? = nil,
        name: UserName? = nil,
        at now: NumericDate
    ) throws(DirectoryChangeError) -> Removal {
        try change { transaction in
            let others = try transaction.all(
                "SELECT user_id FROM users WHERE user_id = ?1 OR (?2 AND lower(user_id) = lower(?1))",
                [.text(id), .integer(UUID(id.text.utf8) == nil ? 0 : 1)],
                of: "users"
            ) { (row) throws(MalformedColumn) in try row.identifier(0) }
            if others.contains(id) { throw DirectoryChangeError.exists(.user) }
            if let other = others.first { throw DirectoryChangeError.sameUUID(.user, other) }
            // Rows that were written without foreign keys, or before a user was renamed, wait for a user of this id.
            let leftovers = Removal(
                sessions: try transaction.run("DELETE FROM sessions WHERE user_id = ?1", [.text(id)]),
                memberships: try transaction.run("DELETE FROM members WHERE user_id = ?1", [.text(id)])
            )
            try transaction.run(
                "INSERT INTO users (user_id, did, name, created_at) VALUES (?1, ?2, ?3, ?4)",
                [
                    .text(id), did.map { .text($0.text.utf8) } ?? .null, name.map { .text($0.text.utf8) } ?? .null,
                    .time(now),
                ]
            )
            return leftovers
        }
    }

    package func users() throws(DirectoryChangeError) -> RecordList<UserRecord> {
        try read { transaction in
            try transaction.list(
                "SELECT user_id, did, name, disabled, created_at FROM users ORDER BY user_id",
                [],
                of: "users",
                flaw: { row, record in record.user.name == nil && !row.isNull(2) ? "name" : nil }
            ) { (row) throws(MalformedColumn) in UserRecord(user: try User(row), createdAt: try row.time(4)) }
        }
    }

    package func user(_ id: Identifier) throws(DirectoryChangeError) -> User? {
        try read { try $0.all(UserQuery.sql, [.text(id)], of: "users", User.init).first }
    }

    package func setUser(_ id: Identifier, disabled: Bool) throws(DirectoryChangeError) -> Bool {
        try change { transaction in
            try transaction.requireUser(id)
            return try transaction.run(
                "UPDATE users SET disabled = ?2 WHERE user_id = ?1 AND disabled <> ?2",
                [.text(id), .integer(disabled ? 1 : 0)]
            ) > 0
        }
    }

    package func removeUser(_ id: Identifier) throws(DirectoryChangeError) -> Removal {
        try change { transaction in
            try transaction.requireUser(id)
            // Where logins name the users, who is not known would be let in again.
            let isDisabled =
                try transaction.count("SELECT count(*) FROM users WHERE user_id = ?1 AND disabled <> 0", [.text(id)])
                > 0
            let removal = Removal(
                sessions: try transaction.count("SELECT count(*) FROM sessions WHERE user_id = ?1", [.text(id)]),
                memberships: try transaction.count("SELECT count(*) FROM members WHERE user_id = ?1", [.text(id)]),
                leavesBlock: isDisabled
            )
            try transaction.run("DELETE FROM users WHERE user_id = ?1", [.text(id)])
            if isDisabled { try transaction.blockForGood(id, why: "disabled when removed") }
            return removal
        }
    }
}
