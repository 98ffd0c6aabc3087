package import LiveKitToken
package import RoomAccess

extension SQLiteDirectoryWriter {
    package func addStreamSession(
        _ id: Identifier,
        room: Identifier,
        _ session: StreamSession
    ) throws(DirectoryChangeError) {
        try change { transaction in
            try transaction.requireRoom(room)
            let taken = try transaction.count(
                "SELECT count(*) FROM stream_sessions WHERE stream_session_id = ?1",
                [.text(id)]
            )
            guard taken == 0 else { throw DirectoryChangeError.exists(.streamSession) }
            try transaction.run(
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

    package func streamSessions(of room: Identifier) throws(DirectoryChangeError) -> RecordList<StreamSessionRecord> {
        try read { transaction in
            try transaction.requireRoom(room)
            return try transaction.list(
                """
                SELECT stream_session_id, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
                WHERE room_id = ?1 ORDER BY opens_at, closes_at, stream_session_id
                """,
                [.text(room)],
                of: "stream_sessions"
            ) { (row) throws(MalformedColumn) in
                StreamSessionRecord(id: try row.identifier(0), session: try StreamSession(row))
            }
        }
    }

    package func endStreamSession(_ id: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Bool {
        try change { transaction in
            let known = try transaction.count(
                "SELECT count(*) FROM stream_sessions WHERE stream_session_id = ?1",
                [.text(id)]
            )
            guard known > 0 else { throw DirectoryChangeError.unknown(.streamSession) }
            return try transaction.run(
                """
                UPDATE stream_sessions SET opens_at = min(opens_at, ?2), closes_at = ?2
                WHERE stream_session_id = ?1 AND (closes_at IS NULL OR closes_at > ?2)
                """,
                [.text(id), .time(now)]
            ) > 0
        }
    }

    package func clearStreamSessions(of room: Identifier) throws(DirectoryChangeError) -> Int {
        try change { transaction in
            try transaction.requireRoom(room)
            return try transaction.run("DELETE FROM stream_sessions WHERE room_id = ?1", [.text(room)])
        }
    }
}
