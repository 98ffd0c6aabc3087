import Conformance
import Glibc
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Synchronization
import TestSupport
import Testing

@Suite struct `Blocks in the directory` {
    private let folder: TemporaryFolder
    private let writer: SQLiteDirectoryWriter
    private static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"

    init() throws {
        folder = try TemporaryFolder()
        writer = try SQLiteDirectoryWriter(path: folder.directory)
        try writer.addUser(id("ada"), at: noon)
        try writer.addRoom(id("r"), access: .restricted, at: noon)
    }

    private func blocks(of user: String? = nil, in room: String? = nil) throws -> [Block] {
        try writer.blocks(of: user.map(id), in: room.map(id)).map(\.block)
    }

    private func expectFailure(_ expected: DirectoryChangeError, _ body: () throws -> Void) {
        #expect(throws: expected) { try body() }
    }

    @Test func `are listed by user and room, ended ones too, and those that bar from a room`() throws {
        let all = [
            Block(user: id("ada"), until: noon(-1)), Block(user: id("ada"), room: id("q"), why: "spam"),
            Block(user: id("ada"), room: id("r")), Block(user: id("bob"), room: id("q"), until: noon(9)),
        ]
        for (second, block) in all.reversed().enumerated() { _ = try writer.block(block, at: noon(Int64(second))) }
        #expect(try blocks() == all)
        #expect(try writer.blocks(of: nil, in: nil).map(\.createdAt) == [noon(3), noon(2), noon(1), noon])
        #expect(try blocks(in: "q") == [all[0], all[1], all[3]])
        #expect(try blocks(of: "bob") == [all[3]])
        #expect(try blocks(of: "ada", in: "r") == [all[0], all[2]])
        #expect(try blocks(of: "Ada").isEmpty)
    }

    @Test func `replace end, reason and time of the one before, and tell it`() throws {
        let (first, second) = (Block(user: id("ada"), until: noon(9), why: "spam"), Block(user: id("ada")))
        #expect(try writer.block(first, at: noon).former == nil)
        #expect(try writer.block(second, at: noon(1)).former == first)
        #expect(try writer.block(Block(user: id("ada"), room: id("r")), at: noon(2)).former == nil)
        #expect(try blocks() == [second, Block(user: id("ada"), room: id("r"))])
        #expect(try writer.blocks(of: nil, in: nil).map(\.createdAt) == [noon(1), noon(2)])
    }

    @Test func `tell whom and what the directory does not know, and what differs in case alone`() throws {
        func blocking(_ user: String, _ room: String? = nil) throws -> Blocking {
            try writer.block(Block(user: id(user), room: room.map(id)), at: noon)
        }
        func expected(
            _ isUserKnown: Bool,
            _ users: [Identifier] = [],
            _ isRoomListed: Bool = true,
            _ rooms: [Identifier] = []
        ) -> Blocking {
            Blocking(
                former: nil,
                isUserKnown: isUserKnown,
                usersInOtherCase: users,
                isRoomListed: isRoomListed,
                roomsInOtherCase: rooms
            )
        }
        #expect(try blocking("ada", "r") == expected(true))
        #expect(try blocking("ada") == expected(true))
        #expect(try blocking("eve") == expected(false))
        #expect(try blocking("Ada", "q") == expected(false, [id("ada")], false))
        #expect(try blocking("ada", "R") == expected(true, [], false, [id("r")]))
        // A UUID in other letters is the user.
        try writer.addUser(id(Self.uuid), at: noon)
        #expect(try blocking(Self.uuid.uppercased()).isUserKnown)
    }

    @Test func `are lifted all, or in one room`() throws {
        let (every, r, q) = (
            Block(user: id("ada")), Block(user: id("ada"), room: id("r")), Block(user: id("ada"), room: id("q"))
        )
        for block in [every, r, q, Block(user: id("bob"))] { _ = try writer.block(block, at: noon) }
        #expect(try writer.unblock(id("ada"), in: id("q")) == [q])
        #expect(try writer.unblock(id("ada"), in: nil) == [every, r])
        #expect(try blocks() == [Block(user: id("bob"))])
        expectFailure(.unknown(.block)) { _ = try writer.unblock(id("ada"), in: nil) }
        expectFailure(.unknown(.block)) { _ = try writer.unblock(id("bob"), in: id("r")) }
        expectFailure(.differsInCase(.block, id("bob"))) { _ = try writer.unblock(id("BOB"), in: nil) }
    }

    @Test func `of a UUID are one, however its letters are written`() throws {
        _ = try writer.block(Block(user: id(Self.uuid)), at: noon)
        let again = try writer.block(Block(user: id(Self.uuid.uppercased()), until: noon(9)), at: noon)
        #expect(again.former == Block(user: id(Self.uuid)))
        #expect(try blocks() == [Block(user: id(Self.uuid), until: noon(9))])
        #expect(try writer.unblock(id(Self.uuid.uppercased()), in: nil).count == 1)
        #expect(try blocks().isEmpty)
    }

    // MARK: Removed users

    @Test func `keep a disabled user out who is removed, in the same change`() throws {
        struct Unheard: Error {}
        _ = try writer.setUser(id("ada"), disabled: true)
        #expect(throws: Unheard.self) {
            try writer.atomically {
                #expect(try writer.removeUser(id("ada")).leavesBlock)
                throw Unheard()
            }
        }
        #expect(try blocks().isEmpty)
        #expect(try writer.user(id("ada")) != nil)
        #expect(try writer.removeUser(id("ada")) == Removal(leavesBlock: true))
        #expect(try blocks() == [Block(user: id("ada"), why: "disabled when removed")])
        // Who is added again is barred still.
        try writer.addUser(id("ada"), at: noon)
        #expect(try blocks(of: "ada").count == 1)
    }

    @Test func `are left by no other user who is removed`() throws {
        _ = try writer.setUser(id("ada"), disabled: true)
        _ = try writer.setUser(id("ada"), disabled: false)
        #expect(try writer.removeUser(id("ada")) == Removal())
        #expect(try blocks().isEmpty)
    }

    @Test func `that a removal finds lose their end, and keep their reason`() throws {
        _ = try writer.block(Block(user: id("ada"), until: noon(9), why: "spam"), at: noon)
        _ = try writer.block(Block(user: id("ada"), room: id("r"), until: noon(9)), at: noon)
        _ = try writer.setUser(id("ada"), disabled: true)
        #expect(try writer.removeUser(id("ada")).leavesBlock)
        let every = Block(user: id("ada"), why: "spam")
        #expect(try blocks() == [every, Block(user: id("ada"), room: id("r"), until: noon(9))])
    }

    // MARK: Rows that hold what the schema rules out

    @Test func `that cannot be read are named beside the list`() throws {
        for user in ["ada", "bob", "eve"] { _ = try writer.block(Block(user: id(user), why: "spam"), at: noon) }
        let outcome = try Shell.sqlite3(
            folder.directory,
            """
            DROP TRIGGER blocks_key_kept; PRAGMA ignore_check_constraints = ON;
            UPDATE blocks SET user_id = 'mallory' WHERE user_id = 'bob';
            UPDATE blocks SET why = CAST(x'41C3' AS TEXT) WHERE user_id = 'eve';
            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let list = try writer.blocks(of: nil, in: nil)
        #expect(list.map(\.block) == [Block(user: id("ada"), why: "spam"), Block(user: id("eve"))])
        #expect(
            list.flaws == [
                RowFlaw(table: "blocks", key: "eve", column: "why"),
                RowFlaw(table: "blocks", key: "mallory", column: nil),
            ]
        )
        // A reason decides nothing; whom the other row is to bar is not known.
        let snapshot = try SQLiteDirectoryReader(path: folder.directory, readers: 1).snapshot()
        let (eve, bob) = (ParticipantIdentity(user: "eve"), ParticipantIdentity(user: "bob"))
        #expect(try snapshot.block(of: eve, in: id("r"), at: noon) == Block(user: id("eve")))
        #expect(throws: DirectoryError.self) { try snapshot.block(of: bob, in: id("r"), at: noon) }
    }

    // MARK: Beside other threads

    /// A count of commits, odd while a change is under way.
    private final class Phase: Sendable {
        let count = Atomic(0)
        let looks = Atomic(0)
        let threads = Atomic(0)
        let faults = Atomic(0)
    }

    @Test func `are seen by each look-up that begins after the commit, and no longer once they are lifted`() throws {
        let (path, phase, rounds) = (folder.directory, Phase(), 50)
        let reader = try SQLiteDirectoryReader(path: path, readers: 3)
        let ada = ParticipantIdentity(user: "ada")
        inThreads(4) {
            if phase.threads.add(1, ordering: .relaxed).oldValue == 0 {
                do {
                    let writer = try SQLiteDirectoryWriter(path: path)
                    for round in 0..<rounds {
                        phase.count.add(1, ordering: .sequentiallyConsistent)
                        if round.isMultiple(of: 2) {
                            _ = try writer.block(Block(user: id("ada")), at: noon)
                        } else {
                            _ = try writer.unblock(id("ada"), in: nil)
                        }
                        phase.count.add(1, ordering: .sequentiallyConsistent)
                        let seen = phase.looks.load(ordering: .sequentiallyConsistent)
                        while phase.looks.load(ordering: .sequentiallyConsistent) < seen + 6 { sched_yield() }
                    }
                } catch {
                    phase.faults.add(1, ordering: .relaxed)
                }
                phase.count.store(-1, ordering: .sequentiallyConsistent)
                return
            }
            while true {
                let before = phase.count.load(ordering: .sequentiallyConsistent)
                if before < 0 { return }
                let isBlocked = try? reader.snapshot().block(of: ada, in: id("r"), at: noon) != nil
                let after = phase.count.load(ordering: .sequentiallyConsistent)
                let isSettled = before.isMultiple(of: 2) && before == after
                if isBlocked == nil || isSettled && isBlocked != (before % 4 == 2) {
                    phase.faults.add(1, ordering: .relaxed)
                }
                phase.looks.add(1, ordering: .sequentiallyConsistent)
            }
        }
        #expect(phase.faults.load(ordering: .relaxed) == 0)
        #expect(phase.looks.load(ordering: .relaxed) >= rounds * 6)
    }
}
