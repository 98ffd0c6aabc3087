package import LiveKitToken
package import StrictJSON

/// Who may enter which room, as what, and until when.
package struct JoinPolicy: Sendable {
    /// What each role may do, by its name.
    package let roles: [Identifier: Permissions]
    /// The role of whoever enters an open room without being a member.
    package let openRole: Identifier

    /// Takes the roles of a deployment; `nil` if the role for open rooms is not among them.
    package init?(roles: [Identifier: Permissions], openRole: Identifier) {
        guard roles[openRole] != nil else { return nil }
        self.roles = roles
        self.openRole = openRole
    }

    /// What `host`, `speaker` and `viewer` may do where a deployment does not say otherwise.
    package static let builtInRoles: [UTF8String: Permissions] = [
        "host": Permissions(publishing: .anything, subscribe: true, publishData: true, updateOwnMetadata: true),
        "speaker": Permissions(publishing: .anything, subscribe: true, publishData: true),
        "viewer": Permissions(subscribe: true),
    ]

    /// Lets a user into a room, or says why not.
    ///
    /// - Throws: `.forbidden`, for every reason alike.
    package func admit(to room: Room?, asking request: TokenRequest, at now: NumericDate) throws(Refusal) -> Admission {
        guard let room else { throw .forbidden(.unknownRoom) }
        let names = try rolesThatCount(in: room, asking: request, at: now)
        let permissions = names.reduce(Permissions()) { sum, name in roles[name].map(sum.union) ?? sum }
        return Admission(
            roles: names,
            permissions: permissions,
            endsAt: try end(of: room, asking: request, at: now)
        )
    }

    /// The roles of all memberships that hold now and there; one that the configuration does not know gives nothing.
    private func rolesThatCount(
        in room: Room,
        asking request: TokenRequest,
        at now: NumericDate
    ) throws(Refusal) -> [Identifier] {
        var names: [Identifier] = []
        var hasUnknownRole = false
        for membership in room.memberships
        where membership.expiresAt.map({ now < $0 }) ?? true && covers(membership.scene, request.scene)
            && covers(membership.event, request.event)
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
            throw .forbidden(hasUnknownRole ? .unknownRole : Self.reason(room.memberships, at: now))
        }
        return [openRole]
    }

    private static func reason(_ memberships: [Membership], at now: NumericDate) -> Refusal.Forbidden {
        if memberships.isEmpty { return .notAMember }
        return memberships.allSatisfy { $0.expiresAt.map { $0 <= now } ?? false } ? .membershipExpired : .notAMemberHere
    }

    /// When the token must end because the stream does; `nil` where no stream sets an end.
    ///
    /// A room without stream sessions is always on air, and so is one entered without naming a scene or an event. Of
    /// several that are open the one that lasts longest counts.
    private func end(of room: Room, asking request: TokenRequest, at now: NumericDate) throws(Refusal) -> NumericDate? {
        guard room.isScheduled, request.scene != nil || request.event != nil else { return nil }
        let open = room.streamSessions.filter {
            covers($0.scene, request.scene) && covers($0.event, request.event)
                && $0.opensAt.map { $0 <= now } ?? true && $0.closesAt.map { now < $0 } ?? true
        }
        guard !open.isEmpty else { throw .forbidden(.streamNotOpen) }
        let ends = open.compactMap(\.closesAt)
        return ends.count < open.count ? nil : ends.max()
    }

    /// Whether what a row is limited to is what a request names; a row without a limit covers everything.
    private func covers(_ limit: Identifier?, _ named: Identifier?) -> Bool {
        limit == nil || limit == named
    }
}

/// What a user enters a room with.
package struct Admission: Equatable, Sendable {
    /// In the order of their bytes, each once.
    package let roles: [Identifier]
    package let permissions: Permissions
    /// When it ends at the latest, if anything says so.
    package let endsAt: NumericDate?
}
