package import LiveKitToken
package import RoomAccess
import SQLite
import StrictJSON

/// The query for the block that keeps a person out of a room.
package enum BlockQuery {
    /// The columns that `Block` reads, from column 0 on.
    static let columns = "user_id, room_id, expires_at, why, identity"

    /// Of several blocks the one of every room, which comes first in the order of the key.
    ///
    /// The plus sign keeps the room out of the search: SQLite would make a table of the list's two ids for each call,
    /// which takes six times as long as a look at the few blocks that a person has.
    package static let sql = """
        SELECT user_id, room_id, expires_at, why, identity FROM blocks
        WHERE identity = ?1 AND +room_id IN ('', ?2) AND (expires_at IS NULL OR expires_at > ?3)
        ORDER BY room_id LIMIT 1
        """

    static func run(
        _ statement: Statement,
        _ identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws -> Block? {
        let arguments: [Statement.Argument] = [
            .text(identity.text.utf8), .text(room.text.utf8), .integer(now.seconds),
        ]
        guard let row = try statement.firstRow(arguments) else { return nil }
        return try DirectoryError.reading("blocks") { () throws(MalformedColumn) in try Block(row) }
    }
}

extension SQLiteDirectoryWriter {
    package func block(_ block: Block, at now: NumericDate) throws(DirectoryChangeError) -> Blocking {
        try change { transaction in
            let former = try transaction.blocks(of: block.identity, in: block.room)
            try transaction.run(
                """
                INSERT INTO blocks (identity, room_id, user_id, expires_at, why, created_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (identity, room_id) DO UPDATE
                SET expires_at = excluded.expires_at, why = excluded.why, created_at = excluded.created_at
                """,
                [
                    .text(block.identity), .limit(block.room), .text(block.user), .time(block.until),
                    block.why.map { .text($0.utf8) } ?? .null, .time(now),
                ]
            )
            let namesakes = try transaction.usersInOtherCase(block.user)
            // A UUID in other letters is the same person.
            let isSpelledElse = namesakes.contains { ParticipantIdentity(user: $0.text) == block.identity }
            let users = try transaction.count("SELECT count(*) FROM users WHERE user_id = ?1", [.text(block.user)])
            return Blocking(
                former: former.first,
                isUserKnown: isSpelledElse || users > 0,
                usersInOtherCase: namesakes,
                isRoomListed: try block.room.map {
                    try transaction.count("SELECT count(*) FROM rooms WHERE room_id = ?1", [.text($0)]) > 0
                } ?? true,
                roomsInOtherCase: try block.room.map(transaction.roomsInOtherCase) ?? []
            )
        }
    }

    package func unblock(_ user: Identifier, in room: Identifier?) throws(DirectoryChangeError) -> [Block] {
        try change { transaction in
            let identity = ParticipantIdentity(user: user.text)
            var lifted = try transaction.blocks(of: identity)
            if let room { lifted.removeAll { $0.room != room } }
            guard !lifted.isEmpty else {
                let other = try transaction.all(
                    "SELECT user_id FROM blocks WHERE lower(user_id) = lower(?1) AND identity <> ?2 LIMIT 1",
                    [.text(user), .text(identity)],
                    of: "blocks"
                ) { (row) throws(MalformedColumn) in try row.identifier(0) }.first
                throw other.map { DirectoryChangeError.differsInCase(.block, $0) } ?? .unknown(.block)
            }
            for block in lifted {
                try transaction.run(
                    "DELETE FROM blocks WHERE identity = ?1 AND room_id = ?2",
                    [.text(identity), .limit(block.room)]
                )
            }
            return lifted
        }
    }

    package func blocks(
        of user: Identifier?,
        in room: Identifier?
    ) throws(DirectoryChangeError) -> RecordList<BlockRecord> {
        try read { transaction in
            try transaction.list(
                """
                SELECT \(BlockQuery.columns), created_at FROM blocks
                WHERE (?1 IS NULL OR identity = ?1) AND (?2 IS NULL OR room_id IN ('', ?2)) ORDER BY user_id, room_id
                """,
                [user.map { .text(ParticipantIdentity(user: $0.text)) } ?? .null, .text(room)],
                of: "blocks",
                flaw: { row, record in record.block.why == nil && !row.isNull(3) ? "why" : nil }
            ) { (row) throws(MalformedColumn) in BlockRecord(block: try Block(row), createdAt: try row.time(5)) }
        }
    }
}

extension Transaction {
    /// The blocks of a person, ended ones too: those of every room first.
    fileprivate func blocks(of identity: ParticipantIdentity) throws -> [Block] {
        try all(
            "SELECT \(BlockQuery.columns) FROM blocks WHERE identity = ?1 ORDER BY room_id",
            [.text(identity)],
            of: "blocks",
            Block.init
        )
    }

    /// The block of a person in a room, or in every room, ended or not; no more than one.
    fileprivate func blocks(of identity: ParticipantIdentity, in room: Identifier?) throws -> [Block] {
        try all(
            "SELECT \(BlockQuery.columns) FROM blocks WHERE identity = ?1 AND room_id = ?2",
            [.text(identity), .limit(room)],
            of: "blocks",
            Block.init
        )
    }

    /// Bars a person from every room for good, as a removal leaves it; a reason that is there stays.
    func blockForGood(_ user: Identifier, why: String) throws {
        try run(
            """
            INSERT INTO blocks (identity, user_id, why) VALUES (?1, ?2, ?3)
            ON CONFLICT (identity, room_id) DO UPDATE SET expires_at = NULL, why = coalesce(why, excluded.why)
            """,
            [.text(ParticipantIdentity(user: user.text)), .text(user), .text(Array(why.utf8))]
        )
    }
}

extension Statement.Argument {
    fileprivate static func text(_ identity: ParticipantIdentity) -> Self { .text(identity.text.utf8) }
}
