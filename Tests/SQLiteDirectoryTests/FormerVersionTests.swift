import Foundation
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// `Tests/Recorded/directory.sqlite` is a file as that version wrote it; the text beside it is what its lists printed.
@Suite struct `A file of version 0.1.0` {
    private let folder: TemporaryFolder
    private let lists: [String: [String]]

    init() throws {
        let recorded = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded")
        folder = try TemporaryFolder()
        try folder.write(
            Array(try Data(contentsOf: recorded.appending(path: "directory.sqlite"))),
            to: "directory.sqlite"
        )
        let printed = try String(contentsOf: recorded.appending(path: "directory.txt"), encoding: .utf8)
        // A section is "== " and the command, then a line for each record.
        var lists: [String: [String]] = [:]
        var command = ""
        for line in printed.split(separator: "\n").map(String.init) {
            if line.hasPrefix("== ") {
                command = String(line.dropFirst(3))
                lists[command] = []
            } else {
                lists[command]?.append(line)
            }
        }
        self.lists = lists
    }

    /// A line of a list, as the command prints it.
    private func line(_ fields: String...) -> String {
        fields.joined(separator: "\t")
    }

    private func text(_ time: NumericDate?) -> String {
        time.map { $0.rfc3339.description } ?? ""
    }

    private func text(_ id: Identifier?) -> String {
        id?.description ?? ""
    }

    @Test func `may hold what version 2 rules out, and is brought up to date all the same`() throws {
        let outcome = try Shell.sqlite3(
            folder.directory,
            """
            UPDATE users SET user_id = 'renamed' WHERE user_id = 'gone';
            INSERT INTO users (user_id, name) VALUES ('bad', CAST(x'41C3' AS TEXT));
            INSERT INTO members (room_id, user_id, role) VALUES ('nowhere', 'nobody', 'host');
            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1, .migrate)
        #expect(try reader.snapshot().user(id("bad")) == User(id: id("bad"), did: nil, name: nil, isDisabled: false))
        #expect(try SQLiteDirectoryWriter(path: folder.directory).schemaVersionBefore == Schema.version)
    }

    @Test func `has its users`() throws {
        let users = try SQLiteDirectoryWriter(path: folder.directory).users().map { record in
            line(
                text(record.user.id),
                record.user.isDisabled ? "disabled" : "enabled",
                text(record.createdAt),
                record.user.did?.description ?? "",
                record.user.name?.description ?? ""
            )
        }
        #expect(users.count == 3)
        #expect(users == lists["user list"])
    }

    @Test func `has its rooms`() throws {
        let rooms = try SQLiteDirectoryWriter(path: folder.directory).rooms()
            .map { line(text($0.id), $0.access.rawValue, text($0.createdAt)) }
        #expect(rooms.count == 3)
        #expect(rooms == lists["room list"])
    }

    @Test(arguments: ["stage-1", "lobby"]) func `has its members`(_ room: String) throws {
        let members = try SQLiteDirectoryWriter(path: folder.directory).members(of: id(room)).map { record in
            line(
                text(record.user),
                text(record.membership.role),
                text(record.membership.scene),
                text(record.membership.event),
                text(record.membership.expiresAt)
            )
        }
        #expect(members == lists["member list \(room)"])
    }

    @Test(arguments: ["stage-1", "lobby"]) func `has its stream sessions`(_ room: String) throws {
        let sessions = try SQLiteDirectoryWriter(path: folder.directory).streamSessions(of: id(room)).map { record in
            line(
                text(record.id),
                text(record.session.scene),
                text(record.session.event),
                text(record.session.opensAt),
                text(record.session.closesAt)
            )
        }
        #expect(sessions.count == 1)
        #expect(sessions == lists["stream list \(room)"])
    }

    @Test(arguments: ["5f0c3c1e-1111-4000-8000-000000000001", "did:web:example.com:bob"])
    func `has its sessions`(_ user: String) throws {
        let sessions = try SQLiteDirectoryWriter(path: folder.directory).sessions(of: id(user)).map { record in
            line(
                String(record.digest.hex.prefix(12)),
                text(record.createdAt),
                text(record.expiresAt),
                text(record.revokedAt)
            )
        }
        #expect(sessions.count == 1)
        #expect(sessions == lists["session list \(user)"])
    }

    @Test func `answers look-ups`() throws {
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
        let room = try reader.snapshot().room(id("stage-1"), user: id("did:web:example.com:bob"), at: noon)
        #expect(room?.access == .restricted)
        #expect(room?.memberships.map(\.role) == [id("speaker"), id("viewer")])
        #expect(room?.isScheduled == true)
        #expect(try reader.snapshot().user(id("gone"))?.isDisabled == true)
    }
}

/// Files as programs wrote them: `directory.sqlite` of version 0.1.0, and `directory-2.sqlite`, which is that one after
/// `migrate` of version 0.5.0.
@Suite struct `A file of an earlier schema` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let files = [1: "directory.sqlite", 2: "directory-2.sqlite"]

    private func bring(_ version: Int) throws {
        let recorded = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded")
        let file = recorded.appending(path: try #require(Self.files[version]))
        try folder.write(Array(try Data(contentsOf: file)), to: "directory.sqlite")
        #expect(try Shell.sqlite3(folder.directory, "PRAGMA user_version;").output == "\(version)\n")
    }

    private func expectCurrent() throws {
        let found = try Shell.sqlite3(
            folder.directory,
            "PRAGMA user_version; SELECT count(*) FROM users; SELECT count(*) FROM members; PRAGMA integrity_check;"
        )
        #expect(found.output == "\(Schema.version)\n3\n3\nok\n", "\(found.errors)")
        #expect(try SQLiteDirectoryWriter(path: folder.directory).schemaVersionBefore == Schema.version)
    }

    @Test(arguments: [1, 2], [SchemaUpkeep.keep, .migrate, .adopt])
    func `is brought up to date by each command that may change it, without a question`(
        version: Int,
        upkeep: SchemaUpkeep
    ) throws {
        try bring(version)
        let writer = try SQLiteDirectoryWriter(path: folder.directory, upkeep)
        #expect(writer.schemaVersionBefore == version && writer.schemaVersion == Schema.version)
        _ = try writer.block(Block(user: id("gone")), at: noon)
        try expectCurrent()
    }

    @Test(arguments: [1, 2], [SchemaUpkeep.keep, .migrate])
    func `is brought up to date by look-ups, of the service and of commands`(
        version: Int,
        upkeep: SchemaUpkeep
    ) throws {
        try bring(version)
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1, upkeep)
        let gone = ParticipantIdentity(user: "gone")
        #expect(try reader.snapshot().block(of: gone, in: id("lobby"), at: noon) == nil)
        try expectCurrent()
    }

    @Test(arguments: [1, 2]) func `is left as it is by what only looks: check and its surveys`(version: Int) throws {
        try bring(version)
        let before = try folder.read("directory.sqlite")
        #expect(try SQLiteDirectoryReader.survey(path: folder.directory) { _ in false } == [])
        let finding = SQLiteDirectoryReader.check(
            path: folder.directory,
            user: "livekit-tokend",
            canWrite: { _, _ in true },
            userName: { _ in "livekit-tokend" },
            names: { _ in [] }
        )
        #expect(finding.level == .warning && finding.message.contains("has schema \(version)"), "\(finding.message)")
        #expect(try folder.read("directory.sqlite") == before)
    }

    @Test(arguments: [1, 2]) func `is brought up to date once by several processes at a time`(version: Int) throws {
        try bring(version)
        let path = folder.directory
        let failures = SharedFailures()
        inThreads(6) {
            do {
                if failures.next().isMultiple(of: 2) {
                    _ = try SQLiteDirectoryWriter(path: path, .migrate)
                } else {
                    _ = try SQLiteDirectoryReader(path: path, readers: 1).snapshot().user(id("gone"))
                }
            } catch {
                failures.append("\(error)")
            }
        }
        #expect(failures.all == [])
        try expectCurrent()
    }

    @Test func `is what a file becomes again once what version 3 added is dropped, as the manual says`() throws {
        try bring(2)
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let outcome = try Shell.sqlite3(
            folder.directory,
            "DROP TABLE blocks; PRAGMA user_version = 0; PRAGMA application_id = 0;"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try SQLiteDirectoryWriter(path: folder.directory, .adopt).schemaVersionBefore == 2)
    }

    private final class SharedFailures: Sendable {
        private let state = Mutex<(started: Int, all: [String])>((0, []))

        var all: [String] { state.withLock { $0.all } }

        func next() -> Int {
            state.withLock {
                $0.started += 1
                return $0.started
            }
        }

        func append(_ failure: String) { state.withLock { $0.all.append(failure) } }
    }
}
