package import RoomAccess
package import StrictJSON

/// The section `memberships`: who says what a user is in a room.
package struct MembershipSettings: Sendable {
    /// A source of memberships.
    package enum Source: String, CaseIterable, Sendable {
        case directory
        /// A claim of the login, `RoomsClaim`.
        case claims
        /// The groups of the login.
        case groups
    }

    /// `memberships.source`.
    package let source: Source
    /// `memberships.claim`: where a JWT has the rooms or the groups; `nil` where none is looked for.
    package let claim: ClaimPath?
    /// `memberships.rooms`: what each group gives.
    package let groups: [UTF8String: [GroupMemberships.Grant]]
    /// `memberships.groups_separator`: what stands between groups that the web server passes; `nil` unless it does.
    package let groupsSeparator: [UInt8]?

    /// What a login by parameters of the web server says of memberships.
    package var ofParameters: ParameterLogins.Memberships {
        switch (source, groupsSeparator) {
        case (.claims, _): .rooms
        case (.groups, let separator?): .groups(separator: separator)
        case (.directory, _), (.groups, nil): .none
        }
    }

    init(
        _ section: ConfigurationReader,
        rooms: RoomSettings,
        sessions: SessionSettings,
        directory: DirectoryURL
    ) throws(ConfigurationError) {
        let written: Source? = try section.choice("source")
        source = written ?? Defaults.membershipSource
        claim = try section.claimPath("claim", decides: true)
        let separator = try section.string("groups_separator")
        groupsSeparator = separator.map { Array($0.value.utf8) }
        groups =
            try section.optionalSection("rooms").map { (section) throws(ConfigurationError) in
                try GroupReader.grants(section, rooms: rooms)
            } ?? [:]
        try section.finish()
        try requireSessions(sessions, section)
        try requireOwnKeys(sessions, section)
        if source == .directory, let template = rooms.templates.templates.first(where: { $0.access == .restricted }) {
            throw section.error(
                key: "source",
                "is directory, which has no members in a room that it does not list, and the template for "
                    + "\(template.match) in rooms.templates lets in members alone; write access: open there"
            )
        }
        if source == .directory, directory == .absent {
            let isOpen = rooms.templates.templates.contains { $0.access == .open }
            guard written == nil, isOpen else {
                throw section.error(
                    key: "source",
                    "is directory, and directory.url is none, so that there are no members; write claims or groups"
                        + (written == nil ? ", or list open rooms in rooms.templates" : "")
                )
            }
        }
    }

    /// Refuses claims of sessions that carry none.
    private func requireSessions(
        _ sessions: SessionSettings,
        _ section: ConfigurationReader
    ) throws(ConfigurationError) {
        guard source != .directory, sessions.source == .directory else { return }
        let others = SessionSettings.Source.allCases.filter { $0 != .directory }.map(\.rawValue)
        throw section.error(
            key: "source",
            "is \(source.rawValue), and sessions of the directory carry none; write sessions: {source: "
                + "\(others.joined(separator: " or "))}, or memberships: {source: directory}"
        )
    }

    /// Refuses a key without which the source does not work, and one that says nothing to it.
    private func requireOwnKeys(
        _ sessions: SessionSettings,
        _ section: ConfigurationReader
    ) throws(ConfigurationError) {
        let isByParameters = sessions.source == .nginx
        if claim != nil, source == .directory || isByParameters {
            let variable = source == .groups ? LoginParameter.groups.variable : LoginParameter.rooms.variable
            throw section.error(
                key: "claim",
                source == .directory
                    ? "is for memberships of a login, and memberships.source is directory; write claims or groups there"
                    : "is for JWTs, and nginx passes \(variable) instead; remove it"
            )
        }
        if claim == nil, source != .directory, !isByParameters {
            throw section.error(
                "needs claim, the name of the claim that has the \(source == .claims ? "rooms" : "groups")"
            )
        }
        if !groups.isEmpty, source != .groups {
            throw section.error(
                key: "rooms",
                "says what groups give, and memberships.source is \(source.rawValue); write groups there, or remove it"
            )
        }
        if groups.isEmpty, source == .groups {
            throw section.error(
                "needs rooms, what each group gives, such as {crew: {'stage-*': [host]}}"
            )
        }
        if groupsSeparator != nil, source != .groups || !isByParameters {
            throw section.error(
                key: "groups_separator",
                "is for groups that nginx passes (sessions.source nginx, memberships.source groups); remove it"
            )
        }
        if source == .groups, isByParameters {
            guard let groupsSeparator else {
                throw section.error(
                    "needs groups_separator, what stands between the groups in "
                        + "\(LoginParameter.groups.variable), such as ','"
                )
            }
            guard !groupsSeparator.isEmpty else {
                throw section.error(key: "groups_separator", "is empty; write what stands between two groups")
            }
            for group in groups.keys.sorted() where group.contains(groupsSeparator) {
                throw section.error(
                    key: "groups_separator",
                    "is in the name of the group \(group), which no request could have then; name another"
                )
            }
        }
    }
}
