package import StrictJSON

/// A template of rooms that need not be listed: what is true of each of them.
package struct RoomTemplate: Equatable, Sendable {
    /// Which rooms it is for.
    package let match: RoomGlob
    package let access: RoomEntry.Access
    /// The role that every user with a session has in an open room; `nil` for the one of the deployment.
    package let role: Identifier?
    /// The agents that LiveKit sends into the room, each once; the empty name is the unnamed agent's.
    package let agents: [UTF8String]

    package init(
        match: RoomGlob,
        access: RoomEntry.Access = .restricted,
        role: Identifier? = nil,
        agents: [UTF8String] = []
    ) {
        self.match = match
        self.access = access
        self.role = role
        self.agents = agents
    }
}

/// The templates of a deployment, in their order; of those that match a room the first counts.
package struct RoomTemplates: Equatable, Sendable {
    package let templates: [RoomTemplate]

    package init(_ templates: [RoomTemplate] = []) {
        self.templates = templates
    }

    /// The template of a room that is not listed; `nil` if it has none.
    package subscript(_ room: Identifier) -> RoomTemplate? {
        templates.first { $0.match.matches(room) }
    }

    /// A room as one user meets it; `nil` if there is no such room for that user.
    ///
    /// A room that is listed is what the directory says, whatever template matches it. One that is not has no stream
    /// sessions, and exists by a template, or else for those who are members of it.
    ///
    /// - Parameters:
    ///   - listed: the room as the directory has it; `nil` if it does not list it.
    ///   - memberships: those of the user; `nil` where nothing that the source of memberships says is about the room.
    func entry(of room: Identifier, listed: RoomEntry?, memberships: [Membership]?) -> RoomEntry? {
        if let listed {
            return RoomEntry(
                access: listed.access,
                memberships: memberships ?? [],
                isScheduled: listed.isScheduled,
                streamSessions: listed.streamSessions
            )
        }
        let template = self[room]
        guard template != nil || memberships != nil else { return nil }
        return RoomEntry(
            access: template?.access ?? .restricted,
            memberships: memberships ?? [],
            isScheduled: false,
            streamSessions: [],
            template: template
        )
    }
}
