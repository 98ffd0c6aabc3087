import Foundation
import RoomAccess
import SQLiteDirectory
import Synchronization
import TestSupport
import Testing

@Suite struct `Look-ups beside other processes` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let writer = try SQLiteDirectoryWriter(path: folder.directory)
        try writer.addUser(id("ada"), at: noon)
        try writer.addRoom(id("r"), access: .restricted, at: noon)
    }

    private func roles(_ reader: SQLiteDirectoryReader) throws(DirectoryError) -> [Identifier]? {
        try reader.snapshot().room(id("r"), user: id("ada"), at: noon)?.memberships.map(\.role)
    }

    @Test func `go on while one has an exclusive transaction, and see it once it has committed`() throws {
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
        let other = try Shell.start(
            folder.directory,
            """
            BEGIN EXCLUSIVE;
            INSERT INTO members (room_id, user_id, role) VALUES ('r', 'ada', 'host');
            SELECT 'held';
            """
        )
        other.awaitOutput("held\n")
        #expect(try roles(reader) == [])
        other.send("COMMIT;\n")
        #expect(other.finish().status == 0)
        #expect(try roles(reader) == [id("host")])
    }

    @Test func `give up while one has the file for itself, and work afterwards`() throws {
        // The other must come first: whoever shares the file already is not locked out.
        let other = try Shell.start(
            folder.directory,
            """
            PRAGMA locking_mode = EXCLUSIVE;
            INSERT INTO members (room_id, user_id, role) VALUES ('r', 'ada', 'host');
            SELECT 'held';
            """
        )
        other.awaitOutput("held\n")
        // The other ends only after this has failed.
        let error = #expect(throws: DirectoryError.self) {
            _ = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
        }
        #expect(error?.reason.contains("locked by another process: SQLite 5") == true, "\(error?.reason ?? "none")")
        #expect(other.finish().status == 0)
        #expect(try roles(try SQLiteDirectoryReader(path: folder.directory, readers: 1)) == [id("host")])
    }

    @Test func `do not hold up changes: three at once are made while another reads for long`() throws {
        let other = try Shell.start(folder.directory, "BEGIN; SELECT count(*) FROM users; SELECT 'held';")
        other.awaitOutput("held\n")
        let path = folder.directory
        let failures = SharedList()
        inThreads(3) {
            do {
                let writer = try SQLiteDirectoryWriter(path: path)
                for _ in 0..<5 {
                    try writer.addUser(id("user-\(UUID())"), at: noon)
                    _ = try writer.setUser(id("ada"), disabled: true)
                    _ = try writer.setUser(id("ada"), disabled: false)
                }
            } catch {
                failures.append("\(error)")
            }
        }
        #expect(failures.all == [])
        // A writer that waits for no other gets in as well.
        let script = try Shell.start(path, ".timeout 0\nINSERT INTO users (user_id) VALUES ('bob');").finish()
        #expect(script.status == 0, "\(script.errors)")
        #expect(other.finish().status == 0)
        #expect(try SQLiteDirectoryWriter(path: path).users().count == 17)
    }

    @Test func `see each of ten writers' transactions whole or not at all`() throws {
        // Every transaction swaps the one role of the user for another: no moment has none, or two.
        let swap = """
            BEGIN IMMEDIATE;
            DELETE FROM members;
            INSERT INTO members (room_id, user_id, role) VALUES ('r', 'ada', 'role-' || abs(random() % 1000));
            COMMIT;
            """
        _ = try Shell.sqlite3(folder.directory, swap)
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 4)
        let watches = (0..<4).map { _ in Watch(reader) }
        for watch in watches { watch.begin() }
        let writers = try (0..<10).map { _ in
            try Shell.start(folder.directory, String(repeating: swap, count: 40) + "PRAGMA wal_checkpoint;")
        }
        for writer in writers {
            let outcome = writer.finish()
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        for watch in watches {
            let seen = watch.end()
            #expect(seen.problems == [])
            #expect(seen.roles.count > 1)
        }
        let last = try Shell.sqlite3(folder.directory, "SELECT role FROM members;").output
        #expect(try roles(reader) == [id(last.trimmingCharacters(in: .newlines))])
    }

    @Test func `by more threads than were announced are served as well`() async throws {
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        let roles = try self.roles(reader)
                        #expect(roles == [])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// What several threads have to say.
private final class SharedList: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }

    func append(_ line: String) {
        lines.withLock { $0.append(line) }
    }
}

/// A thread that looks the one room up again and again.
private final class Watch: Sendable {
    struct Seen: Sendable {
        var roles: Set<Identifier> = []
        var problems: [String] = []
    }

    private let reader: SQLiteDirectoryReader
    private let isOver = Atomic(false)
    private let seen = Mutex(Seen())
    private let hasBegun = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ reader: SQLiteDirectoryReader) {
        self.reader = reader
    }

    /// Starts the thread, and returns once it has looked for the first time.
    func begin() {
        Thread.detachNewThread {
            self.look()
            self.hasBegun.signal()
            while !self.isOver.load(ordering: .relaxed) { self.look() }
            self.hasEnded.signal()
        }
        hasBegun.wait()
    }

    /// Stops the thread: what it has seen.
    func end() -> Seen {
        isOver.store(true, ordering: .relaxed)
        hasEnded.wait()
        return seen.withLock(\.self)
    }

    private func look() {
        do throws(DirectoryError) {
            let room = try reader.snapshot().room(id("r"), user: id("ada"), at: noon)
            let roles = room?.memberships.map(\.role) ?? []
            seen.withLock { seen in
                seen.roles.formUnion(roles)
                if roles.count != 1 { seen.problems.append("\(roles.count) roles") }
            }
        } catch {
            seen.withLock { $0.problems.append(error.reason) }
        }
    }
}
