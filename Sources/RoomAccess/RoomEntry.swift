package import LiveKitToken

/// A room as one user meets it: its access, the user's memberships, and its stream sessions.
package struct RoomEntry: Equatable, Sendable {
    /// Who may enter.
    package enum Access: String, CaseIterable, Sendable {
        /// Members alone.
        case restricted
        /// Every user with a session, with the open role of the room; a membership adds its own.
        case open
    }

    package let access: Access
    /// All memberships of the user in this room, ended ones too.
    package let memberships: [Membership]
    /// Whether the room has stream sessions, past ones included: then it is open during them alone.
    package let isScheduled: Bool
    /// The stream sessions that have not closed yet.
    package let streamSessions: [StreamSession]
    /// The template that the room is of; `nil` for one that the directory lists, or that memberships alone name.
    package let template: RoomTemplate?

    package init(
        access: Access,
        memberships: [Membership],
        isScheduled: Bool,
        streamSessions: [StreamSession],
        template: RoomTemplate? = nil
    ) {
        self.template = template
        self.access = access
        self.memberships = memberships
        self.isScheduled = isScheduled
        self.streamSessions = streamSessions
    }

    /// The room as somebody meets it who has no membership in it.
    package var withoutMemberships: RoomEntry {
        RoomEntry(
            access: access,
            memberships: [],
            isScheduled: isScheduled,
            streamSessions: streamSessions,
            template: template
        )
    }
}

/// A membership: a role that a user has in a room, or in one scene or event of it.
package struct Membership: Equatable, Sendable {
    package let role: Identifier
    /// `nil` for every scene.
    package let scene: Identifier?
    /// `nil` for every event.
    package let event: Identifier?
    /// The first second after it; `nil` if it has no end.
    package let expiresAt: NumericDate?

    package init(role: Identifier, scene: Identifier? = nil, event: Identifier? = nil, expiresAt: NumericDate? = nil) {
        self.role = role
        self.scene = scene
        self.event = event
        self.expiresAt = expiresAt
    }
}

/// A stream session: a time during which a room, or one scene or event of it, is open.
package struct StreamSession: Equatable, Sendable {
    /// `nil` for every scene.
    package let scene: Identifier?
    /// `nil` for every event.
    package let event: Identifier?
    /// The first second of it; `nil` if it has always been open.
    package let opensAt: NumericDate?
    /// The first second after it; `nil` if no end is planned.
    package let closesAt: NumericDate?

    package init(
        scene: Identifier? = nil,
        event: Identifier? = nil,
        opensAt: NumericDate? = nil,
        closesAt: NumericDate? = nil
    ) {
        self.scene = scene
        self.event = event
        self.opensAt = opensAt
        self.closesAt = closesAt
    }
}
