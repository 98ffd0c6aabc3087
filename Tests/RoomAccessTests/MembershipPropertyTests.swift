import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// What holds of memberships in claims and by groups, with and without templates: 20,000 states at random.
@Suite struct `memberships from a login always` {
    /// An entry of a claim: a key, and roles each with a scene and an end.
    struct Entry {
        let glob: String
        var roles: [(name: String, scene: String?, until: Int64?)]

        var json: String {
            let roles = roles.map { role in
                #"{"role":"\#(role.name)""# + (role.scene.map { #","scene":"\#($0)""# } ?? "")
                    + (role.until.map { #","until":\#($0)"# } ?? "") + "}"
            }
            return #""\#(glob)":[\#(roles.joined(separator: ","))]"#
        }

        var grant: GroupMemberships.Grant {
            GroupMemberships.Grant(
                rooms: RoomGlob(UTF8String(glob)),
                memberships: roles.map { role in
                    Membership(
                        role: id(role.name),
                        scene: role.scene.map(id),
                        expiresAt: role.until.map(NumericDate.init)
                    )
                }
            )
        }
    }

    struct State: CustomStringConvertible {
        var entries: [Entry]
        let templates: [(glob: String, isOpen: Bool, role: String?)]
        let listed: [String: Bool]
        let room: String
        let scene: String?

        static let globs = ["a", "b", "a*", "*b", "*", "ab", "a*b", "b*"]
        static let rooms = ["a", "b", "ab", "ba", "aab", "c"]
        static let roles = ["host", "speaker", "viewer", "singer", "dancer", "wizard"]

        init(using generator: inout SeededGenerator) {
            func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &generator)] }
            let now = NumericDate.sample.seconds
            let ends: [Int64?] = [nil, nil, now - 1, now, now + 1]
            let scenes: [String?] = [nil, nil, "s", "t"]
            let globs = State.globs.shuffled(using: &generator).prefix(Int.random(in: 0...3, using: &generator))
            entries = []
            for glob in globs {
                var entry = Entry(glob: glob, roles: [])
                for _ in 0..<Int.random(in: 0...2, using: &generator) {
                    entry.roles.append((name: pick(State.roles), scene: pick(scenes), until: pick(ends)))
                }
                entries.append(entry)
            }
            templates = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                let isOpen = Bool.random(using: &generator)
                return (pick(State.globs), isOpen, isOpen ? pick([nil, "speaker", "dancer"]) : nil)
            }
            var listed: [String: Bool] = [:]
            for room in State.rooms where Int.random(in: 0..<3, using: &generator) == 0 {
                listed[room] = Bool.random(using: &generator)
            }
            self.listed = listed
            room = pick(State.rooms)
            scene = pick([nil, "s"])
        }

        var description: String {
            "\(entries.map(\.json)) \(templates) \(listed) asks for \(room) \(scene ?? "-")"
        }

        var roomTemplates: RoomTemplates {
            RoomTemplates(
                templates.map { template in
                    RoomTemplate(
                        match: RoomGlob(UTF8String(template.glob)),
                        access: template.isOpen ? .open : .restricted,
                        role: template.role.map(id)
                    )
                }
            )
        }

        /// The source of memberships, and the session, where the entries are a claim, the text of one, or a group's.
        func sources() throws -> [(any MembershipSource, Session)] {
            let claim = "{" + entries.map(\.json).joined(separator: ",") + "}"
            var text = JSONWriter()
            text.value(.string(UTF8String(claim)))
            let groups = Dictionary(
                uniqueKeysWithValues: entries.enumerated().map { (UTF8String("g\($0.offset)"), [$0.element.grant]) }
            )
            let names = "[" + entries.indices.map { #""g\#($0)""# }.joined(separator: ",") + "]"
            return [
                (ClaimMemberships(templates: roomTemplates), try .saying(claim)),
                (ClaimMemberships(templates: roomTemplates), try .saying(text.text.description)),
                (GroupMemberships(groups, templates: roomTemplates), try .saying(names)),
            ]
        }

        func outcomes() throws -> [Result<Admission, Denial>] {
            let policy = try #require(JoinPolicy(roles: Role.samples, openRole: "viewer"))
            let directory = ListedRooms(
                Dictionary(uniqueKeysWithValues: listed.map { (id($0.key), .listed($0.value ? .open : .restricted)) })
            )
            return try sources().map { source, session in
                let entry = try source.room(id(room), for: session, in: directory, at: .sample)
                return Result { () throws(Denial) in
                    try policy.admit(to: entry, scene: scene.map(id), event: nil, at: .sample)
                }
            }
        }
    }

    /// Whether a glob of the few letters here matches, said in another way: by what stands before and after each star.
    private static func matches(_ glob: String, _ room: String) -> Bool {
        let (glob, room) = (Array(glob), Array(room))
        var reach: Set = [0]
        for character in glob {
            reach =
                character == "*"
                ? Set(reach.flatMap { Array($0...room.count) })
                : Set(reach.filter { $0 < room.count && room[$0] == character }.map { $0 + 1 })
        }
        return reach.contains(room.count)
    }

    /// The roles that a user has, as the manual says it; empty for none.
    private static func roles(_ state: State) -> Set<String> {
        var roles: Set<String> = []
        for entry in state.entries where matches(entry.glob, state.room) {
            for role in entry.roles where role.name != "wizard" {
                let isForIt = role.scene == nil || role.scene == state.scene
                if isForIt, role.until.map({ $0 > NumericDate.sample.seconds }) ?? true { roles.insert(role.name) }
            }
        }
        if let isOpen = state.listed[state.room] {
            if isOpen { roles.insert("viewer") }
        } else if let template = state.templates.first(where: { matches($0.glob, state.room) }), template.isOpen {
            roles.insert(template.role ?? "viewer")
        }
        return roles
    }

    private func forEachState(seed: UInt64, _ body: (State) throws -> Void) rethrows {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<6_000 { try body(State(using: &generator)) }
    }

    @Test func `give what the manual says, as a claim, as text, and by groups`() throws {
        var admitted = 0
        try forEachState(seed: 21) { state in
            let expected = Self.roles(state)
            let permissions = expected.reduce(Permissions()) { $0.union(Role.samples[id($1)]?.permissions ?? $0) }
            for outcome in try state.outcomes() {
                switch outcome {
                case .success(let admission):
                    admitted += 1
                    #expect(Set(admission.roles.map(\.description)) == expected, "\(state)")
                    #expect(admission.permissions == permissions && admission.endsAt == nil, "\(state)")
                case .failure: #expect(expected.isEmpty, "\(state)")
                }
            }
        }
        #expect(admitted > 3_000)
    }

    @Test func `take no right away where an entry or a role is added`() throws {
        var compared = 0
        var generator = SeededGenerator(seed: 22)
        try forEachState(seed: 23) { state in
            var more = state
            let other = State(using: &generator)
            for entry in other.entries {
                if let index = more.entries.firstIndex(where: { $0.glob == entry.glob }) {
                    more.entries[index].roles += entry.roles
                } else {
                    more.entries.append(entry)
                }
            }
            for (before, after) in zip(try state.outcomes(), try more.outcomes()) {
                guard case .success(let before) = before else { continue }
                compared += 1
                guard case .success(let after) = after else { return #expect(Bool(false), "\(state) \(more)") }
                #expect(Set(before.roles).isSubset(of: after.roles), "\(state) \(more)")
                #expect(before.permissions.isWithin(after.permissions), "\(state) \(more)")
            }
        }
        #expect(compared > 3_000)
    }

    @Test func `reach no room that neither the login, a template nor the directory knows`() throws {
        var compared = 0
        try forEachState(seed: 24) { state in
            let isKnown =
                state.listed[state.room] != nil || state.entries.contains { Self.matches($0.glob, state.room) }
                || state.templates.contains { Self.matches($0.glob, state.room) }
            guard !isKnown else { return }
            compared += 1
            for outcome in try state.outcomes() {
                guard case .failure(.unknownRoom) = outcome else { return #expect(Bool(false), "\(state)") }
            }
        }
        #expect(compared > 500)
    }

    @Test func `give in a room that no entry matches what a login without any gives`() throws {
        var compared = 0
        try forEachState(seed: 25) { state in
            guard !state.entries.isEmpty, !state.entries.contains(where: { Self.matches($0.glob, state.room) }) else {
                return
            }
            compared += 1
            var silent = state
            silent.entries = []
            for (outcome, without) in zip(try state.outcomes(), try silent.outcomes()) {
                #expect(outcome == without, "\(state)")
            }
        }
        #expect(compared > 600)
    }
}
