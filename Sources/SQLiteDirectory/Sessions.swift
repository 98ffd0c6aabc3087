package import LiveKitToken
import SQLite
package import TokenEndpoint

/// A session as a list shows it: of the bearer, nobody has more than the digest.
package struct SessionRecord: Equatable, Sendable {
    package let digest: SessionDigest
    package let createdAt: NumericDate
    package let expiresAt: NumericDate
    package let revokedAt: NumericDate?
}

extension DirectoryWriter {
    /// Opens a session for a user until a time.
    ///
    /// - Throws: `.unknown(.user)`, or `.exists` if the bearer has been used before.
    package func addSession(
        _ digest: SessionDigest,
        user: Identifier,
        from now: NumericDate,
        until end: NumericDate
    ) throws(DirectoryChangeError) {
        try change { changes in
            try changes.requireUser(user)
            let isTaken = try changes.count(
                "SELECT count(*) FROM sessions WHERE token_sha256 = ?1",
                [.blob(digest.bytes)]
            )
            guard isTaken == 0 else { throw DirectoryChangeError.exists(.session) }
            try changes.run(
                "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                [.blob(digest.bytes), .text(user), .time(now), .time(end)]
            )
        }
    }

    /// The sessions of a user, ended ones too, in the order of their creation.
    ///
    /// - Throws: `.unknown(.user)`.
    package func sessions(of user: Identifier) throws(DirectoryChangeError) -> [SessionRecord] {
        try read { changes in
            try changes.requireUser(user)
            return try changes.all(
                """
                SELECT token_sha256, created_at, expires_at, revoked_at FROM sessions WHERE user_id = ?1
                ORDER BY created_at, token_sha256
                """,
                [.text(user)],
                of: "sessions"
            ) { row in
                guard let digest = row.blob(0).flatMap(SessionDigest.init(bytes:)), let createdAt = row.time(1),
                    let expiresAt = row.time(2), let revokedAt = row.optional(3, row.time)
                else { return nil }
                return SessionRecord(
                    digest: digest,
                    createdAt: createdAt,
                    expiresAt: expiresAt,
                    revokedAt: revokedAt
                )
            }
        }
    }

    /// Revokes every session of a user that has not been revoked before.
    ///
    /// - Returns: how many that were.
    /// - Throws: `.unknown(.user)`.
    package func revokeSessions(of user: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Int {
        try change { changes in
            try changes.requireUser(user)
            return try changes.run(
                "UPDATE sessions SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL",
                [.text(user), .time(now)]
            )
        }
    }

    /// Revokes one session.
    ///
    /// - Returns: whether it had not been revoked before.
    /// - Throws: `.unknown(.session)`.
    package func revokeSession(_ digest: SessionDigest, at now: NumericDate) throws(DirectoryChangeError) -> Bool {
        try change { changes in
            let known = try changes.count(
                "SELECT count(*) FROM sessions WHERE token_sha256 = ?1",
                [.blob(digest.bytes)]
            )
            guard known > 0 else { throw DirectoryChangeError.unknown(.session) }
            return try changes.run(
                "UPDATE sessions SET revoked_at = ?2 WHERE token_sha256 = ?1 AND revoked_at IS NULL",
                [.blob(digest.bytes), .time(now)]
            ) > 0
        }
    }
}
