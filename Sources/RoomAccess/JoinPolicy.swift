package import LiveKitToken
package import StrictJSON

/// The rules by which a user enters a room: as what, and until when.
///
/// It judges the entry alone, and knows neither requests nor tokens: it may be asked about a user who is in the room.
package struct JoinPolicy: Sendable {
    /// The permissions of each role, by its name.
    package let roles: [Identifier: Permissions]
    /// The role of users who enter an open room without a membership that holds.
    package let openRole: Identifier

    /// Takes the roles of a deployment; `nil` if the role for open rooms is not among them.
    package init?(roles: [Identifier: Permissions], openRole: Identifier) {
        guard roles[openRole] != nil else { return nil }
        self.roles = roles
        self.openRole = openRole
    }

    /// The permissions of `host`, `speaker` and `viewer` where a deployment sets no roles of its own.
    package static let builtInRoles: [UTF8String: Permissions] = [
        "host": Permissions(publishing: .anything, subscribe: true, publishData: true, updateOwnMetadata: true),
        "speaker": Permissions(publishing: .anything, subscribe: true, publishData: true),
        "viewer": Permissions(subscribe: true),
    ]

    /// Admits a user to a room, or to the scene and event that are named.
    ///
    /// - Parameter room: the room as the user meets it; `nil` if there is no such room.
    /// - Throws: the first rule that keeps the user out.
    package func admit(
        to room: RoomEntry?,
        scene: Identifier?,
        event: Identifier?,
        at now: NumericDate
    ) throws(Denial) -> Admission {
        guard let room else { throw .unknownRoom }
        let names = try effectiveRoles(in: room, scene: scene, event: event, at: now)
        let permissions = names.reduce(Permissions()) { sum, name in roles[name].map(sum.union) ?? sum }
        return Admission(
            roles: names,
            permissions: permissions,
            endsAt: try end(of: room, scene: scene, event: event, at: now)
        )
    }

    /// The roles of all memberships that hold now and there; one that the configuration does not know gives nothing.
    private func effectiveRoles(
        in room: RoomEntry,
        scene: Identifier?,
        event: Identifier?,
        at now: NumericDate
    ) throws(Denial) -> [Identifier] {
        var names: [Identifier] = []
        var hasUnknownRole = false
        for membership in room.memberships
        where membership.expiresAt.map({ now < $0 }) ?? true && covers(membership.scene, scene)
            && covers(membership.event, event)
        {
            if roles[membership.role] == nil {
                hasUnknownRole = true
            } else if !names.contains(membership.role) {
                names.append(membership.role)
            }
        }
        if !names.isEmpty {
            names.sort()
            return names
        }
        guard room.access == .open else {
            throw hasUnknownRole ? .unknownRole : Self.denial(room.memberships, at: now)
        }
        return [openRole]
    }

    private static func denial(_ memberships: [Membership], at now: NumericDate) -> Denial {
        if memberships.isEmpty { return .notAMember }
        return memberships.allSatisfy { $0.expiresAt.map { $0 <= now } ?? false } ? .membershipExpired : .notAMemberHere
    }

    /// The end that stream sessions set; `nil` where none does.
    ///
    /// A room without stream sessions is always open, and so is one that is entered without naming a scene or an event.
    /// Of several open stream sessions the one that lasts longest counts.
    private func end(
        of room: RoomEntry,
        scene: Identifier?,
        event: Identifier?,
        at now: NumericDate
    ) throws(Denial) -> NumericDate? {
        guard room.isScheduled, scene != nil || event != nil else { return nil }
        let open = room.streamSessions.filter {
            covers($0.scene, scene) && covers($0.event, event)
                && $0.opensAt.map { $0 <= now } ?? true && $0.closesAt.map { now < $0 } ?? true
        }
        guard !open.isEmpty else { throw .streamNotOpen }
        let ends = open.compactMap(\.closesAt)
        return ends.count < open.count ? nil : ends.max()
    }

    /// Whether the limit of a row is what is named; a row without a limit covers everything.
    private func covers(_ limit: Identifier?, _ named: Identifier?) -> Bool {
        limit == nil || limit == named
    }
}

/// An admission: what a user enters a room with.
package struct Admission: Equatable, Sendable {
    /// In the order of their bytes, each once.
    package let roles: [Identifier]
    package let permissions: Permissions
    /// The first second after it; `nil` if nothing sets an end.
    package let endsAt: NumericDate?
}

/// Why a user may not enter a room now.
package enum Denial: Error, CaseIterable, Sendable {
    /// The directory does not know the user; a session always has one, so only an operator can name such a user.
    case unknownUser
    case unknownRoom
    case notAMember
    /// The memberships are for other scenes or events.
    case notAMemberHere
    case membershipExpired
    /// The configuration knows none of the roles that the memberships name.
    case unknownRole
    case streamNotOpen
    /// The stream session ends before the shortest token would.
    case streamEndsTooSoon
}
