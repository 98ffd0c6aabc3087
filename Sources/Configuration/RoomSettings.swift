package import RoomAccess
import RoomPattern
import StrictJSON

/// The sections `rooms` and `roles`: which ids there can be, and what each role may do in its room.
package struct RoomSettings: Sendable {
    /// The ids that a deployment allows.
    package let ids: IDPattern
    /// The roles, and the one of an open room.
    package let join: JoinPolicy
    /// `rooms.templates`: the rooms that need not be listed.
    package let templates: RoomTemplates

    /// The roles, by name.
    package var roles: [Identifier: Role] { join.roles }

    init(
        _ section: ConfigurationReader,
        roles: ConfigurationReader?
    ) throws(ConfigurationError) {
        let pattern = try section.string("pattern")?.value ?? Defaults.idPattern
        let openRole = try section.string("open_role")?.value ?? Defaults.openRole
        do throws(RoomPatternError) {
            ids = IDPattern(try RoomPattern(pattern))
        } catch {
            throw section.error(key: "pattern", error.problem)
        }
        let roles = try roles.map(RoleReader.roles) ?? Defaults.roles
        guard let open = Identifier(UTF8String(openRole)), let join = JoinPolicy(roles: roles, openRole: open) else {
            let known = Listing.text(roles.keys.sorted().map(\.description))
            throw section.error(key: "open_role", "is \(openRole), which is not a role; the roles are \(known)")
        }
        self.join = join
        templates = try RoomTemplateReader.templates(section, roles: roles)
        try section.finish()
    }
}
