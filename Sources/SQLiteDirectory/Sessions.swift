package import LiveKitToken
package import RoomAccess
import SQLite

extension SQLiteDirectoryWriter {
    package func addSession(
        _ digest: SessionDigest,
        user: Identifier,
        from now: NumericDate,
        until end: NumericDate
    ) throws(DirectoryChangeError) {
        try change { transaction in
            try transaction.requireUser(user)
            let isTaken = try transaction.count(
                "SELECT count(*) FROM sessions WHERE token_sha256 = ?1",
                [.blob(digest.bytes)]
            )
            guard isTaken == 0 else { throw DirectoryChangeError.exists(.session) }
            try transaction.run(
                "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                [.blob(digest.bytes), .text(user), .time(now), .time(end)]
            )
        }
    }

    package func sessions(of user: Identifier) throws(DirectoryChangeError) -> RecordList<SessionRecord> {
        try read { transaction in
            try transaction.requireUser(user)
            return try transaction.list(
                """
                SELECT token_sha256, created_at, expires_at, revoked_at FROM sessions WHERE user_id = ?1
                ORDER BY created_at, token_sha256
                """,
                [.text(user)],
                of: "sessions"
            ) { (row) throws(MalformedColumn) in
                SessionRecord(
                    digest: try row.digest(0),
                    createdAt: try row.time(1),
                    expiresAt: try row.time(2),
                    revokedAt: try row.optional(3, row.time)
                )
            }
        }
    }

    package func revokeSessions(of user: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Int {
        try change { transaction in
            try transaction.requireUser(user)
            return try transaction.run(
                "UPDATE sessions SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL",
                [.text(user), .time(now)]
            )
        }
    }

    package func revokeSession(_ digest: SessionDigest, at now: NumericDate) throws(DirectoryChangeError) -> Bool {
        try change { transaction in
            let known = try transaction.count(
                "SELECT count(*) FROM sessions WHERE token_sha256 = ?1",
                [.blob(digest.bytes)]
            )
            guard known > 0 else { throw DirectoryChangeError.unknown(.session) }
            return try transaction.run(
                "UPDATE sessions SET revoked_at = ?2 WHERE token_sha256 = ?1 AND revoked_at IS NULL",
                [.blob(digest.bytes), .time(now)]
            ) > 0
        }
    }
}
