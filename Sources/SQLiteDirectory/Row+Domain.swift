import LiveKitToken
import RoomAccess
import SQLite
import StrictJSON

/// A column that holds what the schema rules out.
///
/// A site may have written it with the constraints turned off, or the disk may have. Nothing is concluded from its row.
struct MalformedColumn: Error {}

// Each of these throws for a column that does not hold such a value.

extension Row {
    func identifier(_ column: Int32) throws(MalformedColumn) -> Identifier {
        try value(text(column).flatMap(UTF8String.init(validating:)).flatMap { Identifier($0) })
    }

    func did(_ column: Int32) throws(MalformedColumn) -> DID {
        try value(text(column).flatMap(UTF8String.init(validating:)).flatMap(DID.init))
    }

    func name(_ column: Int32) throws(MalformedColumn) -> UserName {
        try value(text(column).flatMap(UTF8String.init(validating:)).flatMap(UserName.init))
    }

    func digest(_ column: Int32) throws(MalformedColumn) -> SessionDigest {
        try value(blob(column).flatMap(SessionDigest.init(bytes:)))
    }

    func access(_ column: Int32) throws(MalformedColumn) -> RoomEntry.Access {
        try value(
            text(column).flatMap { bytes in RoomEntry.Access.allCases.first { bytes.elementsEqual($0.rawValue.utf8) } }
        )
    }

    func time(_ column: Int32) throws(MalformedColumn) -> NumericDate {
        NumericDate(try value(integer(column)))
    }

    func flag(_ column: Int32) throws(MalformedColumn) -> Bool {
        switch integer(column) {
        case 0: false
        case 1: true
        default: throw MalformedColumn()
        }
    }

    /// The value of a column that may be NULL.
    func optional<Value>(
        _ column: Int32,
        _ value: (Int32) throws(MalformedColumn) -> Value
    ) throws(MalformedColumn) -> Value? {
        isNull(column) ? nil : try value(column)
    }

    /// An id that may be NULL or empty, each of which means no id.
    func limit(_ column: Int32) throws(MalformedColumn) -> Identifier? {
        isNull(column) || text(column)?.isEmpty ?? false ? nil : try identifier(column)
    }

    private func value<Value>(_ value: Value?) throws(MalformedColumn) -> Value {
        guard let value else { throw MalformedColumn() }
        return value
    }
}

extension User {
    /// Reads `user_id, did, name, disabled` from column 0 on.
    ///
    /// A name that cannot be read is none: it grants nothing, so nothing is lost with it.
    init(_ row: Row) throws(MalformedColumn) {
        self.init(
            id: try row.identifier(0),
            did: try row.optional(1, row.did)?.text,
            name: (try? row.name(2))?.text,
            isDisabled: try row.flag(3)
        )
    }
}

extension Block {
    /// Reads `user_id, room_id, expires_at, why, identity` from column 0 on.
    ///
    /// A reason that cannot be read is none: it decides nothing. An identity of another user than the one who is named
    /// is malformed: it cannot be told whom the row is to bar.
    init(_ row: Row) throws(MalformedColumn) {
        self.init(
            user: try row.identifier(0),
            room: try row.limit(1),
            until: try row.optional(2, row.time),
            why: (try? row.name(3))?.text
        )
        guard row.text(4) == identity.text.utf8 else { throw MalformedColumn() }
    }
}

extension Membership {
    /// Reads `role, scene_id, event_id, –, expires_at` from column 1 on.
    init(_ row: Row) throws(MalformedColumn) {
        self.init(
            role: try row.identifier(1),
            scene: try row.limit(2),
            event: try row.limit(3),
            expiresAt: try row.optional(5, row.time)
        )
    }
}

extension StreamSession {
    /// Reads `scene_id, event_id, opens_at, closes_at` from column 2 on.
    init(_ row: Row) throws(MalformedColumn) {
        self.init(
            scene: try row.limit(2),
            event: try row.limit(3),
            opensAt: try row.optional(4, row.time),
            closesAt: try row.optional(5, row.time)
        )
    }
}

extension DirectoryError {
    /// Reads a row of a table; a malformed column is the directory's failure.
    static func reading<Value>(_ table: String, _ body: () throws(MalformedColumn) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw DirectoryError(
                "a row of \(table) holds what the schema rules out: check it with PRAGMA integrity_check"
            )
        }
    }
}
