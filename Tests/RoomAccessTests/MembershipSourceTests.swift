import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A directory that lists some rooms, in each of which ada is a singer.
final class ListedRooms: DirectorySnapshot {
    private let rooms: [Identifier: RoomEntry]

    init(_ rooms: [Identifier: RoomEntry]) {
        self.rooms = rooms
    }

    func session(_ digest: SessionDigest) -> DirectorySession? { nil }
    func user(_ id: Identifier) -> User? { nil }
    func end() {}

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) -> RoomEntry? {
        rooms[room].map { entry in
            RoomEntry(
                access: entry.access,
                memberships: user == "ada" ? [Membership(role: "singer")] : [],
                isScheduled: entry.isScheduled,
                streamSessions: entry.streamSessions
            )
        }
    }
}

extension RoomEntry {
    static func listed(_ access: Access, isScheduled: Bool = false, _ streams: [StreamSession] = []) -> RoomEntry {
        RoomEntry(access: access, memberships: [], isScheduled: isScheduled, streamSessions: streams)
    }
}

extension Session {
    /// A session of ada's that says this of her rooms or groups.
    static func saying(_ claim: String?) throws -> Session {
        Session(
            user: User(id: "ada", did: nil, name: nil, isDisabled: false),
            endsAt: nil,
            key: nil,
            claim: try claim.map { try JSONValue(parsing: Array($0.utf8)) }
        )
    }
}

/// Each source of memberships, for a room that is listed or not, that a template matches or not, and that the login
/// names or not.
@Suite struct `a source of memberships` {
    static let templates = RoomTemplates([
        RoomTemplate(match: RoomGlob("call-1-*"), access: .open, role: "speaker", agents: ["narrator"]),
        RoomTemplate(match: RoomGlob("call-*"), access: .open),
        RoomTemplate(match: RoomGlob("team-*"), agents: ["scribe", ""]),
    ])

    static let groups: [UTF8String: [GroupMemberships.Grant]] = [
        "/stage/hosts": [
            GroupMemberships.Grant(rooms: RoomGlob("stage-*"), memberships: [Membership(role: "host")]),
            GroupMemberships.Grant(
                rooms: RoomGlob("stage-1"),
                memberships: [Membership(role: "dancer", scene: "intro")]
            ),
        ],
        "everybody": [GroupMemberships.Grant(rooms: RoomGlob("lobby"), memberships: [Membership(role: "viewer")])],
        "stage, main": [GroupMemberships.Grant(rooms: RoomGlob("*"), memberships: [Membership(role: "moderator")])],
    ]

    static let stream = StreamSession(scene: "intro", opensAt: .sample)

    static func rooms() -> ListedRooms {
        ListedRooms([
            "stage-1": .listed(.restricted), "lobby": .listed(.open),
            "call-listed": .listed(.restricted, isScheduled: true, [stream]),
        ])
    }

    static func entry(
        _ source: any MembershipSource,
        _ claim: String?,
        _ room: Identifier
    ) throws -> RoomEntry? {
        try source.room(room, for: .saying(claim), in: rooms(), at: .sample)
    }

    /// What is found, in few words: `restricted host singer by call-*`, or `-` for no room.
    static func words(_ entry: RoomEntry?) -> String {
        guard let entry else { return "-" }
        let roles = entry.memberships.map { membership in
            "\(membership.role)" + (membership.scene.map { "/\($0)" } ?? "")
        }
        return ([entry.access.rawValue] + roles.sorted()).joined(separator: " ")
            + (entry.template.map { " by \($0.match)" } ?? "") + (entry.isScheduled ? " scheduled" : "")
    }

    static let claim = #"{"stage-*":["host"],"team-1":["speaker"],"call-1-a":["dancer"],"private":["viewer"]}"#

    @Test(
        arguments: [
            //                  directory                          no claim                    a claim
            ("stage-1", "restricted singer", "restricted", "restricted host"),
            ("lobby", "open singer", "open", "open"),
            ("call-listed", "restricted singer scheduled", "restricted scheduled", "restricted scheduled"),
            ("call-1-a", "open by call-1-*", "open by call-1-*", "open dancer by call-1-*"),
            ("call-2", "open by call-*", "open by call-*", "open by call-*"),
            ("team-1", "restricted by team-*", "restricted by team-*", "restricted speaker by team-*"),
            ("team-2", "restricted by team-*", "restricted by team-*", "restricted by team-*"),
            ("stage-2", "-", "-", "restricted host"), ("private", "-", "-", "restricted viewer"),
            ("nowhere", "-", "-", "-"), ("stage-*", "-", "-", "restricted host"), ("Stage-1", "-", "-", "-"),
        ] as [(Identifier, String, String, String)]
    )
    func `of the directory or of claims knows these rooms`(
        room: Identifier,
        directory: String,
        silent: String,
        claiming: String
    ) throws {
        let ofDirectory = DirectoryMemberships(templates: Self.templates)
        let ofClaims = ClaimMemberships(templates: Self.templates)
        // A claim says nothing where memberships are the directory's.
        for claim in [nil, Self.claim] { #expect(Self.words(try Self.entry(ofDirectory, claim, room)) == directory) }
        #expect(Self.words(try Self.entry(ofClaims, nil, room)) == silent)
        #expect(Self.words(try Self.entry(ofClaims, Self.claim, room)) == claiming)
    }

    @Test(
        arguments: [
            (nil, "stage-1", "restricted"), (nil, "stage-2", "-"), (nil, "call-2", "open by call-*"),
            ("[]", "stage-1", "restricted"), (#"["/stage/hosts"]"#, "stage-1", "restricted dancer/intro host"),
            (#"["/stage/hosts"]"#, "stage-2", "restricted host"), (#"["/stage/hosts"]"#, "lobby", "open"),
            (#""/stage/hosts""#, "stage-2", "restricted host"),
            (#"["/stage/hosts","/stage/hosts"]"#, "stage-2", "restricted host"),
            (#"["everybody","/stage/hosts"]"#, "lobby", "open viewer"),
            // No text is split or trimmed, and no name of a group is a glob or special.
            (#""stage, main""#, "x", "restricted moderator"), (#""everybody,/stage/hosts""#, "stage-2", "-"),
            (#"["stage"," main"]"#, "x", "-"), (#"[" /stage/hosts"]"#, "stage-2", "-"),
            (#"["/Stage/hosts"]"#, "stage-2", "-"), (#"["*"]"#, "stage-2", "-"), (#"["/stage/"]"#, "stage-2", "-"),
            (#"["stage/hosts"]"#, "stage-2", "-"), (#"["/stage/hosts/"]"#, "stage-2", "-"),
            // An element that is no text gives nothing, and takes nothing from the others.
            (#"[1,null,["/stage/hosts"],{"/stage/hosts":1}]"#, "stage-2", "-"),
            (#"[null,"/stage/hosts"]"#, "stage-2", "restricted host"),
            // Anything else is no group.
            ("null", "stage-2", "-"), ("true", "stage-2", "-"), (#"{"/stage/hosts":true}"#, "stage-2", "-"),
            (#"{"stage-2":["host"]}"#, "stage-2", "-"), (#""[\"/stage/hosts\"]""#, "stage-2", "-"),
        ] as [(String?, Identifier, String)]
    )
    func `of groups knows these rooms`(claim: String?, room: Identifier, words: String) throws {
        let source = GroupMemberships(Self.groups, templates: Self.templates)
        #expect(Self.words(try Self.entry(source, claim, room)) == words)
    }

    /// What is in force of a listed room is the directory's, and of an unlisted one nothing is planned.
    @Test func `leaves a listed room its stream sessions, and gives no other any`() throws {
        for source in [ClaimMemberships(templates: Self.templates)] {
            let listed = try #require(try Self.entry(source, #"{"*":["host"]}"#, "call-listed"))
            #expect(listed.streamSessions == [Self.stream] && listed.isScheduled && listed.template == nil)
            let unlisted = try #require(try Self.entry(source, #"{"*":["host"]}"#, "call-2"))
            #expect(unlisted.streamSessions.isEmpty && !unlisted.isScheduled)
        }
    }

    @Test func `has the room of a malformed claim without memberships, and says what is wrong`() throws {
        let source = ClaimMemberships(templates: Self.templates)
        for claim in ["[]", "null", #""""#, #""{""#, "7"] {
            #expect(Self.words(try Self.entry(source, claim, "stage-1")) == "restricted")
            #expect(Self.words(try Self.entry(source, claim, "call-2")) == "open by call-*")
            #expect(Self.words(try Self.entry(source, claim, "private")) == "-")
            #expect(source.fault(of: try .saying(claim), in: "private") != nil, "\(claim)")
        }
        #expect(source.fault(of: try .saying(nil), in: "private") == nil)
        #expect(source.fault(of: try .saying(Self.claim), in: "private") == nil)
    }

    @Test func `says of groups what is no group`() throws {
        let source = GroupMemberships(Self.groups)
        func fault(_ claim: String?) throws -> ClaimFault? { source.fault(of: try .saying(claim), in: "x") }
        #expect(try fault(nil) == nil)
        #expect(try fault(#"["a","b"]"#) == nil)
        #expect(try fault(#""a""#) == nil)
        #expect(try fault(#"["a",7,null]"#) == .notAGroup(index: 1))
        #expect(try fault(#"{"a":1}"#) == .notGroups)
        #expect(try fault("null") == .notGroups)
    }

    /// A provider that leaves out more than 200 groups says where they are instead (`_claim_names` of OpenID Connect
    /// Core §5.6.2): the claim itself is not there, and so its user is in no group.
    @Test func `takes groups that are elsewhere for none`() throws {
        let payload = try JSONValue(
            parsing: Array(#"{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"x"}}}"#.utf8)
        )
        #expect(try #require(ClaimPath(["groups"])).value(in: payload) == nil)
        #expect(Self.words(try Self.entry(GroupMemberships(Self.groups), nil, "stage-2")) == "-")
    }

    @Test func `does not answer where the directory does not`() throws {
        final class Broken: DirectorySnapshot {
            func session(_ digest: SessionDigest) -> DirectorySession? { nil }
            func user(_ id: Identifier) -> User? { nil }
            func end() {}
            func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
                throw DirectoryError("gone")
            }
        }
        let sources: [any MembershipSource] = [
            DirectoryMemberships(templates: Self.templates), ClaimMemberships(templates: Self.templates),
            GroupMemberships(Self.groups, templates: Self.templates),
        ]
        for source in sources {
            #expect(throws: DirectoryError("gone")) {
                try source.room("call-2", for: .saying(nil), in: Broken(), at: .sample)
            }
        }
    }
}

/// What the policy makes of a room by a template.
@Suite struct `a room by a template` {
    private func admit(_ access: RoomEntry.Access, role: Identifier?, _ memberships: [Membership]) throws -> Admission {
        let template = RoomTemplate(match: RoomGlob("*"), access: access, role: role, agents: ["narrator"])
        let room = RoomEntry(
            access: access,
            memberships: memberships,
            isScheduled: false,
            streamSessions: [],
            template: template
        )
        let policy = try #require(JoinPolicy(roles: Role.samples, openRole: "viewer"))
        return try policy.admit(to: room, scene: nil, event: nil, at: .sample)
    }

    @Test func `gives everybody the role of its template, and members theirs beside it`() throws {
        #expect(try admit(.open, role: "speaker", []).roles == ["speaker"])
        #expect(try admit(.open, role: nil, []).roles == ["viewer"])
        #expect(try admit(.open, role: "speaker", [Membership(role: "dancer")]).roles == ["dancer", "speaker"])
        #expect(try admit(.open, role: "speaker", [Membership(role: "speaker")]).roles == ["speaker"])
        #expect(try admit(.restricted, role: nil, [Membership(role: "dancer")]).roles == ["dancer"])
    }

    @Test func `keeps out who is no member where it is restricted`() {
        #expect(throws: Denial.notAMember) { try admit(.restricted, role: nil, []) }
    }

    @Test func `admits nobody as what is no role`() {
        #expect(throws: Denial.unknownRole) { try admit(.open, role: "wizard", []) }
    }

    @Test func `comes with the agents of its template`() throws {
        #expect(try admit(.open, role: nil, []).agents == ["narrator"])
    }
}
