import LiveKitToken
import SQLite
import StrictJSON
import TokenEndpoint

// What a row means. Each of these is `nil` for a row that the schema rules out: a site may have written it with the
// constraints turned off, or the disk may have; either way nothing is concluded from it.

extension Row {
    /// An id; `nil` if it is not one.
    func identifier(_ column: Int32) -> Identifier? {
        text(column).flatMap(UTF8String.init(validating:)).flatMap(Identifier.init)
    }

    func access(_ column: Int32) -> Room.Access? {
        text(column).flatMap { bytes in Room.Access.allCases.first { bytes.elementsEqual($0.rawValue.utf8) } }
    }

    /// A value that may be NULL: `.some(nil)` is NULL, `nil` is neither NULL nor such a value.
    func optional<Value>(_ column: Int32, _ value: (Int32) -> Value?) -> Value?? {
        isNull(column) ? .some(nil) : value(column).map { .some($0) }
    }

    /// An id that may be NULL or empty, each of which means no id.
    func limit(_ column: Int32) -> Identifier?? {
        if isNull(column) || text(column)?.isEmpty ?? false { return .some(nil) }
        return identifier(column).map { .some($0) }
    }

    func time(_ column: Int32) -> NumericDate? {
        integer(column).map(NumericDate.init)
    }

    func flag(_ column: Int32) -> Bool? {
        switch integer(column) {
        case 0: false
        case 1: true
        default: nil
        }
    }
}

extension User {
    /// Reads `user_id, did, name, disabled` from column 0 on.
    init?(_ row: Row) {
        guard let id = row.identifier(0),
            let did = row.optional(1, { row.text($0).flatMap(UTF8String.init(validating:)).flatMap(DID.init) }),
            let name = row.optional(2, { row.text($0).flatMap(UTF8String.init(validating:)).flatMap(UserName.init) }),
            let isDisabled = row.flag(3)
        else { return nil }
        self.init(id: id, did: did?.text, name: name?.text, isDisabled: isDisabled)
    }
}

extension Membership {
    /// Reads `role, scene_id, event_id, –, expires_at` from column 1 on.
    init?(_ row: Row) {
        guard let role = row.identifier(1), let scene = row.limit(2), let event = row.limit(3),
            let expiresAt = row.optional(5, row.time)
        else { return nil }
        self.init(role: role, scene: scene, event: event, expiresAt: expiresAt)
    }
}

extension StreamSession {
    /// Reads `scene_id, event_id, opens_at, closes_at` from column 2 on.
    init?(_ row: Row) {
        guard let scene = row.limit(2), let event = row.limit(3), let opensAt = row.optional(4, row.time),
            let closesAt = row.optional(5, row.time)
        else { return nil }
        self.init(scene: scene, event: event, opensAt: opensAt, closesAt: closesAt)
    }
}
