import LiveKitToken
import RoomAccess
import StrictJSON

/// A reader of the section `roles`.
enum RoleReader {
    /// The grants of LiveKit that no role may have, in LiveKit's spelling and in ours, each with the reason.
    private static let forbidden: [String: String] = {
        let beyondTheRoom = "it reaches beyond the one room of a token"
        let hides = "it would hide a participant from the others"
        return [
            "room_create": "it would let its holder delete any room",
            "roomCreate": "it would let its holder delete any room",
            "room_list": beyondTheRoom, "roomList": beyondTheRoom, "room_record": beyondTheRoom,
            "roomRecord": beyondTheRoom, "ingress_admin": beyondTheRoom, "ingressAdmin": beyondTheRoom,
            "destination_room": beyondTheRoom, "destinationRoom": beyondTheRoom, "hidden": hides, "recorder": hides,
            "agent": hides,
        ]
    }()

    /// Reads all roles, at least one.
    static func roles(_ section: ConfigurationReader) throws(ConfigurationError) -> [Identifier: Role] {
        var roles: [Identifier: Role] = [:]
        for name in try section.names() {
            guard let identifier = Identifier(UTF8String(name.value)) else {
                throw section.error(name, "is not a valid role name; write 1 to 256 visible ASCII characters")
            }
            roles[identifier] = try role(section.section(name.value))
        }
        guard !roles.isEmpty else {
            throw section.error("has no role; remove the key to have the roles host, speaker and viewer")
        }
        return roles
    }

    private static func role(_ section: ConfigurationReader) throws(ConfigurationError) -> Role {
        for name in try section.names() {
            if let reason = forbidden[name.value] {
                throw section.error(name, "is a grant that no role may have: \(reason)")
            }
        }
        let publish = try section.bool("publish")
        let sources = try section.strings("publish_sources")
        let publishing: Permissions.Publishing
        switch (publish?.value, sources) {
        case (true?, let sources?), (nil, let sources?): publishing = .only(try read(sources, of: section))
        case (true?, nil): publishing = .anything
        case (false?, let sources?):
            throw section.error(sources, "limits what may be published, but publish is false; remove one of the two")
        case (false?, nil), (nil, nil): publishing = .nothing
        }
        let permissions = Permissions(
            publishing: publishing,
            subscribe: try section.bool("subscribe")?.value ?? false,
            publishData: try section.bool("data")?.value ?? false,
            updateOwnMetadata: try section.bool("update_own_metadata")?.value ?? false,
            roomAdmin: try section.bool("room_admin")?.value ?? false
        )
        let role = Role(permissions, anytime: try section.bool("anytime")?.value ?? false)
        try section.finish()
        return role
    }

    private static func read(
        _ sources: ConfigurationReader.Located<[ConfigurationReader.Located<String>]>,
        of section: ConfigurationReader
    ) throws(ConfigurationError) -> Set<TrackSource> {
        var known: Set<TrackSource> = []
        for source in sources.value {
            guard let track = TrackSource(rawValue: source.value) else {
                let all = TrackSource.allCases.map(\.rawValue).joined(separator: ", ")
                throw section.error(source, "lists \(source.value), which is not a source; the sources are \(all)")
            }
            known.insert(track)
        }
        guard !known.isEmpty else { throw section.error(sources, "is empty; write publish: false instead") }
        return known
    }
}
