import Foundation
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
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

    /// The process of that version may run still, after an upgrade that left it alone.
    @Test func `is left to its own version by commands and look-ups, and changed all the same`() throws {
        let writer = try SQLiteDirectoryWriter(path: folder.directory)
        #expect(writer.schemaVersionBefore == 1 && writer.schemaVersion == 1)
        try writer.addUser(id("new"), at: noon)
        try writer.addRoom(id("new"), access: .open, at: noon)
        #expect(try writer.users().map(\.user.id).contains(id("new")))
        let reader = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
        #expect(try reader.snapshot().room(id("new"), user: id("new"), at: noon)?.access == .open)
        #expect(try SQLiteDirectoryReader.survey(path: folder.directory) { $0 != id("new") }.count == 1)
        let version = try Shell.sqlite3(folder.directory, "PRAGMA user_version; SELECT name FROM sqlite_schema;")
        #expect(version.output.hasPrefix("1\n") && !version.output.contains("replacing"), "\(version.output)")
    }

    @Test func `is brought up to date by the service and by migrate, in silence`() throws {
        #expect(try SQLiteDirectoryWriter(path: folder.directory, .migrate).schemaVersionBefore == 1)
        let writer = try SQLiteDirectoryWriter(path: folder.directory)
        #expect(writer.schemaVersionBefore == Schema.version && writer.schemaVersion == Schema.version)
        let outcome = try Shell.sqlite3(folder.directory, "UPDATE users SET user_id = 'x' WHERE user_id = 'gone';")
        #expect(outcome.status != 0 && outcome.errors.contains("user add"), "\(outcome.errors)")
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
