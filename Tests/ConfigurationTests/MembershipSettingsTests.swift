import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// What logins from nginx need, and rooms that a template opens.
private let nginx = "sessions: {source: nginx}\n"
private let open = "rooms: {templates: [{match: 'call-*', access: open}]}\n"
private let server = "livekit: {url: 'wss://livekit.example.com'}\n"

private func problem(_ yaml: String) throws -> String {
    try #require(throws: ConfigurationError.self) { try settings(yaml) }.message
}

@Suite struct `The memberships of a configuration` {
    @Test func `are the directory's by default`() throws {
        let memberships = try settings("").memberships
        #expect(memberships.source == .directory && memberships.claim == nil)
        #expect(memberships.groups.isEmpty && memberships.groupsSeparator == nil)
    }

    @Test func `may be claims of nginx's logins`() throws {
        let memberships = try settings(nginx + "memberships: {source: claims}").memberships
        #expect(memberships.source == .claims)
        guard case .rooms = memberships.ofParameters else { return #expect(Bool(false)) }
    }

    @Test func `may be by groups, each with the rooms object of a claim`() throws {
        let memberships = try settings(
            nginx
                + """
                memberships:
                  source: groups
                  groups_separator: ', '
                  rooms:
                    /stage/hosts: {'stage-*': [host], 'x**y': [viewer]}
                    everybody:
                      lobby:
                        - viewer
                        - {role: speaker, scene: intro, event: gala, until: '2026-12-31T18:00:00Z'}
                    '*': {a: [host]}
                """
        ).memberships
        #expect(memberships.groupsSeparator == Array(", ".utf8))
        guard case .groups(let separator) = memberships.ofParameters else { return #expect(Bool(false)) }
        #expect(separator == Array(", ".utf8))
        typealias Grant = GroupMemberships.Grant
        #expect(
            memberships.groups == [
                "/stage/hosts": [
                    Grant(rooms: RoomGlob("stage-*"), memberships: [Membership(role: "host")]),
                    Grant(rooms: RoomGlob("x**y"), memberships: [Membership(role: "viewer")]),
                ],
                "everybody": [
                    Grant(
                        rooms: RoomGlob("lobby"),
                        memberships: [
                            Membership(role: "viewer"),
                            Membership(
                                role: "speaker",
                                scene: "intro",
                                event: "gala",
                                expiresAt: NumericDate(1_798_740_000)
                            ),
                        ]
                    )
                ],
                "*": [Grant(rooms: RoomGlob("a"), memberships: [Membership(role: "host")])],
            ]
        )
    }

    private static let groups = "memberships: {source: groups, groups_separator: ',', "

    static let broken: [BrokenConfiguration] = [
        BrokenConfiguration(
            "memberships: {source: rooms}",
            "config.yaml:1: memberships.source",
            "must be directory, claims or groups"
        ),
        BrokenConfiguration("memberships: claims", "config.yaml:1: memberships", "mapping"),
        BrokenConfiguration(
            "memberships: {sorce: claims}",
            "config.yaml:1: memberships.sorce",
            "write source",
            "source, claim, groups_separator, rooms"
        ),
        // A source, and sessions that carry what it needs.
        BrokenConfiguration(
            "memberships: {source: claims}",
            "config.yaml:1: memberships.source is claims, and sessions of the directory carry none",
            "sessions: {source: jwt or nginx",
            "memberships: {source: directory}"
        ),
        BrokenConfiguration(
            "sessions: {source: directory}\nmemberships: {source: groups, rooms: {a: {b: [host]}}}",
            "config.yaml:2: memberships.source is groups, and sessions of the directory carry none"
        ),
        // Keys that a source has no use for.
        BrokenConfiguration(
            "memberships: {claim: livekit_rooms}",
            "config.yaml:1: memberships.claim is for memberships of a login",
            "claims or groups"
        ),
        BrokenConfiguration(
            nginx + "memberships: {source: claims, claim: livekit_rooms}",
            "config.yaml:2: memberships.claim is for JWTs, and nginx passes LIVEKIT_ROOMS instead; remove it"
        ),
        BrokenConfiguration(
            nginx + groups + "claim: groups, rooms: {a: {b: [host]}}}",
            "config.yaml:2: memberships.claim is for JWTs, and nginx passes LIVEKIT_GROUPS instead; remove it"
        ),
        BrokenConfiguration(
            "memberships: {claim: [user_metadata, rooms]}",
            "config.yaml:1: memberships.claim is below user_metadata, which users write themselves"
        ),
        BrokenConfiguration(
            "memberships: {claim: unsafe_metadata}",
            "config.yaml:1: memberships.claim is below unsafe_metadata"
        ),
        BrokenConfiguration(
            "memberships: {claim: 'livekit_rooms '}",
            "config.yaml:1: memberships.claim has 'livekit_rooms ', which ends with the blank U+0020"
        ),
        BrokenConfiguration("memberships: {claim: []}", "config.yaml:1: memberships.claim must be the name of a claim"),
        BrokenConfiguration(
            nginx + "memberships: {source: claims, rooms: {a: {b: [host]}}}",
            "config.yaml:2: memberships.rooms says what groups give, and memberships.source is claims"
        ),
        BrokenConfiguration(
            nginx + "memberships: {source: claims, groups_separator: ','}",
            "config.yaml:2: memberships.groups_separator is for groups that nginx passes"
        ),
        // Groups.
        BrokenConfiguration(
            nginx + "memberships: {source: groups, groups_separator: ','}",
            "config.yaml:2: memberships needs rooms, what each group gives"
        ),
        BrokenConfiguration(nginx + groups + "rooms: {}}", "config.yaml:2: memberships needs rooms"),
        BrokenConfiguration(
            nginx + "memberships: {source: groups, rooms: {a: {b: [host]}}}",
            "config.yaml:2: memberships needs groups_separator",
            "LIVEKIT_GROUPS"
        ),
        BrokenConfiguration(
            nginx + "memberships: {source: groups, groups_separator: '', rooms: {a: {b: [host]}}}",
            "config.yaml:2: memberships.groups_separator is empty"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {'crew, stage': {b: [host]}}}",
            "config.yaml:2: memberships.groups_separator is in the name of the group crew, stage"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {'stage-*': [crew]}}",
            "config.yaml:2: memberships.rooms.stage-* must be what the group gives"
        ),
        BrokenConfiguration(nginx + groups + "rooms: [a]}", "config.yaml:2: memberships.rooms must be a mapping"),
        BrokenConfiguration(
            nginx + groups + "rooms: {'': {a: [host]}}}",
            "config.yaml:2: memberships.rooms.",
            "no group"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: [host]}}",
            "config.yaml:2: memberships.rooms.a",
            "group gives"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: host}}}",
            "config.yaml:2: memberships.rooms.a.b must be a list; write [host]"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: {role: host, scene: intro}}}}",
            "config.yaml:2: memberships.rooms.a.b must be a list; write [{role: host, scene: intro}]"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: []}}}",
            "config.yaml:2: memberships.rooms.a.b has no role"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [[host]]}}}",
            "config.yaml:2: memberships.rooms.a.b",
            "element 1",
            "the name of a role"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {'b*': [host, wizard]}}}",
            "config.yaml:2: memberships.rooms.a.b* has the role wizard, which there is not; the roles are host, speaker"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [{role: wizard}]}}}",
            "config.yaml:2: memberships.rooms.a.b[1].role has the role wizard, which there is not"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [{scene: s}]}}}",
            "config.yaml:2: memberships.rooms.a.b[1] needs role"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [host, {role: host, untl: 1}]}}}",
            "config.yaml:2: memberships.rooms.a.b[2].untl is unknown: write until; known here: role, scene, event, "
                + "until"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [{role: host, until: tomorrow}]}}}",
            "config.yaml:2: memberships.rooms.a.b[1].until must be a time such as"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {b: [{role: host, scene: 'a b'}]}}}",
            "config.yaml:2: memberships.rooms.a.b[1].scene names a b, which no request can: rooms.pattern is"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {a: {'b/c': [host]}}}",
            "config.yaml:2: memberships.rooms.a.b/c names b/c, which no request can"
        ),
        BrokenConfiguration(
            nginx + groups + "rooms: {'${GROUP}': {b: ['${ROLE}']}}}",
            "config.yaml:2: memberships.rooms.${GROUP}.b has ${ROLE}"
        ),
        // No directory.
        BrokenConfiguration(
            "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: directory}",
            "config.yaml:3: memberships.source is directory, and directory.url is none"
        ),
        BrokenConfiguration(
            "directory: {url: none}\nsessions: {source: nginx, users: any}",
            "memberships.source is directory, and directory.url is none",
            "claims or groups",
            "rooms.templates"
        ),
        BrokenConfiguration(
            open + "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: directory}",
            "config.yaml:4: memberships.source is directory, and directory.url is none"
        ),
    ]

    @Test(arguments: broken)
    func `are refused with what would be right`(_ broken: BrokenConfiguration) throws {
        let message = try problem(broken.yaml)
        for words in [broken.place] + broken.words { #expect(message.contains(words), "\(message)") }
    }

    @Test(arguments: ["memberships: {source: claims}", open])
    func `need no directory`(yaml: String) throws {
        let settings = try settings("directory: {url: none}\nsessions: {source: nginx, users: any}\n" + yaml)
        #expect(settings.directory.url == .absent)
    }
}

@Suite struct `The templates of a configuration` {
    private static let rooms = "rooms: {templates: "

    @Test func `are read in their order`() throws {
        let templates = try settings(
            """
            sessions: {source: nginx}
            memberships: {source: claims}
            rooms:
              templates:
                - {match: 'call-1-*', access: open, role: speaker, agents: [narrator, '']}
                - {match: 'call-*', access: open}
                - match: team-*
                - {match: lobby, access: restricted}
            """
        ).rooms.templates.templates
        #expect(
            templates == [
                RoomTemplate(match: RoomGlob("call-1-*"), access: .open, role: "speaker", agents: ["narrator", ""]),
                RoomTemplate(match: RoomGlob("call-*"), access: .open), RoomTemplate(match: RoomGlob("team-*")),
                RoomTemplate(match: RoomGlob("lobby")),
            ]
        )
    }

    static let broken: [BrokenConfiguration] = [
        BrokenConfiguration(
            rooms + "call-*}",
            "config.yaml:1: rooms.templates must be a list; write [{match: call-*, access: open}]"
        ),
        BrokenConfiguration(
            rooms + "{match: 'team-*', access: open}}",
            "config.yaml:1: rooms.templates must be a list; write [{match: team-*, access: open}]"
        ),
        BrokenConfiguration(
            rooms + "{a: [b]}}",
            "config.yaml:1: rooms.templates must be a list; each element must be a mapping"
        ),
        BrokenConfiguration(rooms + "['call-*']}", "config.yaml:1: rooms.templates lists call-*", "mapping"),
        BrokenConfiguration(rooms + "[[a]]}", "config.yaml:1: rooms.templates", "mapping"),
        BrokenConfiguration(rooms + "[{access: open}]}", "config.yaml:1: rooms.templates[1] needs match"),
        BrokenConfiguration(rooms + "[{match: ''}]}", "config.yaml:1: rooms.templates[1].match", "visible ASCII"),
        BrokenConfiguration(rooms + "[{match: 'a b'}]}", "config.yaml:1: rooms.templates[1].match", "visible ASCII"),
        BrokenConfiguration(rooms + "[{match: '^call-.*$'}]}", "config.yaml:1: rooms.templates[1].match", "glob"),
        BrokenConfiguration(rooms + "[{match: é}]}", "config.yaml:1: rooms.templates[1].match", "visible ASCII"),
        BrokenConfiguration(
            rooms + "[{match: a, access: closed}]}",
            "config.yaml:1: rooms.templates[1].access must be restricted or open"
        ),
        BrokenConfiguration(
            rooms + "[{match: a, access: open, role: wizard}]}",
            "config.yaml:1: rooms.templates[1].role has the role wizard",
            "the roles are host, speaker, viewer"
        ),
        BrokenConfiguration(
            rooms + "[{match: a, role: host}]}",
            "config.yaml:1: rooms.templates[1].role is what every user has in an open room",
            "access: open"
        ),
        BrokenConfiguration(
            rooms + "[{match: a, access: open, agents: [x, x]}]}",
            "config.yaml:1: rooms.templates[1].agents lists x twice"
        ),
        BrokenConfiguration(
            rooms + "[{match: a, access: open, glob: b}]}",
            "config.yaml:1: rooms.templates[1].glob is unknown",
            "match, access, role, agents"
        ),
        BrokenConfiguration(
            rooms + "[{match: a, access: open}, {match: a, access: open}]}",
            "config.yaml:1: rooms.templates[2].match is a, as that of a template before it"
        ),
        BrokenConfiguration(
            rooms + "[{match: 'a*', access: open}, {match: 'b', access: open}, {match: 'a-*-b', access: open}]}",
            "config.yaml:1: rooms.templates[3].match is a-*-b, and the template before it for a*",
            "put this one first"
        ),
        BrokenConfiguration(
            rooms + "[{match: 'a*', access: open}, {match: 'team-*'}]}",
            "memberships.source is directory, which has no members in a room that it does not list",
            "team-*",
            "access: open"
        ),
    ]

    @Test(arguments: broken)
    func `are refused with what would be right`(_ broken: BrokenConfiguration) throws {
        let message = try problem(broken.yaml)
        for words in [broken.place] + broken.words { #expect(message.contains(words), "\(message)") }
    }

    @Test func `reach the token source`() throws {
        let settings = try settings(server + open)
        #expect(settings.tokenSource?.templates == settings.rooms.templates)
        #expect(settings.rooms.templates.templates.count == 1)
    }
}

@Suite struct `The generated rooms of a configuration` {
    private func policy(_ room: String, _ rooms: String) throws -> TokenSourcePolicy? {
        try settings(server + "token_source: {generated_room: '\(room)'}\nrooms: \(rooms)").tokenSource
    }

    private let calls = "{templates: [{match: 'call-*', access: open}]}"

    @Test func `have a UUID in them`() throws {
        let generated = try policy("call-{uuid}", calls)?.generatedRoom
        let uuid = UUID(high: 0x0123_4567_89AB_4DEF, low: 0x8123_4567_89AB_CDEF)
        #expect(generated?.name(uuid)?.text == "call-01234567-89ab-4def-8123-456789abcdef")
        let amid = try policy("call-{uuid}-x", calls)?.generatedRoom
        #expect(amid?.name(uuid)?.text == "call-01234567-89ab-4def-8123-456789abcdef-x")
    }

    @Test func `are none by default`() throws {
        #expect(try settings(server).tokenSource?.generatedRoom == nil)
    }

    @Test(arguments: [
        ("call-1", "must have {uuid} once"), ("", "must have {uuid} once"), ("{uuid}{uuid}", "must have {uuid} once"),
        ("call-{UUID}", "must have {uuid} once"),
        ("talk-{uuid}", "makes rooms that match none of rooms.templates (call-*)"),
        ("talk-{uuid}", "add a template, such as {match: 'talk-*', access: open}"),
        ("call-{uuid} ", "makes rooms that rooms.pattern ([A-Za-z0-9][A-Za-z0-9._:-]{0,127}) does not match"),
        ("call-" + String(repeating: "x", count: 100) + "{uuid}", "makes rooms that rooms.pattern"),
    ])
    func `are refused where no client would get in`(_ room: String, _ words: String) throws {
        let message = try #require(throws: ConfigurationError.self) { try policy(room, calls) }.message
        #expect(message.hasPrefix("config.yaml:2: token_source.generated_room "), "\(message)")
        #expect(message.contains(words), "\(message)")
    }

    /// A UUID may begin with any digit.
    @Test(arguments: [
        ("{pattern: '[a-z0-9-]+', templates: [{match: 'call-0*', access: open}]}", "match none of rooms.templates"),
        ("{pattern: 'call-[0-9-]+', templates: [{match: 'call-*', access: open}]}", "rooms.pattern"),
        ("{pattern: '[a-z0-9-]+'}", "match none of rooms.templates, so that no client gets in"),
    ])
    func `are refused where some would not`(_ rooms: String, _ words: String) throws {
        let message = try #require(throws: ConfigurationError.self) { try policy("call-{uuid}", rooms) }.message
        #expect(message.contains(words), "\(message)")
    }
}
