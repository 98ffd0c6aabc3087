import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// What holds of the join policy in every state of a room: 20,000 of them, at random.
@Suite struct `the join policy always` {
    /// A deployment's roles, a room as a user meets it, and what the user names.
    struct State: CustomStringConvertible {
        var roles = Role.samples
        var openRole: Identifier
        var room: RoomEntry
        var scene: Identifier?
        var event: Identifier?

        static let scenes: [Identifier] = ["s1", "s2", "s3"]
        static let events: [Identifier] = ["e1", "e2", "e3"]

        init(using generator: inout SeededGenerator) {
            func time() -> NumericDate? {
                let seconds: [Int64?] = [nil, nil, -50, 0, 1, 40, 80]
                return (seconds.randomElement(using: &generator) ?? nil).map { NumericDate.sample.advanced(by: $0) }
            }
            func some(_ ids: [Identifier]) -> Identifier? {
                Bool.random(using: &generator) ? nil : ids.prefix(2).randomElement(using: &generator)
            }
            for name in roles.keys.sorted() { roles[name]?.anytime = Int.random(in: 0..<4, using: &generator) == 0 }
            openRole = Bool.random(using: &generator) ? "viewer" : "dancer"
            let names = roles.keys.sorted() + ["wizard"]
            let memberships = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                Membership(
                    role: names.randomElement(using: &generator) ?? "wizard",
                    scene: some(Self.scenes),
                    event: some(Self.events),
                    expiresAt: time()
                )
            }
            let sessions = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                StreamSession(scene: some(Self.scenes), event: some(Self.events), opensAt: time(), closesAt: time())
            }
            room = RoomEntry(
                access: Bool.random(using: &generator) ? .open : .restricted,
                memberships: memberships,
                isScheduled: !sessions.isEmpty || Int.random(in: 0..<3, using: &generator) == 0,
                streamSessions: sessions.filter { $0.closesAt.map { $0 > .sample } ?? true }
            )
            scene = some(Self.scenes)
            event = some(Self.events)
        }

        var description: String {
            let crew = roles.filter(\.value.anytime).keys.sorted()
            let asked = [scene, event].map { $0?.description ?? "-" }
            return "\(room), \(crew) at any time, \(openRole) in open rooms, asked for \(asked)"
        }

        var outcome: Result<Admission, Denial> {
            guard let policy = JoinPolicy(roles: roles, openRole: openRole) else { return .failure(.unknownRole) }
            return Result { () throws(Denial) in
                try policy.admit(to: room, scene: scene, event: event, at: .sample)
            }
        }

        func naming(scene: Identifier? = nil, event: Identifier? = nil) -> State {
            var state = self
            if let scene { state.scene = scene }
            if let event { state.event = event }
            return state
        }

        /// The memberships that count by their own limits and ends, of roles that there are.
        var held: [Membership] {
            room.memberships.filter { membership in
                roles[membership.role] != nil && membership.expiresAt.map { $0 > .sample } ?? true
                    && [nil, scene].contains(membership.scene) && [nil, event].contains(membership.event)
            }
        }

        /// Whether a stream session that the request may mean is open.
        var isOnAir: Bool {
            room.streamSessions.contains { session in
                (session.opensAt.map { $0 <= .sample } ?? true) && (session.closesAt.map { $0 > .sample } ?? true)
                    && (scene == nil || [nil, scene].contains(session.scene))
                    && (event == nil || [nil, event].contains(session.event))
            }
        }
    }

    private func forEachState(seed: UInt64, _ body: (State) throws -> Void) rethrows {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 { try body(State(using: &generator)) }
    }

    @Test func `a field that is left out gives no more than some naming of it, and for no longer`() throws {
        var compared = 0
        forEachState(seed: 1) { state in
            guard case .success(let less) = state.outcome, state.scene == nil || state.event == nil else { return }
            compared += 1
            let scenes: [Identifier?] = state.scene == nil ? State.scenes : [nil]
            let events: [Identifier?] = state.event == nil ? State.events : [nil]
            let isMatched = scenes.contains { scene in
                events.contains { event in
                    guard case .success(let more) = state.naming(scene: scene, event: event).outcome else {
                        return false
                    }
                    return Set(less.roles).isSubset(of: more.roles) && less.permissions.isWithin(more.permissions)
                        && (more.endsAt == nil || less.endsAt.map { $0 <= more.endsAt ?? $0 } ?? false)
                }
            }
            #expect(isMatched, "\(state)")
        }
        #expect(compared > 5000)
    }

    @Test func `outside of its stream sessions a room gives the permissions of any-time memberships alone`() throws {
        var compared = 0
        forEachState(seed: 2) { state in
            guard state.room.isScheduled, !state.isOnAir, case .success(let admission) = state.outcome else { return }
            compared += 1
            let crew = state.held.compactMap { state.roles[$0.role] }.filter(\.anytime)
            let most = crew.reduce(Permissions()) { $0.union($1.permissions) }
            #expect(admission.permissions == most, "\(state)")
            #expect(admission.roles.allSatisfy { state.roles[$0]?.anytime == true }, "\(state)")
        }
        #expect(compared > 500)
    }

    @Test func `no stream session refuses or ends a membership that counts at any time`() throws {
        var compared = 0
        forEachState(seed: 3) { state in
            let crew = state.held.filter { state.roles[$0.role]?.anytime == true }
            guard !crew.isEmpty else { return }
            compared += 1
            guard case .success(let admission) = state.outcome else { return #expect(Bool(false), "\(state)") }
            #expect(admission.endsAt == nil && Set(crew.map(\.role)).isSubset(of: admission.roles), "\(state)")
        }
        #expect(compared > 1000)
    }

    @Test func `stream sessions only take away, and while one is open only its end`() throws {
        var compared = 0
        forEachState(seed: 4) { state in
            var free = state
            free.room = RoomEntry(
                access: state.room.access,
                memberships: state.room.memberships,
                isScheduled: false,
                streamSessions: []
            )
            guard case .success(let most) = free.outcome else {
                return #expect(state.outcome == free.outcome, "\(state)")
            }
            #expect(most.endsAt == nil, "\(state)")
            guard case .success(let admission) = state.outcome else { return }
            compared += 1
            #expect(Set(admission.roles).isSubset(of: most.roles), "\(state)")
            if state.isOnAir { #expect(admission.roles == most.roles, "\(state)") }
        }
        #expect(compared > 5000)
    }
}

extension Permissions {
    /// Whether it allows nothing that the other does not.
    func isWithin(_ other: Permissions) -> Bool { union(other) == other }
}
