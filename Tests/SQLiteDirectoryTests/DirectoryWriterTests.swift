import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import TestSupport
import Testing

@Suite struct `Changes to the directory` {
    private let folder: TemporaryFolder
    private let writer: SQLiteDirectoryWriter

    init() throws {
        folder = try TemporaryFolder()
        writer = try SQLiteDirectoryWriter(path: folder.directory)
        try writer.addUser(id("ada"), did: DID("did:web:a"), name: UserName("Ada"), at: noon)
        try writer.addRoom(id("r"), access: .restricted, at: noon(1))
    }

    private func expectFailure(_ expected: DirectoryChangeError, _ body: () throws -> Void) {
        #expect(throws: expected) { try body() }
    }

    @Test func `are listed as they were made`() throws {
        let ada = User(id: id("ada"), did: "did:web:a", name: "Ada", isDisabled: false)
        #expect(try writer.users().map(\.user) == [ada])
        #expect(try writer.users().map(\.createdAt) == [noon])
        #expect(try writer.user(id("ada")) == ada)
        #expect(try writer.rooms().map(\.id) == [id("r")])
        #expect(try writer.rooms().map(\.createdAt) == [noon(1)])
    }

    @Test func `of a user who exists are refused`() throws {
        expectFailure(.exists(.user)) { try writer.addUser(id("ada"), at: noon) }
        #expect(try writer.user(id("ada"))?.name == "Ada")
    }

    @Test func `add no second user with the same UUID`() throws {
        let (small, capital) = ("0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E")
        try writer.addUser(id(capital), at: noon)
        expectFailure(.sameUUID(.user, id(capital))) { try writer.addUser(id(small), at: noon) }
        #expect(try writer.user(id(small)) == nil)
    }

    @Test func `of what is not there are refused, each by its name`() throws {
        let (none, membership) = (id("none"), Membership(role: id("host")))
        expectFailure(.unknown(.user)) { _ = try writer.setUser(none, disabled: true) }
        expectFailure(.unknown(.user)) { _ = try writer.removeUser(none) }
        expectFailure(.unknown(.user)) { try writer.addSession(digest("b"), user: none, from: noon, until: noon(9)) }
        expectFailure(.unknown(.user)) { _ = try writer.sessions(of: none) }
        expectFailure(.unknown(.user)) { _ = try writer.revokeSessions(of: none, at: noon) }
        expectFailure(.unknown(.session)) { _ = try writer.revokeSession(digest("b"), at: noon) }
        expectFailure(.unknown(.room)) { _ = try writer.removeRoom(none) }
        expectFailure(.unknown(.room)) { _ = try writer.addMember(id("ada"), to: none, membership) }
        expectFailure(.unknown(.user)) { _ = try writer.addMember(none, to: id("r"), membership) }
        expectFailure(.unknown(.room)) { _ = try writer.members(of: none) }
        expectFailure(.unknown(.room)) { _ = try writer.removeMember(id("ada"), from: none, MembershipFilter()) }
        expectFailure(.unknown(.user)) { _ = try writer.removeMember(none, from: id("r"), MembershipFilter()) }
        expectFailure(.unknown(.membership)) {
            _ = try writer.removeMember(id("ada"), from: id("r"), MembershipFilter())
        }
        expectFailure(.unknown(.room)) { try writer.addStreamSession(id("s"), room: none, StreamSession()) }
        expectFailure(.unknown(.room)) { _ = try writer.streamSessions(of: none) }
        expectFailure(.unknown(.streamSession)) { _ = try writer.endStreamSession(none, at: noon) }
    }

    @Test func `of a room, session or stream session that exists are refused`() throws {
        try writer.addSession(digest("b"), user: id("ada"), from: noon, until: noon(9))
        try writer.addStreamSession(id("s"), room: id("r"), StreamSession())
        expectFailure(.exists(.room)) { try writer.addRoom(id("r"), access: .open, at: noon) }
        expectFailure(.exists(.session)) {
            try writer.addSession(digest("b"), user: id("ada"), from: noon, until: noon(9))
        }
        expectFailure(.exists(.streamSession)) {
            try writer.addStreamSession(id("s"), room: id("r"), StreamSession())
        }
    }

    @Test func `that change nothing say so`() throws {
        #expect(try writer.setUser(id("ada"), disabled: true))
        #expect(try !writer.setUser(id("ada"), disabled: true))
        #expect(try writer.setUser(id("ada"), disabled: false))
        #expect(try !writer.setUser(id("ada"), disabled: false))
        try writer.addStreamSession(id("s"), room: id("r"), StreamSession())
        #expect(try writer.endStreamSession(id("s"), at: noon))
        #expect(try !writer.endStreamSession(id("s"), at: noon(1)))
        #expect(try writer.streamSessions(of: id("r")).map(\.session.closesAt) == [noon])
    }

    @Test func `revoke each session once`() throws {
        for bearer in ["a", "b", "c"] {
            try writer.addSession(digest(bearer), user: id("ada"), from: noon, until: noon(9))
        }
        #expect(try writer.revokeSession(digest("a"), at: noon(1)))
        #expect(try !writer.revokeSession(digest("a"), at: noon(2)))
        #expect(try writer.revokeSessions(of: id("ada"), at: noon(3)) == 2)
        #expect(try writer.revokeSessions(of: id("ada"), at: noon(4)) == 0)
        #expect(Set(try writer.sessions(of: id("ada")).compactMap(\.revokedAt)) == [noon(1), noon(3)])
    }

    @Test func `give a membership that exists its new end`() throws {
        let (short, long) = (Membership(role: id("host"), expiresAt: noon(1)), Membership(role: id("host")))
        #expect(try writer.addMember(id("ada"), to: id("r"), short))
        #expect(try !writer.addMember(id("ada"), to: id("r"), long))
        #expect(try writer.members(of: id("r")).map(\.membership) == [long])
    }

    @Test func `take away the memberships that are meant, and no others`() throws {
        let all = [
            Membership(role: id("host")), Membership(role: id("viewer")),
            Membership(role: id("host"), scene: id("s")), Membership(role: id("host"), event: id("e")),
        ]
        func removed(_ filter: MembershipFilter) throws -> [Membership] {
            for membership in all { _ = try writer.addMember(id("ada"), to: id("r"), membership) }
            let removed = try writer.removeMember(id("ada"), from: id("r"), filter)
            let left = try writer.members(of: id("r")).map(\.membership)
            #expect(removed.count + left.count == all.count)
            #expect(!removed.contains(where: left.contains))
            return removed
        }
        #expect(try removed(MembershipFilter()).count == 4)
        #expect(try removed(MembershipFilter(role: id("viewer"))) == [all[1]])
        #expect(try removed(MembershipFilter(scene: id("s"))) == [all[2]])
        #expect(try removed(MembershipFilter(role: id("host"), event: id("e"))) == [all[3]])
        expectFailure(.unknown(.membership)) {
            _ = try writer.removeMember(id("ada"), from: id("r"), MembershipFilter(role: id("none")))
        }
    }

    @Test func `that remove a user or a room say what went along`() throws {
        try writer.addSession(digest("b"), user: id("ada"), from: noon, until: noon(9))
        try writer.addRoom(id("q"), access: .open, at: noon)
        for room in ["r", "q"] { _ = try writer.addMember(id("ada"), to: id(room), Membership(role: id("host"))) }
        for session in ["1", "2", "3"] { try writer.addStreamSession(id(session), room: id("q"), StreamSession()) }
        #expect(try writer.removeRoom(id("q")) == Removal(sessions: 0, memberships: 1, streamSessions: 3))
        #expect(try writer.removeUser(id("ada")) == Removal(sessions: 1, memberships: 1, streamSessions: 0))
        #expect(try writer.members(of: id("r")).isEmpty)
    }

    @Test func `of an id that differs in case alone are refused, and name the other`() throws {
        expectFailure(.differsInCase(.user, id("ada"))) { _ = try writer.removeUser(id("ADA")) }
        expectFailure(.differsInCase(.room, id("r"))) { _ = try writer.members(of: id("R")) }
        let (small, capital) = ("0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E")
        try writer.addRoom(id(small), access: .open, at: noon)
        expectFailure(.sameUUID(.room, id(small))) { try writer.addRoom(id(capital), access: .open, at: noon) }
        try writer.addRoom(id("R"), access: .open, at: noon)
        #expect(try writer.roomsInOtherCase(id("R")) == [id("r")])
    }

    @Test func `that are made as one are all made, or none`() throws {
        struct Unheard: Error {}
        #expect(throws: Unheard.self) {
            try writer.atomically {
                try writer.addUser(id("bob"), at: noon)
                #expect(try writer.user(id("bob")) != nil)
                try writer.addSession(digest("b"), user: id("bob"), from: noon, until: noon(9))
                throw Unheard()
            }
        }
        #expect(try writer.users().map(\.user.id) == [id("ada")])
        expectFailure(.exists(.room)) {
            try writer.atomically {
                try writer.addUser(id("bob"), at: noon)
                try writer.addRoom(id("r"), access: .open, at: noon)
            }
        }
        #expect(try writer.user(id("bob")) == nil)
        try writer.atomically {
            try writer.addUser(id("bob"), at: noon)
            try writer.addSession(digest("b"), user: id("bob"), from: noon, until: noon(9))
        }
        #expect(try writer.sessions(of: id("bob")).count == 1)
    }

    @Test func `leave nothing of a bearer but its digest in the files`() throws {
        let bearer = "lks_canary-canary-canary-canary-canary-canary"
        try writer.addSession(digest(bearer), user: id("ada"), from: noon, until: noon(9))
        let bytes = try ["", "-wal", "-shm"].flatMap { suffix in
            folder.exists("directory.sqlite" + suffix) ? try folder.read("directory.sqlite" + suffix) : []
        }
        #expect(bytes.firstRange(of: digest(bearer).bytes) != nil)
        #expect(bytes.firstRange(of: Array("canary".utf8)) == nil)
    }
}

@Suite struct `Details of a user` {
    @Test(arguments: ["did:a", "did:web:example.com", "did:" + String(repeating: "x", count: 252)])
    func `are a DID in`(_ text: String) { #expect(DID(UTF8String(text))?.text == UTF8String(text)) }

    @Test(arguments: [
        "", "did", "did:", "DID:a", "did:a b", "did:é", "did:\u{7F}", " did:a",
        "did:" + String(repeating: "x", count: 253),
    ])
    func `are no DID in`(_ text: String) { #expect(DID(UTF8String(text)) == nil) }

    @Test(arguments: ["a", "a b", "Zoë", "名前", "a\u{A0}b", String(repeating: "x", count: 256)])
    func `are a name in`(_ text: String) { #expect(UserName(UTF8String(text))?.text == UTF8String(text)) }

    @Test(arguments: [
        "", " ", "\n", "a\tb", "\u{202E}a", "a\u{0}", "\u{1B}[2J", "\u{7F}", "\u{80}", "\u{9F}",
        String(repeating: "x", count: 257),
    ])
    func `are no name in`(_ text: String) { #expect(UserName(UTF8String(text)) == nil) }
}
