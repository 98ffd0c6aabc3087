import LiveKitToken
import RoomAccess
import StrictJSON

/// A reader of `memberships.rooms`: groups, and the rooms and roles that each gives, as a claim has them.
enum GroupReader {
    /// What a role in a list must be.
    private static let words = "must be the name of a role, or a mapping such as {role: host, scene: intro}"

    /// Reads what each group gives, by the name of the group.
    static func grants(
        _ section: ConfigurationReader,
        rooms: RoomSettings
    ) throws(ConfigurationError) -> [UTF8String: [GroupMemberships.Grant]] {
        var grants: [UTF8String: [GroupMemberships.Grant]] = [:]
        for group in try section.names() {
            guard !group.value.isEmpty else { throw section.error(group, "is the name of no group") }
            guard section.isMapping(group.value) else {
                throw section.error(group, "must be what the group gives, such as {'stage-*': [host]}")
            }
            let ofGroup = try section.section(group.value)
            grants[UTF8String(group.value)] = try ofGroup.names().map { (room) throws(ConfigurationError) in
                try grant(room, ofGroup, rooms: rooms)
            }
        }
        return grants
    }

    private static func grant(
        _ room: ConfigurationReader.Located<String>,
        _ section: ConfigurationReader,
        rooms: RoomSettings
    ) throws(ConfigurationError) -> GroupMemberships.Grant {
        let glob = RoomGlob(UTF8String(room.value))
        if glob.isLiteral { _ = try section.roomID(room, rooms) }
        let memberships = try (section.elements(room.value, words) ?? []).map { (element) throws(ConfigurationError) in
            switch element {
            case .string(let name): return Membership(role: try section.role(name, of: rooms.roles))
            case .section(let section): return try membership(section, rooms: rooms)
            }
        }
        guard !memberships.isEmpty else { throw section.error(room, "has no role; list one, or remove the room") }
        return GroupMemberships.Grant(rooms: glob, memberships: memberships)
    }

    private static func membership(
        _ section: ConfigurationReader,
        rooms: RoomSettings
    ) throws(ConfigurationError) -> Membership {
        guard let role = try section.string("role") else { throw section.error("needs role, such as {role: host}") }
        let membership = Membership(
            role: try section.role(role, of: rooms.roles),
            scene: try section.string("scene").map { (id) throws(ConfigurationError) in try section.roomID(id, rooms) },
            event: try section.string("event").map { (id) throws(ConfigurationError) in try section.roomID(id, rooms) },
            expiresAt: try section.string("until").map { (time) throws(ConfigurationError) in
                guard let end = NumericDate(rfc3339: time.value) else {
                    throw section.error(time, "must be a time such as 2026-12-31T18:00:00Z")
                }
                return end
            }
        )
        try section.finish()
        return membership
    }
}

extension ConfigurationReader {
    /// The id of a room, a scene or an event, which a request must be able to name.
    fileprivate func roomID(_ id: Located<String>, _ rooms: RoomSettings) throws(ConfigurationError) -> Identifier {
        guard let identifier = rooms.ids.identifier(UTF8String(id.value)) else {
            throw error(id, "names \(id.value), which no request can: rooms.pattern is \(rooms.ids.source)")
        }
        return identifier
    }
}

extension UTF8String {
    /// Whether some bytes stand in it.
    func contains(_ bytes: [UInt8]) -> Bool {
        utf8.indices.contains { utf8[$0...].starts(with: bytes) }
    }
}
