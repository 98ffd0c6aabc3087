import Foundation
import Testing

@testable import SQLiteDirectory

@Suite struct `The check of a directory` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The finding for the user `tokend`, who may write all but some paths.
    private func check(
        path: String? = nil,
        closed: Set<String> = [],
        isStranger: Bool = false
    ) -> DirectoryFinding {
        SQLiteDirectoryReader.check(
            path: path ?? folder.directory,
            user: "tokend",
            isStranger: isStranger,
            canWrite: { path, _ in !closed.contains(path) },
            userName: { "user-\($0)" },
            names: { try? FileManager.default.contentsOfDirectory(atPath: $0) }
        )
    }

    private func expect(
        _ finding: DirectoryFinding,
        _ level: DirectoryFinding.Level,
        _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(finding.level == level, "\(finding)", sourceLocation: sourceLocation)
        for words in words { #expect(finding.message.contains(words), sourceLocation: sourceLocation) }
    }

    @Test func `has its path, schema, owner and mode`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let message = "\(folder.directory), schema \(Schema.version), of user-\(geteuid()), mode 0600"
        #expect(check() == DirectoryFinding(level: .ok, message: message))
    }

    @Test func `asks for a folder that the user can write, and then for no file`() throws {
        expect(check(), .warning, "the first use makes it")
        let cannot = "\(folder.directory) does not exist, and tokend cannot make it"
        // An empty folder may be one of the system's, such as /var/opt; one of the program's name is its own.
        let own = folder.path + "/livekit-tokend"
        #expect(
            check(closed: [folder.path]).message
                == "\(cannot); \(folder.path) may be for other things too; run: install -d -o tokend -m 700 \(own), "
                + "and set directory.url: sqlite:\(own)/directory.sqlite"
        )
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        expect(check(path: own + "/d.sqlite", closed: [own]), .error, "; run: chown tokend \(own)")
        let missing = "\(folder.path)/a b"
        #expect(
            check(path: missing + "/d.sqlite", closed: [missing]).message
                == "\(missing)/d.sqlite does not exist, and tokend cannot make it; "
                + "run: install -d -o tokend -m 700 '\(missing)'"
        )
        #expect(!folder.exists("directory.sqlite"))
    }

    /// Each was the directory's parent in a deployment: what is beside the file is not the service's.
    @Test(arguments: ["/srv", "/", "/etc", "/tmp", "/var/tmp"])
    func `gives no folder away that is not the directory's own`(parent: String) {
        let path = (parent == "/" ? "" : parent) + "/no-such.sqlite"
        var own = (parent == "/" ? "" : parent) + "/livekit-tokend"
        if FileManager.default.fileExists(atPath: own) { own += "-2" }
        #expect(
            check(path: path, closed: [parent]).message
                == "\(path) does not exist, and tokend cannot make it; \(parent) may be for other things too; "
                + "run: install -d -o tokend -m 700 \(own), and set directory.url: sqlite:\(own)/no-such.sqlite"
        )
    }

    @Test func `asks for the right to write the files, and the folder that is their own`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let (wal, lock) = (folder.directory + "-wal", folder.directory + "-shm")
        try folder.write([], to: "directory.sqlite-wal")
        try folder.write([], to: "directory.sqlite-shm")
        for closed in [[folder.directory], [folder.path], [wal], [folder.path, folder.directory, wal, lock]] {
            let finding = check(closed: Set(closed))
            let places = closed.joined(separator: " ")
            expect(finding, .error, "user-\(geteuid())", "0600", "writable for tokend")
            #expect(finding.message.hasSuffix("; run: chown tokend \(places)"), "\(finding.message)")
        }
    }

    @Test func `asks for a folder of their own where theirs holds other files`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        try folder.write([], to: "a b")
        let own = folder.path + "/livekit-tokend"
        let finding = check(closed: [folder.path, folder.directory])
        #expect(
            finding.message.hasSuffix(
                "; \(folder.path) may be for other things too; if that file is livekit-tokend's directory, stop the "
                    + "service, run: install -d -o tokend -m 700 \(own) && mv -n \(folder.directory) \(own) && "
                    + "chown tokend \(own)/directory.sqlite, and set directory.url: sqlite:\(own)/directory.sqlite"
            ),
            "\(finding.message)"
        )
        #expect(!finding.message.contains("-R"))
        // A folder of that name may be another's, as /etc/livekit-tokend is the configuration's.
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        expect(
            check(closed: [folder.path]),
            .error,
            "-m 700 \(own)-2 &&",
            "directory.url: sqlite:\(own)-2/directory.sqlite"
        )
        // The folder is right as it is: its other files are no matter.
        #expect(check(closed: [folder.directory]).message.hasSuffix("; run: chown tokend \(folder.directory)"))
    }

    @Test func `gives away neither a link nor what it leads to`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let link = folder.path + "/link.sqlite"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.directory)
        let finding = check(path: link, closed: [link, folder.path])
        expect(finding, .error, "it is a symbolic link: name the file that it leads to")
        #expect(!finding.message.contains("chown"))
    }

    @Test func `gives no file away that is no database`() throws {
        try folder.write(Array("root:x:0:0:root:/root:/bin/sh\n".utf8), to: "directory.sqlite")
        for closed in [[folder.directory], [folder.path]] as [Set<String>] {
            let finding = check(closed: closed)
            expect(finding, .error, "no SQLite database", "directory.url")
            #expect(!finding.message.contains("chown"))
        }
    }

    @Test func `asks the adapter's caller about a file and a folder as what they are`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        var asked: [String: Bool] = [:]
        _ = SQLiteDirectoryReader.check(
            path: folder.directory,
            user: "tokend",
            canWrite: { path, isFolder in
                asked[path] = isFolder
                return true
            },
            userName: { String($0) },
            names: { _ in nil }
        )
        #expect(asked == [folder.directory: false, folder.path: true])
    }

    @Test func `warns of a file that other users can read`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        #expect(unsafe chmod(folder.directory, 0o644) == 0)
        expect(check(), .warning, "mode 0644", "chmod o= \(folder.directory)")
    }

    @Test func `is content with a group that shares the file`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        #expect(unsafe chmod(folder.directory, 0o660) == 0)
        expect(check(), .ok, "mode 0660", "shared with its group")
    }

    @Test func `tells a person who lacks a right to ask as another, and never to give it`() throws {
        let cure = "run check with sudo, or as the user of the service"
        expect(check(closed: [folder.path], isStranger: true), .error, cure, "does not exist")
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        for path in [folder.directory, folder.path] {
            let finding = check(closed: [path], isStranger: true)
            expect(finding, .error, cure)
            for command in ["chown", "install", "chmod"] { #expect(!finding.message.contains(command)) }
        }
        #expect(check(isStranger: true).level == .ok)
    }

    @Test func `names the cure of a file from a dump`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        _ = try Shell.sqlite3(folder.directory, "PRAGMA application_id = 0; PRAGMA user_version = 0;")
        expect(check(), .error, "livekit-tokend migrate")
    }

    @Test func `warns of an empty file, and leaves it so`() throws {
        try folder.write([], to: "directory.sqlite")
        expect(check(), .warning, "is empty")
        #expect(try folder.read("directory.sqlite") == [])
    }

    @Test func `refuses another program's file, and a newer program's`() throws {
        try folder.write(Array(String(repeating: "no database\n", count: 1000).utf8), to: "directory.sqlite")
        expect(check(), .error, folder.directory, "not a SQLite database")
        try folder.remove("directory.sqlite")
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        _ = try Shell.sqlite3(folder.directory, "PRAGMA user_version = 99;")
        expect(check(), .error, "schema version 99")
    }
}
