import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A room as a user meets it, and permissions that a token has; who asked for it had named a scene and an event.
private struct UnnamedCase: CustomStringConvertible {
    var roles: [Identifier: Role] = [:]
    let room: RoomEntry
    let wanted: Permissions

    private static let scenes: [Identifier] = ["s1", "s2", "s3"]
    private static let events: [Identifier] = ["e1", "e2", "e3"]
    /// Every limit that a row can have, one that none has, and none.
    static let namings: [(scene: Identifier?, event: Identifier?)] = (scenes + ["fresh"] as [Identifier?] + [nil])
        .flatMap { scene in (events + ["fresh"] as [Identifier?] + [nil]).map { (scene, $0) } }

    init(using generator: inout SeededGenerator) {
        func some(_ ids: [Identifier]) -> Identifier? { generator.pick(ids + [nil, nil] as [Identifier?]) }
        func time() -> NumericDate? {
            generator.pick([nil, nil, nil, -50, 0, 1, 40] as [Int64?]).map { NumericDate.sample.advanced(by: $0) }
        }
        func permissions() -> Permissions {
            Permissions(
                publishing: generator.pick([
                    .nothing, .nothing, .only([.microphone]), .only([.camera]), .only([.camera, .microphone]),
                    .only(Set(TrackSource.allCases)), .anything,
                ]),
                subscribe: generator.pick([true, false]),
                publishData: generator.pick([true, false]),
                updateOwnMetadata: generator.pick([true, false, false]),
                roomAdmin: generator.pick([true, false, false])
            )
        }
        // The open role is in the configuration always; that of a template may have left it.
        for name in ["viewer", "a", "b", "c", "d"] as [Identifier] {
            roles[name] = Role(permissions(), anytime: generator.pick([true, false, false, false]))
        }
        let memberships = (0..<generator.pick([0, 1, 2, 3, 4, 6])).map { _ in
            Membership(
                role: generator.pick(["a", "b", "c", "d", "wizard"]),
                scene: some(Self.scenes),
                event: some(Self.events),
                expiresAt: time()
            )
        }
        let sessions = (0..<generator.pick([0, 1, 1, 2, 3])).map { _ in
            StreamSession(scene: some(Self.scenes), event: some(Self.events), opensAt: time(), closesAt: time())
        }
        let template = RoomTemplate(match: RoomGlob("x"), access: .open, role: generator.pick(["a", "wizard"]))
        room = RoomEntry(
            access: generator.pick([.open, .restricted, .restricted]),
            memberships: memberships,
            isScheduled: !sessions.isEmpty || generator.pick([true, false]),
            streamSessions: sessions,
            template: generator.pick([nil, nil, template])
        )
        wanted = generator.pick([
            Permissions(), Permissions(roomAdmin: true), Permissions(updateOwnMetadata: true),
            Permissions(updateOwnMetadata: true, roomAdmin: true), permissions(), permissions(),
        ])
    }

    var description: String { "\(room), \(roles), wanted: \(wanted)" }

    var policy: JoinPolicy {
        guard let policy = JoinPolicy(roles: roles, openRole: "viewer") else { preconditionFailure("no viewer") }
        return policy
    }

    /// What each naming comes to, one after the other.
    var outcomes: [Result<Admission, Denial>] {
        Self.namings.map { naming in
            Result { () throws(Denial) in
                try policy.admit(to: room, scene: naming.scene, event: naming.event, at: .sample)
            }
        }
    }
}

@Suite struct `An admission without scene and event` {
    @Test func `is what some naming of them would be, in 20,000 rooms`() {
        var generator = SeededGenerator(seed: 15)
        var counts = (admitted: 0, lacking: 0, denied: 0)
        for _ in 0..<20_000 {
            let one = UnnamedCase(using: &generator)
            let outcomes = one.outcomes
            let admissions = outcomes.compactMap { try? $0.get() }
            let found = Result { () throws(Denial) in
                try one.policy.admitsUnnamed(to: one.room, with: one.wanted, at: .sample)
            }
            switch found {
            case .success(let isEnough):
                #expect(!admissions.isEmpty, "\(one)")
                #expect(isEnough == admissions.contains { one.wanted.isWithin($0.permissions) }, "\(one)")
                if isEnough { counts.admitted += 1 } else { counts.lacking += 1 }
            case .failure(let denial):
                #expect(outcomes.contains(.failure(denial)) && admissions.isEmpty, "\(denial): \(one)")
                counts.denied += 1
            }
        }
        #expect(counts.admitted > 5000 && counts.lacking > 3000 && counts.denied > 3000, "\(counts)")
    }

    @Test func `is none to a room that there is not`() throws {
        let policy = try #require(JoinPolicy(roles: Role.samples, openRole: "viewer"))
        #expect(throws: Denial.unknownRoom) { try policy.admitsUnnamed(to: nil, with: Permissions(), at: .sample) }
    }

    /// One look at each pair of rows would be 400 million.
    @Test func `is found in a room of absurdly many rows`() throws {
        let policy = try #require(JoinPolicy(roles: Role.samples, openRole: "viewer"))
        let names = (0..<20_000).map { id("x\($0)") }
        func room(_ streams: [StreamSession]) -> RoomEntry {
            RoomEntry(
                access: .restricted,
                memberships: names.map { Membership(role: "singer", scene: $0) }
                    + names.map { Membership(role: "moderator", event: $0) },
                isScheduled: true,
                streamSessions: streams
            )
        }
        let wanted = Permissions(publishing: .only([.microphone]), roomAdmin: true)
        // Scenes and events of no membership.
        let others = room(names.map { StreamSession(scene: id("\($0)-"), event: id("\($0)-")) })
        #expect(throws: Denial.streamNotOpen) { try policy.admitsUnnamed(to: others, with: wanted, at: .sample) }
        #expect(try policy.admitsUnnamed(to: room([StreamSession(scene: names[9])]), with: wanted, at: .sample))
        let last = room([StreamSession(scene: names[19_999], event: names[0])])
        #expect(try policy.admitsUnnamed(to: last, with: wanted, at: .sample))
        let apart = room([StreamSession(scene: names[7], event: "of-no-membership")])
        #expect(try !policy.admitsUnnamed(to: apart, with: wanted, at: .sample))
    }
}
