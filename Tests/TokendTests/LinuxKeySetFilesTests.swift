import Foundation
import JWTSessions
import Testing
@testable import livekit_tokend

@Suite struct `A file of a key set` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let files = LinuxKeySetFiles()
    private var path: String { folder.appending(path: "set.json").path }

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    private func write(_ text: String) throws {
        let new = folder.appending(path: "new")
        try Data(text.utf8).write(to: new)
        #expect(unsafe rename(new.path, path) == 0)
    }

    private func end() { try? FileManager.default.removeItem(at: folder) }

    @Test func `has a version and a content that belong together`() throws {
        defer { end() }
        try write("one")
        let version = try #require(files.version(ofFile: path))
        let (bytes, read) = try files.contents(ofFile: path, atMost: 100)
        #expect(bytes == Array("one".utf8) && read == version)
        #expect(files.version(ofFile: path) == version)
    }

    @Test func `has another version when another file is in its place, and when its time is set`() throws {
        defer { end() }
        try write("one")
        let first = try #require(files.version(ofFile: path))
        try write("two")
        let second = try #require(files.version(ofFile: path))
        #expect(first != second)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_795_473_630)],
            ofItemAtPath: path
        )
        let third = try #require(files.version(ofFile: path))
        #expect(third != second && third.modifiedAt == 1_795_473_630 && third.inode == second.inode)
    }

    @Test func `that cannot be read is said to be so`() throws {
        defer { end() }
        #expect(files.version(ofFile: path) == nil)
        #expect(throws: KeySetFileError("is missing")) { try files.contents(ofFile: path, atMost: 100) }
        try write(String(repeating: "x", count: 101))
        #expect(throws: KeySetFileError("has more than 100 bytes")) { try files.contents(ofFile: path, atMost: 100) }
        #expect(files.version(ofFile: folder.path) == nil)
        #expect(throws: KeySetFileError("is no regular file")) { try files.contents(ofFile: folder.path, atMost: 9) }
        #expect(files.version(ofFile: "/proc/none/here") == nil)
    }
}
