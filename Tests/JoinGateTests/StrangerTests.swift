import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `Somebody whom the directory does not know` {
    @Test func `enters open rooms where logins elsewhere vouch`() throws {
        var site = Site()
        site.letInAnybody()
        #expect(try site.reason() == nil)
        site.stage.access = .restricted
        #expect(try site.reason() == .notAMember)
    }

    @Test func `enters rooms of open templates`() throws {
        var site = Site()
        site.letInAnybody()
        site.templates = RoomTemplates([RoomTemplate(match: RoomGlob("call-*"), access: .open)])
        site.claims.room = "call-1"
        #expect(try site.reason() == nil)
        site.claims.room = "talk-1"
        #expect(try site.reason() == .unknownRoom)
    }

    /// A user whose id is spelled as bob's identity.
    @Test func `has no membership of a user whose id looks like the identity`() throws {
        var site = Site()
        site.letInAnybody()
        let alike = id(identity("bob"))
        site.add(alike)
        site.stage.access = .restricted
        site.stage.members[alike] = [Membership(role: "host")]
        #expect(try site.reason() == .notAMember)
        site.stage.access = .open
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true"]
        site.stage.members[alike] = [Membership(role: "moderator")]
        #expect(try site.reason() == .grantsExceeded)
    }

    @Test func `is one who was removed, though the index remembers`() throws {
        var site = Site()
        let directory = MemoryDirectory(site.directory)
        let gate = try site.gate(asking: directory)
        #expect(gate.answer(try site.request(), at: site.now).response.status == 204)
        directory.change { $0.users = ["bob": User(id: "bob", did: nil, name: nil, isDisabled: false)] }
        directory.remember(IdentityHolder(user: "ada"))
        #expect(gate.answer(try site.request(), at: site.now).event.refusal?.reason == .unknownUser)
        site.letInAnybody()
        site.claims.subject = identity("ada")
        directory.change { $0.rooms["stage-1"]?.access = .open }
        let open = try site.gate(asking: directory)
        #expect(open.answer(try site.request(), at: site.now).response.status == 204)
    }

    /// A command makes an empty directory where one was moved away: that is no word about anybody.
    @Test(arguments: [nil, IdentityHolder(user: "ada")])
    func `is everybody to a directory without users, which is not asked`(remembered: IdentityHolder?) throws {
        var site = Site()
        site.directory.users = [:]
        site.directory.remembered = remembered
        let refused = try site.ask()
        #expect(refused.response.status == 503 && refused.event.refusal?.reason == .directoryUnavailable)
        site.directory.blocks = [Block(user: "ada")]
        #expect(try site.reason() == .blocked)
        site.letInAnybody()
        site.directory.remembered = nil
        #expect(try site.reason() == nil, "where logins elsewhere vouch")
    }

    /// A UUID is one identity, however its letters are written.
    @Test func `may have come back with letters of another case`() throws {
        let (former, successor) = ("018f3a52-7c1b-7d2e-9a3f-0123456789ab", "018F3A52-7C1B-7D2E-9A3F-0123456789AB")
        var site = Site()
        site.claims.subject = identity(former)
        site.stage.members[id(successor)] = [Membership(role: "viewer")]
        site.open("bearer-2", of: id(successor))
        site.add(id(successor))
        let directory = MemoryDirectory(site.directory)
        directory.remember(IdentityHolder(user: id(former)))
        var outcome = try site.gate(asking: directory).answer(site.request(), at: site.now)
        #expect(outcome.response.status == 204 && outcome.event.participant.user == id(successor))
        #expect(
            directory.questions == [
                "identity", "user", "end", "successor", "user", "block", "openSession", "room", "end",
            ]
        )
        site.directory.failing = .successor
        let broken = MemoryDirectory(site.directory)
        broken.remember(IdentityHolder(user: id(former)))
        outcome = try site.gate(asking: broken).answer(site.request(), at: site.now)
        #expect(outcome.event.refusal?.reason == .directoryUnavailable)
    }
}
