import RoomAccess
import StrictJSON
import TokenEndpoint

/// A reader of `rooms.templates`.
enum RoomTemplateReader {
    /// Reads all templates, each of which must be able to match a room first.
    static func templates(
        _ section: ConfigurationReader,
        roles: [Identifier: Role]
    ) throws(ConfigurationError) -> RoomTemplates {
        let words = "must be a mapping, such as {match: 'call-*', access: open}"
        var templates: [RoomTemplate] = []
        let open: (String) -> String = { "{match: \($0), access: open}" }
        for element in try section.elements("templates", words, from: open) ?? [] {
            switch element {
            case .string(let text): throw section.error(text, "lists \(text.value); each element \(words)")
            case .section(let section):
                let template = try template(section, roles: roles)
                if let earlier = templates.first(where: { $0.match.covers(template.match) }) {
                    throw section.error(
                        key: "match",
                        earlier.match == template.match
                            ? "is \(template.match), as that of a template before it; remove one of the two"
                            : "is \(template.match), and the template before it for \(earlier.match) takes all those "
                                + "rooms, as the first that matches counts; put this one first"
                    )
                }
                templates.append(template)
            }
        }
        return RoomTemplates(templates)
    }

    private static func template(
        _ section: ConfigurationReader,
        roles: [Identifier: Role]
    ) throws(ConfigurationError) -> RoomTemplate {
        guard let match = try section.string("match") else {
            throw section.error("needs match, the rooms that it is for, such as match: 'call-*'")
        }
        guard match.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !match.value.isEmpty else {
            throw section.error(match, "must be visible ASCII, in which * stands for any characters")
        }
        guard !match.value.hasPrefix("^"), !match.value.hasSuffix("$") else {
            throw section.error(match, "is no glob, in which * stands for any characters; write call-* for ^call-.*$")
        }
        let access: RoomEntry.Access = try section.choice("access") ?? .restricted
        let role = try section.string("role").map { (name) throws(ConfigurationError) in
            try section.role(name, of: roles)
        }
        if role != nil, access == .restricted {
            throw section.error(
                key: "role",
                "is what every user has in an open room, and access is restricted; write access: open, or remove it"
            )
        }
        let agents = try section.strings("agents")?.value ?? []
        var names: [UTF8String] = []
        for agent in agents {
            let name = try section.liveKitName(agent, mayBeEmpty: true)
            guard !names.contains(name) else { throw section.error(agent, "lists \(agent.value) twice; keep one") }
            names.append(name)
        }
        try section.finish()
        return RoomTemplate(match: RoomGlob(UTF8String(match.value)), access: access, role: role, agents: names)
    }
}

extension ConfigurationReader {
    /// A role that must be one of the configuration.
    func role(_ name: Located<String>, of roles: [Identifier: Role]) throws(ConfigurationError) -> Identifier {
        guard let role = Identifier(UTF8String(name.value)), roles[role] != nil else {
            let known = Listing.text(roles.keys.sorted().map(\.description))
            throw error(name, "has the role \(name.value), which there is not; the roles are \(known)")
        }
        return role
    }

    /// A name that LiveKit takes as it is: at most 256 bytes without control characters.
    func liveKitName(_ name: Located<String>, mayBeEmpty: Bool) throws(ConfigurationError) -> UTF8String {
        let text = UTF8String(name.value)
        guard (mayBeEmpty ? 0...256 : 1...256).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw error(name, "has a name that is empty, longer than 256 bytes, or has control characters")
        }
        return text
    }
}
