import LiveKitToken
package import StrictJSON

/// A source of memberships that the login itself carries in its claim.
///
/// A room that the login has something to say of exists for its holder. A room that the directory lists keeps its
/// access and its stream sessions; what the directory has of members does not count.
protocol CarriedMemberships: MembershipSource {
    var templates: RoomTemplates { get }

    /// The memberships that the login gives in a room; `nil` if nothing that it says is about the room.
    func memberships(in room: Identifier, of session: Session) -> [Membership]?
}

extension CarriedMemberships {
    package func room(
        _ room: Identifier,
        for session: Session,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(DirectoryError) -> RoomEntry? {
        templates.entry(
            of: room,
            listed: try directory.room(room, user: session.user.id, at: now),
            memberships: memberships(in: room, of: session)
        )
    }
}

/// The memberships of a claim of rooms (`RoomsClaim`), which names them literally or by a glob.
package struct ClaimMemberships: CarriedMemberships {
    let templates: RoomTemplates

    package init(templates: RoomTemplates = RoomTemplates()) {
        self.templates = templates
    }

    func memberships(in room: Identifier, of session: Session) -> [Membership]? {
        session.claim.flatMap { try? RoomsClaim($0) }?.memberships(in: room)
    }

    package func fault(of session: Session, in room: Identifier) -> ClaimFault? {
        guard let claim = session.claim else { return nil }
        do throws(ClaimFault) {
            return try RoomsClaim(claim).fault(in: room)
        } catch {
            return error
        }
    }
}

/// The memberships of groups: a login carries the names of its groups, and each stands for rooms and roles of the
/// configuration.
///
/// Names of groups are compared byte by byte. A claim that is one text is one group. A provider that leaves out the
/// groups of somebody who is in too many has said nothing: such a user is in no group.
package struct GroupMemberships: CarriedMemberships {
    /// Memberships in each room that a glob matches.
    package struct Grant: Equatable, Sendable {
        package let rooms: RoomGlob
        package let memberships: [Membership]

        package init(rooms: RoomGlob, memberships: [Membership]) {
            self.rooms = rooms
            self.memberships = memberships
        }
    }

    private let grants: [UTF8String: [Grant]]
    let templates: RoomTemplates

    /// Takes what each group gives, by the name of the group.
    package init(_ grants: [UTF8String: [Grant]], templates: RoomTemplates = RoomTemplates()) {
        self.grants = grants
        self.templates = templates
    }

    /// The memberships of the groups, each group once, in their order.
    func memberships(in room: Identifier, of session: Session) -> [Membership]? {
        var memberships: [Membership]?
        var seen: Set<UTF8String> = []
        for group in Self.groups(session.claim) where seen.insert(group).inserted {
            for grant in grants[group] ?? [] where grant.rooms.matches(room) {
                memberships = (memberships ?? []) + grant.memberships
            }
        }
        return memberships
    }

    package func fault(of session: Session, in room: Identifier) -> ClaimFault? {
        switch session.claim {
        case nil, .string: nil
        case .array(let groups): groups.firstIndex { $0.text == nil }.map { .notAGroup(index: $0) }
        default: .notGroups
        }
    }

    private static func groups(_ claim: JSONValue?) -> [UTF8String] {
        switch claim {
        case .string(let group): [group]
        case .array(let groups): groups.compactMap(\.text)
        default: []
        }
    }
}
