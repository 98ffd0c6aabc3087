import Configuration
import Daemon
import Glibc
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint

@testable import livekit_tokend

private let secret = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"

/// Gives a test the path of a file that has a content and a mode, and removes it after.
private func withFile<Value>(
    _ content: [UInt8],
    mode: mode_t = 0o600,
    _ body: (String) throws -> Value
) throws -> Value {
    let path = "/tmp/tokend-file-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
    try #require(descriptor >= 0)
    defer { unsafe unlink(path) }
    defer { close(descriptor) }
    _ = fchmod(descriptor, mode)
    let count = unsafe content.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    try #require(count == content.count)
    return try body(path)
}

private func withFile<Value>(_ text: String, mode: mode_t = 0o600, _ body: (String) throws -> Value) throws -> Value {
    try withFile(Array(text.utf8), mode: mode, body)
}

@Suite struct `A configuration on this machine` {
    private func message(_ path: String) throws -> String {
        let failure = try #require(throws: Failure.self) { try Settings.load(from: path) }
        #expect(failure.status == .configuration)
        #expect(!failure.message.contains("\n"))
        return failure.message
    }

    @Test func `has the processors and the user of this machine`() throws {
        let settings = try withFile("workers: 0\npeers: [root]") { try Settings.load(from: $0) }
        #expect(settings.process.workers == max(4, 2 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        let root = geteuid() == 0 ? [] : [Peer(name: "root", user: 0, group: 0)]
        #expect(settings.process.peers == root + [Peer(name: "", user: geteuid(), group: getegid())])
    }

    @Test func `is refused if it is not there, or is no file, or too long, or not UTF-8`() throws {
        #expect(
            try message("/no/such/file")
                == "/no/such/file: cannot be read: No such file or directory; name the file with --config FILE"
        )
        #expect(try message("/tmp") == "/tmp: must be a file of at most 65536 bytes")
        #expect(try withFile([UInt8](repeating: 0x23, count: 70_000), message).contains("65536"))
        #expect(try withFile([0xFF, 0xFE], message).contains("UTF-8"))
    }

    /// Found by fuzzing: what is quoted could end the line.
    @Test(arguments: [(#"{"a\nb": 1}"#, "1: a?b is unknown"), (#"{"a\e[2J\L": 1}"#, "1: a?[2J? is unknown")])
    func `is quoted harmlessly`(yaml: String, words: String) throws {
        #expect(try withFile(yaml, message).contains(words))
    }

    @Test(arguments: [
        ("'['", "regular expression"), ("''", "empty"), (#"'\d+'"#, "[0-9]"), (#"'[\d]+'"#, "[0-9]"),
        (#"'\[a**'"#, "two repetitions"), ("'[a*+]**'", "two repetitions"), ("'(?i)a'", "POSIX"),
        ("'a)|(b'", "without a ("), ("'ä'", "visible ASCII"),
    ])
    func `is refused with a pattern that the system does not take`(pattern: String, words: String) throws {
        let message = try withFile("rooms: {pattern: \(pattern)}", message)
        #expect(message.contains(":1: rooms.pattern ") && message.contains(words), "\(message)")
    }

    @Test(arguments: [("[a-z]+", "abc", true), ("[a-z]+", "abc-1", false), ("a|ab", "ab", true)])
    func `has ids that match its pattern as a whole`(pattern: String, id: String, isAllowed: Bool) throws {
        let settings = try withFile("rooms: {pattern: '\(pattern)'}") { try Settings.load(from: $0) }
        #expect((settings.rooms.ids.identifier(UTF8String(id)) != nil) == isAllowed)
    }

    @Test func `never lets through what the hard rule for ids forbids`() throws {
        let settings = try withFile("rooms: {pattern: '.*'}") { try Settings.load(from: $0) }
        for id in ["", "a b", "a\n", "ä", "a\u{0}b", UTF8String(String(repeating: "a", count: 257))] as [UTF8String] {
            #expect(settings.rooms.ids.identifier(id) == nil)
        }
    }
}

@Suite struct `A key file on this machine` {
    private func message(_ path: String) throws -> String {
        let failure = try #require(throws: Failure.self) { try KeySource(directory: "/", file: path).load() }
        #expect(failure.status == .configuration)
        return failure.message
    }

    @Test func `gives its key and its age`() throws {
        try withFile("APIabc: \(secret)") { (path) throws in
            let source = KeySource(directory: "/", file: path)
            #expect(try source.load().id == "APIabc")
            let age = try #require(source.changedAt().map { WallClock.now.date.seconds(since: $0) })
            #expect((-1...600).contains(age))
        }
    }

    @Test func `must not be open to others`() throws {
        #expect(try withFile("APIabc: \(secret)", mode: 0o644, message).contains("mode 0644"))
    }

    @Test(.enabled("only root can give a file to a group") { geteuid() == 0 })
    func `must not be open to a group that has others in it`() throws {
        try withFile("APIabc: \(secret)", mode: 0o640) { (path) throws in
            // The user www-data is in the first, and this process not in the second.
            for group: gid_t in [33, 54_321] {
                _ = unsafe chown(path, 0, group)
                #expect(try message(path).contains("mode 0640, so the group"))
            }
            _ = unsafe chown(path, 0, getegid())
            #expect(try KeySource(directory: "/", file: path).load().id == "APIabc")
            // lp is alone in the group of that name, and would read it.
            _ = unsafe chown(path, 0, 7)
            let system = LinuxSystem(ids: (7, 7))
            #expect(try KeySource(directory: "/", file: path).find(on: system).key.id == "APIabc")
        }
    }

    @Test(.enabled("only root can give a link away") { geteuid() == 0 })
    func `may be a symbolic link of root's or of our own`() throws {
        try withFile("APIabc: \(secret)") { (path) throws in
            let link = path + ".link"
            unsafe symlink(path, link)
            defer { unsafe unlink(link) }
            #expect(try KeySource(directory: "/", file: link).load().id == "APIabc")
            _ = unsafe lchown(link, 12_345, 0)
            #expect(try message(link).contains("\(link) is a symbolic link of 12345"))
        }
    }

    @Test func `must be a file, and be there`() throws {
        #expect(try message("/no/such/keys").contains("missing"))
        #expect(try message("/tmp").contains("not a regular file"))
        #expect(try message("/dev/null").contains("not a regular file"))
    }

    @Test func `is not waited for where it is a pipe`() throws {
        let path = "/tmp/tokend-pipe-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        #expect(unsafe mkfifo(path, 0o600) == 0)
        defer { unsafe unlink(path) }
        #expect(try message(path).contains("not a regular file"))
    }

    @Test(.enabled("only root can give a file away") { geteuid() == 0 })
    func `must belong to root or to ourselves`() throws {
        try withFile("APIabc: \(secret)") { (path) throws in
            _ = unsafe chown(path, 12_345, 0)
            #expect(try message(path).contains("belongs to 12345"))
        }
    }
}
