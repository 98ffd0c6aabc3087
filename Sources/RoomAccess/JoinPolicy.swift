package import LiveKitToken
package import StrictJSON

/// The rules by which a user enters a room: as what, and until when.
///
/// It judges the entry alone, and knows neither requests nor tokens: it may be asked about a user who is in the room.
///
/// A field that is left out never gives more than some value of it would: it leaves memberships of one scene or event
/// uncounted, and what it leaves open, which stream session is meant, one of the values says as well.
package struct JoinPolicy: Sendable {
    /// The roles, by name.
    package let roles: [Identifier: Role]
    /// The role that every user has in an open room while it is on air, beside those of memberships, unless the room's
    /// template has another.
    package let openRole: Identifier

    /// Takes the roles of a deployment; `nil` if the role for open rooms is not among them.
    package init?(roles: [Identifier: Role], openRole: Identifier) {
        guard roles[openRole] != nil else { return nil }
        self.roles = roles
        self.openRole = openRole
    }

    /// The roles `host`, `speaker` and `viewer` where a deployment sets no roles of its own.
    ///
    /// A host is the crew, who enters before the doors open.
    package static let builtInRoles: [UTF8String: Role] = [
        "host": Role(Permissions(publishing: .anything, subscribe: true, publishData: true), anytime: true),
        "speaker": Role(Permissions(publishing: .anything, subscribe: true, publishData: true)),
        "viewer": Role(Permissions(subscribe: true)),
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
        let airtime = Airtime(of: room, scene: scene, event: event, at: now)
        var names: [Identifier] = []
        var permissions = Permissions()
        var (isMember, isMemberAtAnyTime, hasUnknownRole) = (false, false, false)
        for membership in room.memberships {
            let role: Role
            switch standing(of: membership, isOnAir: airtime.isOn, scene: scene, event: event, at: now) {
            case .ended, .ofOtherScene, .ofOtherEvent: continue
            case .ofUnknownRole:
                hasUnknownRole = true
                continue
            case .offAir:
                isMember = true
                continue
            case .counts(let counting): role = counting
            }
            isMember = true
            isMemberAtAnyTime = isMemberAtAnyTime || role.anytime
            if names.contains(membership.role) { continue }
            names.append(membership.role)
            permissions = permissions.union(role.permissions)
        }
        let openRole = room.template?.role ?? openRole
        if airtime.isOn, room.access == .open, !names.contains(openRole) {
            if let open = roles[openRole] {
                names.append(openRole)
                permissions = permissions.union(open.permissions)
            } else {
                hasUnknownRole = true
            }
        }
        guard !names.isEmpty else {
            if isMember || room.access == .open && !airtime.isOn { throw .streamNotOpen }
            throw hasUnknownRole ? .unknownRole : Self.denial(room.memberships, at: now)
        }
        names.sort()
        return Admission(
            roles: names,
            permissions: permissions,
            endsAt: isMemberAtAnyTime ? nil : airtime.end,
            agents: room.template?.agents ?? []
        )
    }

    private static func denial(_ memberships: [Membership], at now: NumericDate) -> Denial {
        if memberships.isEmpty { return .notAMember }
        return memberships.allSatisfy { $0.expiresAt.map { $0 <= now } ?? false } ? .membershipExpired : .notAMemberHere
    }
}

/// An admission: what a user enters a room with.
package struct Admission: Equatable, Sendable {
    /// In the order of their bytes, each once.
    package let roles: [Identifier]
    package let permissions: Permissions
    /// The first second after it; `nil` if nothing sets an end.
    package let endsAt: NumericDate?
    /// The agents of the room's template.
    package let agents: [UTF8String]
}

/// Why a user may not enter a room now.
package enum Denial: Error, CaseIterable, Sendable {
    /// The directory does not know the user; a session always has one, so only an operator can name such a user.
    case unknownUser
    /// A block keeps the user out.
    case blocked
    case unknownRoom
    case notAMember
    /// The memberships are for other scenes or events.
    case notAMemberHere
    case membershipExpired
    /// The configuration knows none of the roles that the memberships name.
    case unknownRole
    /// No stream session that matches is open, and no membership is of a role that enters at any time.
    case streamNotOpen
    /// The stream session ends before the shortest token would.
    case streamEndsTooSoon
}
