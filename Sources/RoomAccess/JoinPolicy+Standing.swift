package import LiveKitToken

extension JoinPolicy {
    /// What a membership comes to in a request.
    package enum Standing: Equatable, Sendable {
        case counts(Role)
        case ended
        /// For a scene that is not the request's; a request that names none has no scene.
        case ofOtherScene
        case ofOtherEvent
        /// The configuration does not know its role.
        case ofUnknownRole
        /// The room is not on air, and the role does not enter at any time.
        case offAir
    }

    /// What a membership comes to: what keeps it from counting, in this order.
    func standing(
        of membership: Membership,
        isOnAir: Bool,
        scene: Identifier?,
        event: Identifier?,
        at now: NumericDate
    ) -> Standing {
        if let end = membership.expiresAt, end <= now { return .ended }
        guard membership.scene == nil || membership.scene == scene else { return .ofOtherScene }
        guard membership.event == nil || membership.event == event else { return .ofOtherEvent }
        guard let role = roles[membership.role] else { return .ofUnknownRole }
        return isOnAir || role.anytime ? .counts(role) : .offAir
    }

    /// What each membership of a user in a room comes to, in their order, as `admit` judges them.
    package func standings(
        in room: RoomEntry,
        scene: Identifier?,
        event: Identifier?,
        at now: NumericDate
    ) -> [Standing] {
        let isOnAir = Airtime(of: room, scene: scene, event: event, at: now).isOn
        return room.memberships.map { standing(of: $0, isOnAir: isOnAir, scene: scene, event: event, at: now) }
    }
}
