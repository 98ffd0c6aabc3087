import Foundation
import RoomAccess
import SQLiteDirectory
import TestSupport
import Testing

@Suite struct `The file of the directory` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func reader() throws(DirectoryError) -> SQLiteDirectoryReader {
        try SQLiteDirectoryReader(path: folder.directory, readers: 2)
    }

    private func attributes(_ path: String) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: path)
    }

    /// Makes a directory that holds one room, beside the one in question.
    private func makeOther(_ name: String, room: String) throws {
        let other = try SQLiteDirectoryWriter(path: folder.path + "/" + name)
        try other.addRoom(id(room), access: .open, at: noon)
    }

    private func knows(_ reader: SQLiteDirectoryReader, _ room: String) throws -> Bool {
        try reader.snapshot().room(id(room), user: id("ada"), at: noon) != nil
    }

    /// Expects that something fails with a reason that has these words in it.
    private func expectFailure(_ words: String, _ body: () throws -> Void) {
        let error = #expect(throws: DirectoryError.self) { try body() }
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "no error")")
    }

    @Test func `is made on first use, for nobody else to read`() throws {
        _ = try reader()
        #expect(try attributes(folder.directory)[.posixPermissions] as? Int == 0o600)
    }

    @Test func `belongs to the owner of its folder if root makes it`() throws {
        guard geteuid() == 0 else { return }
        try FileManager.default.setAttributes(
            [.ownerAccountID: 12345, .groupOwnerAccountID: 54321],
            ofItemAtPath: folder.path
        )
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        #expect(try attributes(folder.directory)[.ownerAccountID] as? Int == 12345)
        #expect(try attributes(folder.directory)[.groupOwnerAccountID] as? Int == 54321)
    }

    @Test func `has the version of its schema in user_version, and knows it the second time`() throws {
        #expect(try SQLiteDirectoryWriter(path: folder.directory).schemaVersionBefore == 0)
        #expect(try SQLiteDirectoryWriter(path: folder.directory).schemaVersionBefore == Schema.version)
        #expect(try Shell.sqlite3(folder.directory, "PRAGMA user_version;").output == "\(Schema.version)\n")
    }

    @Test func `is made by ten at once, once`() async throws {
        let path = folder.directory
        let before = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10 { group.addTask { try SQLiteDirectoryWriter(path: path).schemaVersionBefore } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(before.count { $0 == 0 } == 1)
        #expect(before.count { $0 == Schema.version } == 9)
    }

    @Test func `may be empty, and gets its tables`() throws {
        try folder.write([], to: "directory.sqlite")
        try reader().probe()
    }

    @Test func `cannot be without its folder`() {
        expectFailure("parent directory does not exist") {
            _ = try SQLiteDirectoryReader(path: folder.path + "/nowhere/directory.sqlite", readers: 1)
        }
    }

    @Test func `cannot be in a file`() throws {
        try folder.write([1], to: "file")
        expectFailure("parent is not a directory") {
            _ = try SQLiteDirectoryReader(path: folder.path + "/file/directory.sqlite", readers: 1)
        }
    }

    @Test func `cannot be a folder`() {
        expectFailure("is not a file") { _ = try SQLiteDirectoryReader(path: folder.path, readers: 1) }
    }

    @Test func `cannot be something else than a database`() throws {
        try folder.write(Array(String(repeating: "no database\n", count: 1000).utf8), to: "directory.sqlite")
        expectFailure("not a SQLite database") { _ = try reader() }
        expectFailure("not a SQLite database") { _ = try SQLiteDirectoryWriter(path: folder.directory) }
    }

    @Test func `cannot be another program's database, which is left as it was`() throws {
        _ = try Shell.sqlite3(folder.directory, "CREATE TABLE theirs (x);")
        let before = try folder.read("directory.sqlite")
        expectFailure("of another program") { _ = try reader() }
        expectFailure("of another program") { _ = try SQLiteDirectoryWriter(path: folder.directory) }
        #expect(try folder.read("directory.sqlite") == before)
    }

    @Test func `cannot be of a newer program`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        _ = try Shell.sqlite3(folder.directory, "PRAGMA user_version = 99;")
        expectFailure("schema version 99") { _ = try reader() }
        expectFailure("run the newer program") { _ = try SQLiteDirectoryWriter(path: folder.directory) }
    }

    @Test func `is not made anew while its log is still there`() throws {
        try folder.write([], to: "directory.sqlite-wal")
        expectFailure("directory.sqlite-wal is left of it") { _ = try reader() }
        #expect(!folder.exists("directory.sqlite"))
    }

    @Test func `may be damaged, and then gives no answer`() throws {
        try SQLiteDirectoryWriter(path: folder.directory).addRoom(id("r"), access: .open, at: noon)
        var bytes = try folder.read("directory.sqlite")
        for index in 4096..<bytes.count { bytes[index] = 0xA5 }
        try folder.write(bytes, to: "directory.sqlite")
        expectFailure("damaged") { _ = try knows(try reader(), "r") }
    }

    @Test func `may be cut short, and then gives no answer`() throws {
        try SQLiteDirectoryWriter(path: folder.directory).addRoom(id("r"), access: .open, at: noon)
        let reader = try reader()
        #expect(try knows(reader, "r"))
        let bytes = try folder.read("directory.sqlite")
        let handle = try #require(FileHandle(forWritingAtPath: folder.directory))
        try handle.truncate(atOffset: 8192)
        #expect(throws: DirectoryError.self) { try knows(reader, "r") }
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        #expect(try knows(reader, "r"))
    }
}

// MARK: - From a dump

extension `The file of the directory` {
    /// Makes the file as sqlite3 does of the dump of another.
    private func restoreDump(of name: String, after sql: String = "") throws {
        let dump = try Shell.sqlite3(folder.path + "/" + name, sql + "\n.dump")
        #expect(try Shell.sqlite3(folder.directory, dump.output).status == 0)
    }

    @Test func `may come from a dump, which every use but one refuses, with the cure`() throws {
        try makeOther("other.sqlite", room: "old")
        try restoreDump(of: "other.sqlite")
        let before = try folder.read("directory.sqlite")
        expectFailure("run livekit-tokend migrate") { _ = try reader() }
        expectFailure("run livekit-tokend migrate") { _ = try SQLiteDirectoryWriter(path: folder.directory) }
        #expect(try folder.read("directory.sqlite") == before)
        let writer = try SQLiteDirectoryWriter(path: folder.directory, .adopt)
        #expect(writer.hasAdopted && writer.schemaVersionBefore == Schema.version)
        #expect(try knows(try reader(), "old"))
        #expect(try Shell.sqlite3(folder.directory, "PRAGMA journal_mode;").output == "wal\n")
        #expect(try !SQLiteDirectoryWriter(path: folder.directory, .adopt).hasAdopted)
    }

    @Test func `may come from a dump of a former version`() throws {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Recorded/directory.sqlite"
        )
        try folder.write(Array(try Data(contentsOf: source)), to: "other.sqlite")
        try restoreDump(of: "other.sqlite")
        expectFailure("schema version 1") { _ = try reader() }
        let writer = try SQLiteDirectoryWriter(path: folder.directory, .adopt)
        #expect(writer.hasAdopted && writer.schemaVersionBefore == 1)
        #expect(try knows(try reader(), "lobby"))
    }

    @Test func `is one of version 1 again once what versions 2 and 3 added is dropped, as the manual says`() throws {
        try makeOther("directory.sqlite", room: "old")
        let triggers = try Shell.sqlite3(
            folder.directory,
            """
            SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema
            WHERE type = 'trigger' AND name NOT IN ('users_removed', 'rooms_removed', 'blocks_key_kept');
            """
        )
        let outcome = try Shell.sqlite3(
            folder.directory,
            """
            DROP TABLE blocks; DROP TABLE replacing; \(triggers.output)
            PRAGMA user_version = 0; PRAGMA application_id = 0;
            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try SQLiteDirectoryWriter(path: folder.directory, .adopt).schemaVersionBefore == 1)
    }

    @Test(arguments: [
        "DROP TRIGGER users_id_kept;", "CREATE TABLE theirs (x);", "ALTER TABLE users ADD COLUMN mail TEXT;",
    ])
    func `is another's where a dump has other tables, and stays theirs`(_ sql: String) throws {
        try makeOther("other.sqlite", room: "old")
        try restoreDump(of: "other.sqlite", after: sql)
        let before = try folder.read("directory.sqlite")
        expectFailure("of another program") {
            _ = try SQLiteDirectoryWriter(path: folder.directory, .adopt)
        }
        #expect(try folder.read("directory.sqlite") == before)
    }

    @Test func `belongs to the owner of its folder if root takes it over`() throws {
        guard geteuid() == 0 else { return }
        try makeOther("other.sqlite", room: "old")
        try restoreDump(of: "other.sqlite")
        try FileManager.default.setAttributes([.ownerAccountID: 12345], ofItemAtPath: folder.path)
        let writer = try SQLiteDirectoryWriter(path: folder.directory, .adopt)
        try writer.addRoom(id("new"), access: .open, at: noon)
        for name in ["", "-wal", "-shm"] {
            #expect(try attributes(folder.directory + name)[.ownerAccountID] as? Int == 12345, "\(name)")
        }
    }
}

// MARK: - Replaced while it is open

extension `The file of the directory` {
    @Test func `gives no answer once it is deleted, and is not made anew`() throws {
        try makeOther("directory.sqlite", room: "old")
        let reader = try reader()
        #expect(try knows(reader, "old"))
        try folder.remove("directory.sqlite")
        expectFailure("is gone") { _ = try knows(reader, "old") }
        expectFailure("is gone") { try reader.probe() }
        #expect(!folder.exists("directory.sqlite"))
    }

    @Test func `answers from the file that was put in its place with nothing of the old one left`() throws {
        try makeOther("directory.sqlite", room: "old")
        try makeOther("backup.sqlite", room: "new")
        let reader = try reader()
        #expect(try knows(reader, "old"))
        for name in ["directory.sqlite-wal", "directory.sqlite-shm"] where folder.exists(name) {
            try folder.remove(name)
        }
        try folder.move("backup.sqlite", onto: "directory.sqlite")
        #expect(try !knows(reader, "old"))
        #expect(try knows(reader, "new"))
    }

    @Test func `gives no answer while the log beside it is another file's, and then the right one`() throws {
        try makeOther("directory.sqlite", room: "old")
        try makeOther("backup.sqlite", room: "new")
        let reader = try reader()
        #expect(try knows(reader, "old"))
        try folder.move("backup.sqlite", onto: "directory.sqlite")
        expectFailure("remove both") { _ = try knows(reader, "new") }
        expectFailure("remove both") { _ = try knows(reader, "new") }
        try folder.remove("directory.sqlite-wal")
        try folder.remove("directory.sqlite-shm")
        #expect(try knows(reader, "new"))
        #expect(try !knows(reader, "old"))
    }

    @Test func `answers from the backup that was copied over it`() throws {
        try makeOther("directory.sqlite", room: "old")
        try makeOther("backup.sqlite", room: "new")
        let reader = try reader()
        #expect(try knows(reader, "old"))
        let handle = try #require(FileHandle(forWritingAtPath: folder.directory))
        try handle.write(contentsOf: Data(try folder.read("backup.sqlite")))
        #expect(try !knows(reader, "old"))
        #expect(try knows(reader, "new"))
    }

    @Test func `answers from the backup that sqlite3 restored into it`() throws {
        try makeOther("directory.sqlite", room: "old")
        try makeOther("backup.sqlite", room: "new")
        let reader = try reader()
        #expect(try knows(reader, "old"))
        let outcome = try Shell.sqlite3(folder.directory, ".restore \(folder.path)/backup.sqlite")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try !knows(reader, "old"))
        #expect(try knows(reader, "new"))
    }

    @Test func `may be a symbolic link, and is what that leads to now`() throws {
        try makeOther("one.sqlite", room: "old")
        try makeOther("two.sqlite", room: "new")
        try FileManager.default.createSymbolicLink(
            atPath: folder.directory,
            withDestinationPath: folder.path + "/one.sqlite"
        )
        let reader = try reader()
        #expect(try knows(reader, "old"))
        try folder.remove("directory.sqlite")
        try FileManager.default.createSymbolicLink(
            atPath: folder.directory,
            withDestinationPath: folder.path + "/two.sqlite"
        )
        #expect(try !knows(reader, "old"))
        #expect(try knows(reader, "new"))
    }

    @Test func `is a whole backup by itself after every change`() throws {
        let writer = try SQLiteDirectoryWriter(path: folder.directory)
        let reader = try reader()
        try writer.addRoom(id("r"), access: .open, at: noon)
        #expect(try knows(reader, "r"))
        try folder.write(try folder.read("directory.sqlite"), to: "copy.sqlite")
        #expect(try knows(try SQLiteDirectoryReader(path: folder.path + "/copy.sqlite", readers: 1), "r"))
    }
}
