package import LiveKitToken
import SQLite
package import TokenEndpoint

/// A stream session as a list shows it.
package struct StreamSessionRecord: Equatable, Sendable {
    package let id: Identifier
    package let session: StreamSession
}

extension DirectoryWriter {
    /// Plans a time on air for a room, or for one scene or event of it.
    ///
    /// - Throws: `.unknown(.room)` or `.exists(.streamSession)`.
    package func addStreamSession(
        _ id: Identifier,
        room: Identifier,
        _ session: StreamSession
    ) throws(DirectoryChangeError) {
        try change { changes in
            try changes.requireRoom(room)
            let taken = try changes.count(
                "SELECT count(*) FROM stream_sessions WHERE stream_session_id = ?1",
                [.text(id)]
            )
            guard taken == 0 else { throw DirectoryChangeError.exists(.streamSession) }
            try changes.run(
                """
                INSERT INTO stream_sessions (stream_session_id, room_id, scene_id, event_id, opens_at, closes_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                [
                    .text(id), .text(room), .text(session.scene), .text(session.event), .time(session.opensAt),
                    .time(session.closesAt),
                ]
            )
        }
    }

    /// The stream sessions of a room, closed ones too, in the order of their opening.
    ///
    /// - Throws: `.unknown(.room)`.
    package func streamSessions(of room: Identifier) throws(DirectoryChangeError) -> [StreamSessionRecord] {
        try read { changes in
            try changes.requireRoom(room)
            return try changes.all(
                """
                SELECT stream_session_id, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
                WHERE room_id = ?1 ORDER BY opens_at, closes_at, stream_session_id
                """,
                [.text(room)],
                of: "stream_sessions"
            ) { row in
                guard let id = row.identifier(0), let session = StreamSession(row) else { return nil }
                return StreamSessionRecord(id: id, session: session)
            }
        }
    }

    /// Closes a stream session now; one that has not opened yet never will.
    ///
    /// It stays in the directory, so that its room does not become one that is always on air.
    ///
    /// - Returns: whether it was not closed before.
    /// - Throws: `.unknown(.streamSession)`.
    package func endStreamSession(_ id: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Bool {
        try change { changes in
            let known = try changes.count(
                "SELECT count(*) FROM stream_sessions WHERE stream_session_id = ?1",
                [.text(id)]
            )
            guard known > 0 else { throw DirectoryChangeError.unknown(.streamSession) }
            return try changes.run(
                """
                UPDATE stream_sessions SET opens_at = min(opens_at, ?2), closes_at = ?2
                WHERE stream_session_id = ?1 AND (closes_at IS NULL OR closes_at > ?2)
                """,
                [.text(id), .time(now)]
            ) > 0
        }
    }
}
