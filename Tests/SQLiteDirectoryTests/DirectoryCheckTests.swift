import Foundation
import Testing

@testable import SQLiteDirectory

@Suite struct `The check of a directory` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The finding for the user `tokend`, who may write all but some paths.
    private func check(closed: Set<String> = [], isStranger: Bool = false) -> DirectoryFinding {
        SQLiteDirectoryReader.check(
            path: folder.directory,
            user: "tokend",
            isStranger: isStranger,
            canWrite: { path, _ in !closed.contains(path) },
            userName: { "user-\($0)" }
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

    @Test func `asks for a folder that the user can write, and then for no file`() {
        expect(check(), .warning, "the first use makes it")
        expect(
            check(closed: [folder.path]),
            .error,
            "tokend cannot make it",
            "install -d -o tokend -m 700 \(folder.path)"
        )
        #expect(!folder.exists("directory.sqlite"))
    }

    @Test func `asks for the right to write file and folder`() throws {
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        for path in [folder.directory, folder.path] {
            expect(check(closed: [path]), .error, "chown -R tokend: \(folder.path)", "user-\(geteuid())", "0600")
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
            userName: { String($0) }
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
