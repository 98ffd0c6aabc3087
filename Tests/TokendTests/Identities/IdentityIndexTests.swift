import FastCGI
import Foundation
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Synchronization
import TestSupport
import Testing
@testable import livekit_tokend

@Suite struct `The index of identities` {
    private let fixture: IdentityFixture
    private let writer: SQLiteDirectoryWriter

    init() throws {
        fixture = try IdentityFixture()
        writer = try fixture.writer()
    }

    @Test(arguments: [
        "ada", String(repeating: "x", count: 256),
        // A UUID in either case; one of version 5, whose identity is derived; one of the maximum (RFC 9562 §5.10).
        "6f1c2f0e-5a80-4c1d-9d3a-9c2d5e7f1a2b", "6F1C2F0E-5A80-4C1D-9D3A-9C2D5E7F1A2B",
        "74738ff5-5367-5958-9aee-98fffdcd1876", "74738FF5-5367-5958-9AEE-98FFFDCD1876",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "user-6f1c2f0e-5a80-4c1d-9d3a-9c2d5e7f1a2b",
    ])
    func `finds a user of any id who was added a moment ago`(user: String) throws {
        let index = fixture.index()
        #expect(index.ask(identity(user)) == .nobody)
        try writer.addUser(id(user), at: noon)
        #expect(index.ask(identity(user)) == .user(user))
        #expect(fixture.readings == 2)
    }

    @Test func `finds a session that was made a moment ago, with its user, and one that was revoked`() throws {
        let index = fixture.index(of: .sessions)
        try writer.addUser("ada", at: noon)
        #expect(index.ask(identity("ada", session: "b")) == .nobody)
        try writer.addSession(digest("b"), user: "ada", from: noon, until: noon(60))
        let holder = Found.holder(IdentityHolder(user: "ada", session: digest("b")))
        #expect(index.ask(identity("ada", session: "b")) == holder)
        _ = try writer.revokeSession(digest("b"), at: noon)
        #expect(index.ask(identity("ada", session: "b")) == holder)
        #expect(fixture.index(of: .sessions).ask(identity("ada", session: "b")) == holder)
        #expect(index.ask(identity("ada")) == .nobody, "the identity of the user is another")
    }

    @Test func `reads nothing where it finds somebody, and nothing again where nothing was committed`() throws {
        try writer.addUser("ada", at: noon)
        let index = fixture.index()
        for _ in 0..<50 {
            #expect(index.ask(identity("ada")) == .user("ada"))
            #expect(index.ask(identity("bob")) == .nobody)
        }
        #expect(fixture.readings == 1)
        // What it knows it says whatever is committed.
        try writer.addUser("cyd", at: noon)
        _ = try writer.removeUser("ada")
        #expect(index.ask(identity("ada")) == .user("ada"), "the directory judges who was removed")
        #expect(fixture.readings == 1)
        #expect(index.ask(identity("bob")) == .nobody)
        #expect(index.ask(identity("ada")) == .nobody)
        #expect(fixture.readings == 2)
    }

    @Test func `finds the successor of a user who was removed and is back in other letters`() throws {
        let (upper, lower) = ("6F1C2F0E-5A80-4C1D-9D3A-9C2D5E7F1A2B", "6f1c2f0e-5a80-4c1d-9d3a-9c2d5e7f1a2b")
        try writer.addUser(id(upper), at: noon)
        let index = fixture.index()
        let former = try #require(try index.holder(of: identity(lower)))
        #expect(former.user == id(upper))
        _ = try writer.removeUser(id(upper))
        #expect(try index.successor(of: former, as: identity(lower)) == nil)
        try writer.addUser(id(lower), at: noon)
        #expect(try index.successor(of: former, as: identity(lower))?.user == id(lower))
        #expect(index.ask(identity(upper)) == .user(lower))
    }

    @Test func `reads nothing for the successor of an id that can have none`() throws {
        try writer.addUser("ada", at: noon)
        let index = fixture.index()
        let former = try #require(try index.holder(of: identity("ada")))
        _ = try writer.removeUser("ada")
        #expect(try index.successor(of: former, as: identity("ada")) == nil)
        #expect(fixture.readings == 1)
    }

    @Test func `begins its first reading at the start of the service`() throws {
        try writer.addUser("ada", at: noon)
        let index = fixture.index()
        index.start()
        while fixture.readings == 0 { usleep(1000) }
        #expect(index.ask(identity("ada")) == .user("ada"))
        #expect(fixture.readings == 1)
    }

    @Test func `has its first reading before the service takes requests`() throws {
        try writer.addUser("ada", at: noon)
        let index = fixture.index()
        index.startAndWait()
        #expect(fixture.readings == 1)
        #expect(index.ask(identity("ada")) == .user("ada"))
        #expect(fixture.readings == 1)
    }

    @Test func `of a service that has just started finds everybody, however many ask at once`() throws {
        for number in 0..<100 { try writer.addUser(id("user-\(number)"), at: noon) }
        let index = fixture.index()
        index.start()
        let wrong = Atomic<Int>(0)
        inThreads(16) {
            for number in 0..<100 where index.ask(identity("user-\(number)")) != .user("user-\(number)") {
                wrong.add(1, ordering: .relaxed)
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(fixture.readings == 1)
    }

    /// Nobody may be missing who was committed before the question.
    @Test func `asked by 16 threads while 2,000 users are added one by one misses none who was there`() throws {
        let index = fixture.index()
        let committed = Atomic<Int>(0)
        let wrong = SharedList()
        let role = Atomic<Int>(0)
        let fixture = fixture
        inThreads(17) {
            let number = role.add(1, ordering: .relaxed).newValue
            if number == 1 {
                do {
                    let writer = try fixture.writer()
                    for count in 1...2000 {
                        try writer.addUser(id("user-\(count)"), at: noon)
                        committed.store(count, ordering: .releasing)
                    }
                } catch {
                    wrong.append("\(error)")
                    committed.store(2000, ordering: .releasing)
                }
                return
            }
            var generator = SeededGenerator(seed: UInt64(number))
            var last = 0
            while last < 2000 {
                last = committed.load(ordering: .acquiring)
                guard last > 0 else { continue }
                // Mostly the newest, of whom no reading is sure to know.
                let user = Bool.random(using: &generator) ? last : Int.random(in: 1...last, using: &generator)
                let found = index.ask(identity("user-\(user)"))
                if found != .user("user-\(user)") { wrong.append("\(user) of \(last): \(found)") }
                if case .holder = index.ask(identity("nobody-\(user)")) { wrong.append("nobody-\(user)") }
            }
        }
        #expect(wrong.all == [])
    }
}

@Suite struct `A question that the index of identities cannot answer` {
    private let fixture: IdentityFixture
    private let writer: SQLiteDirectoryWriter

    init() throws {
        fixture = try IdentityFixture()
        writer = try fixture.writer()
        try writer.addUser("ada", at: noon)
    }

    private func reason(_ found: Found) -> String {
        guard case .unknown(.directory(let error)) = found else { return "\(found)" }
        return error.reason
    }

    @Test func `as the directory is gone, is told so; and answered once that is back`() throws {
        let index = fixture.index()
        #expect(index.ask(identity("bob")) == .nobody)
        try fixture.rename("directory.sqlite", to: "elsewhere")
        #expect(reason(index.ask(identity("bob"))).contains("is gone"))
        #expect(index.ask(identity("ada")) == .user("ada"), "the directory judges the user")
        try fixture.rename("elsewhere", to: "directory.sqlite")
        #expect(index.ask(identity("bob")) == .nobody)
        // One that begins without a directory.
        let other = fixture.index()
        try fixture.rename("directory.sqlite", to: "elsewhere")
        #expect(reason(other.ask(identity("ada"))).contains("is gone"))
        #expect(!FileManager.default.fileExists(atPath: fixture.path), "it makes none")
        try fixture.rename("elsewhere", to: "directory.sqlite")
        #expect(other.ask(identity("ada")) == .user("ada"))
    }

    @Test func `as another process has the directory for itself, is told so, and each question tries again`() throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-batch", fixture.path]
        (process.standardInput, process.standardOutput) = (input, output)
        // Whoever shares the file already is not locked out.
        let locked = try IdentityFixture()
        process.arguments = ["-batch", locked.path]
        try process.run()
        let script = "PRAGMA locking_mode = EXCLUSIVE; INSERT INTO users (user_id) VALUES ('bob'); SELECT 'held';\n"
        try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
        var said = ""
        while !said.contains("held") {
            said += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        }
        let index = locked.index()
        #expect(reason(index.ask(identity("bob"))).contains("locked by another process"))
        #expect(reason(index.ask(identity("bob"))).contains("locked by another process"))
        #expect(locked.failures.count == 2)
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(index.ask(identity("bob")) == .user("bob"))
    }

    @Test func `as the file is no directory, is told so`() throws {
        let index = fixture.index()
        #expect(index.ask(identity("ada")) == .user("ada"))
        try Data("not a database, but long enough to be looked at as one".utf8)
            .write(to: URL(fileURLWithPath: fixture.folder + "/other"))
        try fixture.rename("other", to: "directory.sqlite")
        #expect(reason(index.ask(identity("bob"))) != "nobody")
        #expect(index.ask(identity("bob")) != .nobody)
    }

    @Test func `as a row cannot be read, is told so, and those of other rows are found`() throws {
        try fixture.shell(
            "PRAGMA ignore_check_constraints = ON; INSERT INTO users (user_id) VALUES ('white space'); "
                + "INSERT INTO users (user_id) VALUES ('zoe');"
        )
        let index = fixture.index()
        #expect(index.ask(identity("ada")) == .user("ada"))
        #expect(index.ask(identity("zoe")) == .user("zoe"))
        #expect(reason(index.ask(identity("white space"))).contains("a row of users"))
        #expect(reason(index.ask(identity("bob"))).contains("a row of users"))
        #expect(fixture.readings == 1, "and reads nothing again for it")
        try fixture.shell("DELETE FROM users WHERE user_id = 'white space'")
        #expect(index.ask(identity("bob")) == .nobody)
    }

    @Test func `after another file took the place of the directory is answered by that`() throws {
        let other = try IdentityFixture()
        try other.writer().addUser("bob", at: noon)
        let index = fixture.index()
        #expect(index.ask(identity("bob")) == .nobody)
        try other.shell("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: fixture.path + suffix) }
        guard unsafe Foundation.rename(other.path, fixture.path) == 0 else { throw POSIXError(.EIO) }
        #expect(index.ask(identity("bob")) == .user("bob"))
        #expect(index.ask(identity("ada")) == .nobody)
    }

    @Test func `as the reserve of workers is used up, is told so at once, and its reading is done all the same`() throws
    {
        let reserve = WorkerReserve()
        let index = fixture.index(reserve: reserve)
        let threads = Atomic<Int>(0)
        let waiting = Atomic<Int>(0)
        let isOver = Atomic(false)
        let found = SharedList()
        let fixture = fixture
        inThreads(WorkerReserve.capacity + 1) {
            guard threads.add(1, ordering: .relaxed).newValue > WorkerReserve.capacity else {
                reserve.whileWaiting {
                    waiting.add(1, ordering: .relaxed)
                    while !isOver.load(ordering: .acquiring) { usleep(1000) }
                }
                return
            }
            while waiting.load(ordering: .relaxed) < WorkerReserve.capacity { usleep(1000) }
            found.append("\(index.ask(identity("ada")))")
            while fixture.readings == 0 { usleep(1000) }
            found.append("\(index.ask(identity("ada")))")
            isOver.store(true, ordering: .releasing)
        }
        #expect(found.all == ["\(Found.unknown(.notInTime))", "\(Found.user("ada"))"])
    }

    /// One who hammers must not take the places of all others.
    @Test func `as half of the places are taken, and one question of the same identity waits, is told so at once`()
        throws
    {
        let (rows, gate) = HeldRows.make()
        let reserve = WorkerReserve()
        let index = DirectoryIdentityIndex(rows, of: .users, patience: amplePatience, reserve: reserve) { _ in }
        let turn = Atomic<Int>(0)
        let waiting = Atomic<Int>(0)
        let isOver = Atomic(false)
        let found = SharedList()
        inThreads(WorkerReserve.capacity / 2 + 2) {
            switch turn.add(1, ordering: .relaxed).newValue {
            case 1:
                gate.waitForReading()
                found.append("second: \(index.ask(identity("bob")))")
                gate.raise()
                found.append("other: \(index.ask(identity("ada")))")
                isOver.store(true, ordering: .releasing)
            case 2:
                while waiting.load(ordering: .relaxed) < WorkerReserve.capacity / 2 { usleep(1000) }
                _ = index.ask(identity("bob"))
                found.append("first")
            default:
                reserve.whileWaiting {
                    waiting.add(1, ordering: .relaxed)
                    while !isOver.load(ordering: .acquiring) { usleep(1000) }
                }
            }
        }
        #expect(found.all.first == "second: \(Found.unknown(.notInTime))")
        #expect(Set(found.all.dropFirst()) == ["first", "other: \(Found.user("ada"))"])
    }

    @Test func `as the reading takes too long, is told so in time; the next one has what was read meanwhile`() throws {
        let (rows, gate) = HeldRows.make()
        let hasRead = Atomic(false)
        let index = DirectoryIdentityIndex(rows, of: .users, patience: 20_000_000, reserve: WorkerReserve()) {
            if case .read = $0 { hasRead.store(true, ordering: .releasing) }
        }
        #expect(index.ask(identity("ada")) == .unknown(.notInTime))
        // Nor does the start of the service wait for ever.
        index.startAndWait()
        gate.raise()
        while !hasRead.load(ordering: .acquiring) { usleep(1000) }
        #expect(index.ask(identity("ada")) == .user("ada"))
    }
}

/// A directory whose readings end when a test lets them.
private final class HeldRows: IdentityRows {
    final class Gate: Sendable {
        private let isOpen = Atomic(false)
        private let hasBegun = Atomic(false)
        func raise() { isOpen.store(true, ordering: .releasing) }
        func waitForReading() { while !hasBegun.load(ordering: .acquiring) { usleep(1000) } }
        func begin() { hasBegun.store(true, ordering: .releasing) }
        func wait() { while !isOpen.load(ordering: .acquiring) { usleep(1000) } }
    }

    private let gate: Gate

    private init(_ gate: Gate) { self.gate = gate }

    static func make() -> sending (any IdentityRows, Gate) {
        let gate = Gate()
        return (HeldRows(gate), gate)
    }

    func read(_ add: (Identifier, SessionDigest?) -> Void) -> IdentityReading {
        gate.begin()
        gate.wait()
        add("ada", nil)
        return IdentityReading(number: 1, flaw: nil)
    }

    func isCurrent(_ reading: IdentityReading) -> Bool { true }
}

@Suite struct `Notes of identities` {
    @Test func `let the join after the issue be answered without a reading, also of a person whom only a login knows`()
        throws
    {
        let fixture = try IdentityFixture()
        let index = fixture.index()
        #expect(index.ask(identity("ada")) == .nobody)
        try fixture.writer().addUser("ada", at: noon)
        index.note(IdentityHolder(user: "ada"), of: identity("ada"))
        index.note(IdentityHolder(user: "of-a-login"), of: identity("of-a-login"))
        #expect(index.ask(identity("ada")) == .user("ada"))
        #expect(index.ask(identity("of-a-login")) == .user("of-a-login"))
        #expect(fixture.readings == 1)
    }

    @Test func `are bounded: the latest are there, of two generations, and those before are gone`() {
        let notes = IdentityNotes(capacity: 100)
        for number in 0..<1000 { notes.add(IdentityHolder(user: id("u\(number)")), of: identity("u\(number)")) }
        let kept = (0..<1000).filter { notes.holder(of: identity("u\($0)")) != nil }
        #expect(kept == Array(800..<1000))
        // Noting the same again pushes nobody out.
        for _ in 0..<1000 { notes.add(IdentityHolder(user: "u999"), of: identity("u999")) }
        #expect((0..<1000).filter { notes.holder(of: identity("u\($0)")) != nil } == kept)
    }
}
