package import LiveKitToken

extension JoinPolicy {
    /// Admits a user under some naming of scene and event: for a token that has lost what its request named.
    ///
    /// It is enough that one naming would be admitted with all of the permissions: a membership and an open stream
    /// session whose limits do not contradict each other, the open role, or a role that enters at any time.
    ///
    /// It takes a step for each row, and one for each pair of distinct sets of permissions, of which there are few: not
    /// one for each pair of rows.
    ///
    /// - Throws: why no naming is admitted with so much as nothing.
    /// - Returns: whether one is admitted with the permissions.
    package func admitsUnnamed(
        to room: RoomEntry?,
        with permissions: Permissions,
        at now: NumericDate
    ) throws(Denial) -> Bool {
        guard let room else { throw .unknownRoom }
        let namings = Namings(of: room, by: self, at: now)
        if namings.give(Rights(permissions)) { return true }
        guard namings.give(.entry) else { throw unnamedDenial(to: room, at: now) }
        return false
    }

    /// Why no naming is admitted.
    ///
    /// A membership that counts under its own limits waits for the stream.
    private func unnamedDenial(to room: RoomEntry, at now: NumericDate) -> Denial {
        let lasting = room.memberships.filter { $0.expiresAt.map { now < $0 } ?? true }
        if lasting.contains(where: { roles[$0.role] != nil }) { return .streamNotOpen }
        if room.access == .open, !Airtime(of: room, scene: nil, event: nil, at: now).isOn { return .streamNotOpen }
        // An open room that is on air keeps out by its role alone.
        if room.access == .open || !lasting.isEmpty { return .unknownRole }
        return room.memberships.isEmpty ? .notAMember : .membershipExpired
    }

    /// Whether a room is on air for a scene and an event, or, where they are left out, for some.
    ///
    /// A room that the directory does not list has no stream sessions, and always is.
    package func isOnAir(_ room: RoomEntry?, scene: Identifier?, event: Identifier?, at now: NumericDate) -> Bool {
        room.map { Airtime(of: $0, scene: scene, event: event, at: now).isOn } ?? true
    }
}

/// What roles give, a bit for each right, so that sets of them are joined and compared in one step.
private struct Rights: OptionSet, Hashable {
    let rawValue: UInt16

    /// What every role gives: to be in the room.
    static let entry = Rights(rawValue: 1)
    static let subscribe = Rights(rawValue: 1 << 1)
    static let publishData = Rights(rawValue: 1 << 2)
    static let updateOwnMetadata = Rights(rawValue: 1 << 3)
    static let roomAdmin = Rights(rawValue: 1 << 4)
    /// To publish tracks of any source, those that have no name among them.
    static let anySource = Rights(rawValue: 1 << 5)
    static let everySource = TrackSource.allCases.reduce(Rights()) { $0.union(Rights($1)) }

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    init(_ source: TrackSource) {
        self.init(rawValue: 1 << (6 + UInt16(TrackSource.allCases.firstIndex(of: source) ?? 0)))
    }

    init(_ permissions: Permissions) {
        self = .entry
        if permissions.subscribe { insert(.subscribe) }
        if permissions.publishData { insert(.publishData) }
        if permissions.updateOwnMetadata { insert(.updateOwnMetadata) }
        if permissions.roomAdmin { insert(.roomAdmin) }
        switch permissions.publishing {
        case .nothing: break
        case .only(let sources): for source in sources { insert(Rights(source)) }
        case .anything: formUnion([.anySource, .everySource])
        }
    }
}

/// All namings of scene and event at once: what each gives, and under which the room is on air.
///
/// A naming of a scene that no membership is limited to gives no more than to name none, which every stream session
/// matches: so the limits of memberships, and none, are all that need be looked at.
private struct Namings {
    /// What memberships give under limits: those of a scene, of an event, of both, and of neither.
    struct Shares {
        var ofAll: Rights = []
        var ofScenes: [Identifier: Rights] = [:]
        var ofEvents: [Identifier: Rights] = [:]
        var ofPairs: [Pair: Rights] = [:]

        mutating func add(_ rights: Rights, scene: Identifier?, event: Identifier?) {
            switch (scene, event) {
            case (nil, nil): ofAll.formUnion(rights)
            case (let scene?, nil): ofScenes[scene, default: []].formUnion(rights)
            case (nil, let event?): ofEvents[event, default: []].formUnion(rights)
            case (let scene?, let event?): ofPairs[Pair(scene, event), default: []].formUnion(rights)
            }
        }

        func rights(scene: Identifier, event: Identifier) -> Rights {
            ofAll.union(ofScenes[scene] ?? []).union(ofEvents[event] ?? [])
                .union(ofPairs[Pair(scene, event)] ?? [])
        }
    }

    struct Pair: Hashable {
        let scene: Identifier
        let event: Identifier

        init(_ scene: Identifier, _ event: Identifier) {
            self.scene = scene
            self.event = event
        }
    }

    /// A share of a limit, and whether a stream session makes the limit on air whatever the other limit is.
    private struct Share: Hashable {
        let rights: Rights
        let isOnAir: Bool
    }

    /// What counts at any time.
    private var always = Shares()
    /// What counts on air: all.
    private var onAir = Shares()
    /// Whether the room is on air under every naming, and the limits of open stream sessions.
    private var isOnAir: Bool
    private var scenesOnAir: Set<Identifier> = []
    private var eventsOnAir: Set<Identifier> = []
    private var pairsOnAir: Set<Pair> = []

    init(of room: RoomEntry, by policy: JoinPolicy, at now: NumericDate) {
        isOnAir = !room.isScheduled
        for membership in room.memberships {
            if let end = membership.expiresAt, end <= now { continue }
            guard let role = policy.roles[membership.role] else { continue }
            let rights = Rights(role.permissions)
            onAir.add(rights, scene: membership.scene, event: membership.event)
            if role.anytime { always.add(rights, scene: membership.scene, event: membership.event) }
        }
        if room.access == .open, let open = policy.roles[room.template?.role ?? policy.openRole] {
            onAir.add(Rights(open.permissions), scene: nil, event: nil)
        }
        guard room.isScheduled else { return }
        for session in room.streamSessions
        where session.standing(scene: session.scene, event: session.event, at: now) == .open {
            switch (session.scene, session.event) {
            case (nil, nil): isOnAir = true
            case (let scene?, nil): scenesOnAir.insert(scene)
            case (nil, let event?): eventsOnAir.insert(event)
            case (let scene?, let event?): pairsOnAir.insert(Pair(scene, event))
            }
        }
    }

    /// Whether some naming gives all of these rights.
    func give(_ wanted: Rights) -> Bool {
        gives(wanted, always, atAnyTime: true) || gives(wanted, onAir, atAnyTime: false)
    }

    private func gives(_ wanted: Rights, _ shares: Shares, atAnyTime: Bool) -> Bool {
        let isOnAir = isOnAir || atAnyTime
        // Neither named: any open stream session matches.
        let isOnAirUnnamed = isOnAir || !scenesOnAir.isEmpty || !eventsOnAir.isEmpty || !pairsOnAir.isEmpty
        if isOnAirUnnamed, shares.ofAll.isSuperset(of: wanted) { return true }
        // Both named, and a row has the two: of a membership, or of a stream session.
        for pair in shares.ofPairs.keys where isOnAir || matches(pair) {
            if shares.rights(scene: pair.scene, event: pair.event).isSuperset(of: wanted) { return true }
        }
        if !isOnAir {
            for pair in pairsOnAir
            where shares.rights(scene: pair.scene, event: pair.event).isSuperset(of: wanted) { return true }
        }
        // One named: a stream session of both limits matches as well.
        let eventsOfScenes = Set(pairsOnAir.map(\.scene))
        for (scene, rights) in shares.ofScenes
        where isOnAir || !eventsOnAir.isEmpty || scenesOnAir.contains(scene) || eventsOfScenes.contains(scene) {
            if shares.ofAll.union(rights).isSuperset(of: wanted) { return true }
        }
        let scenesOfEvents = Set(pairsOnAir.map(\.event))
        for (event, rights) in shares.ofEvents
        where isOnAir || !scenesOnAir.isEmpty || eventsOnAir.contains(event) || scenesOfEvents.contains(event) {
            if shares.ofAll.union(rights).isSuperset(of: wanted) { return true }
        }
        // Both named, by rows of one limit each.
        let scenes = Set(shares.ofScenes.map { Share(rights: $1, isOnAir: isOnAir || scenesOnAir.contains($0)) })
        let events = Set(shares.ofEvents.map { Share(rights: $1, isOnAir: isOnAir || eventsOnAir.contains($0)) })
        return scenes.contains { scene in
            events.contains { event in
                (scene.isOnAir || event.isOnAir)
                    && shares.ofAll.union(scene.rights).union(event.rights).isSuperset(of: wanted)
            }
        }
    }

    private func matches(_ pair: Pair) -> Bool {
        scenesOnAir.contains(pair.scene) || eventsOnAir.contains(pair.event) || pairsOnAir.contains(pair)
    }
}
