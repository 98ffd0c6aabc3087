import Daemon
import Glibc
import Testing

@testable import livekit_tokend

@Suite struct `A finding` {
    private let findings = [
        Finding(level: .ok, subject: "clock", message: "fine"),
        Finding(level: .warning, subject: "configuration", message: "so-so"),
        Finding(level: .error, subject: "a subject of length", message: "wrong"),
    ]

    @Test func `is a line in columns`() {
        #expect(
            findings.map(\.description) == [
                "ok       clock          fine", "warning  configuration  so-so", "error    a subject of length wrong",
            ]
        )
    }

    @Test func `has its level in colour on a terminal`() {
        #expect(
            findings.map { $0.line(isColored: true) } == [
                "\u{1B}[32mok       \u{1B}[0mclock          fine", "\u{1B}[33mwarning  \u{1B}[0mconfiguration  so-so",
                "\u{1B}[31merror    \u{1B}[0ma subject of length wrong",
            ]
        )
    }

    @Test func `with others makes an exit status, the configuration's first`() {
        #expect(findings.failure == .unavailable)
        #expect(Array(findings.prefix(2)).failure == nil, "a warning is no failure")
        let configuration = Finding(level: .error, subject: "x", message: "y", isConfiguration: true)
        #expect((findings + [configuration]).failure == .configuration)
    }

    @Test func `with others makes a summary`() {
        #expect(findings.summary == "1 error, 1 warning")
        #expect((findings + findings).summary == "2 errors, 2 warnings")
        #expect(Array(findings.prefix(1)).summary == nil)
    }
}

@Suite struct `The rights of a file` {
    @Test(
        arguments: [
            (0o660, 10, 20, 10, [99], true), (0o660, 10, 20, 11, [20], true), (0o660, 10, 20, 11, [99, 20], true),
            (0o660, 10, 20, 11, [99], false), (0o666, 10, 20, 11, [99], true), (0o000, 10, 20, 0, [], true),
            (0o600, 10, 20, 11, [20], false),
            // Who owns it is its owner alone, whatever others may.
            (0o066, 10, 20, 10, [20], false), (0o606, 10, 20, 11, [20], false),
        ] as [(UInt32, UInt32, UInt32, UInt32, [UInt32], Bool)]
    )
    func `are the owner's, else the group's, else everybody's`(
        _ permissions: UInt32,
        _ owner: UInt32,
        _ group: UInt32,
        _ user: UInt32,
        _ groups: [UInt32],
        _ has: Bool
    ) {
        let file = FileStatus(owner: owner, group: group, permissions: permissions, kind: .socket)
        #expect(AccessRights.has(.write, on: file, user: user, groups: groups) == has)
    }

    @Test(
        arguments: [
            // The mask of the list stands where the group's bits are: user 11 by name, group 30 by name, the file's
            // own.
            (11, [99], true), (12, [30], true), (12, [20], false), (12, [20, 30], true), (13, [99], false),
            (10, [], true),
            (14, [30], false),
        ] as [(UInt32, [UInt32], Bool)]
    )
    func `are those of an access list where there is one`(user: UInt32, groups: [UInt32], has: Bool) throws {
        let file = FileStatus(owner: 10, group: 20, permissions: 0o660, kind: .socket)
        let entries: [(UInt8, UInt8, UInt32)] = [
            (1, 6, .max), (2, 6, 11), (2, 4, 14), (4, 4, .max), (8, 6, 30), (0x10, 6, .max), (0x20, 0, .max),
        ]
        var bytes: [UInt8] = [2, 0, 0, 0]
        for (tag, permissions, id) in entries {
            bytes += [tag, 0, permissions, 0]
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: id >> UInt32(shift * 8))) }
        }
        let list = try #require(AccessList(bytes))
        #expect(AccessRights.has(.write, on: file, list, user: user, groups: groups) == has)
    }

    @Test func `count on the way to a socket too`() throws {
        let folder = try Folder()
        try folder.write("run/closed/fcgi.sock", "")
        let path = "\(folder.path)/run/closed/fcgi.sock"
        #expect(unsafe chmod(path, 0o666) == 0)
        for directory in ["", "/run", "/run/closed"] { #expect(unsafe chmod(folder.path + directory, 0o711) == 0) }
        #expect(AccessRights.mayConnect(54321, groups: [], to: path))
        #expect(unsafe chmod("\(folder.path)/run/closed", 0o700) == 0)
        #expect(!AccessRights.mayConnect(54321, groups: [], to: path))
        #expect(!AccessRights.mayConnect(54321, groups: [], to: "\(folder.path)/run/missing"))
    }
}

@Suite struct `What systemd was told` {
    @Test func `is what the first unit and all drop-ins say`() throws {
        let folder = try Folder()
        try folder.write("lib/livekit-tokend.socket", "[Socket]\nListenStream=/run/livekit-tokend.sock\n")
        try folder.write(
            "lib/livekit-tokend.service",
            "[Service]\n# LoadCredential=commented:/x\nLoadCredential = keys.yaml:/etc/livekit-tokend/keys.yaml\n"
        )
        try folder.write("lib/livekit-tokend.service.d/10-a.conf", "LoadCredential=a:/lib/a\n")
        try folder.write("etc/livekit-tokend.service.d/10-a.conf", "LoadCredential=a:/etc/a\nLoadCredential=plain\n")
        try folder.write("etc/livekit-tokend.socket.d/place.conf", "ListenStream=\nListenStream=/run/other.sock\r\n")
        let units = SystemdUnits(directories: ["\(folder.path)/etc", "\(folder.path)/missing", "\(folder.path)/lib"])
        #expect(units.has(SystemdUnits.socket) && units.listenPath == "/run/other.sock")
        #expect(units.values(of: "ListenStream", in: SystemdUnits.socket) == ["/run/other.sock"])
        #expect(units.credential("keys.yaml") == "/etc/livekit-tokend/keys.yaml")
        #expect(
            units.credential("a") == "/etc/a",
            "a drop-in of the administrator hides the package's of the same name"
        )
        #expect(units.credential("commented") == nil && units.credential("plain") == nil)
        try folder.write("etc/livekit-tokend.service", "[Service]\n")
        #expect(units.credential("keys.yaml") == nil, "a unit of the administrator hides the package's")
        #expect(units.credential("a") == "/etc/a")
    }

    @Test(arguments: [
        ("LoadCredentialEncrypted=keys.yaml:/etc/keys.cred", "LoadCredentialEncrypted"),
        ("LoadCredentialEncrypted=keys.yaml", "LoadCredentialEncrypted"),
        ("SetCredentialEncrypted=keys.yaml: \\\n  abc= \\\n  def=", "SetCredentialEncrypted"),
        ("ImportCredential=keys.*", "ImportCredential"), ("ImportCredential=site.*:keys.", "ImportCredential"),
        ("ImportCredential=other.*", nil), ("LoadCredentialEncrypted=keys:/x", nil),
        ("LoadCredential=keys.yaml:/x", nil),
    ])
    func `may be a credential that nobody but systemd can read`(line: String, setting: String?) throws {
        let folder = try Folder()
        try folder.write("livekit-tokend.service", "[Service]\n\(line)\n")
        #expect(SystemdUnits(directories: [folder.path]).sealedCredential("keys.yaml") == setting)
    }

    @Test func `is nothing where there is no unit`() throws {
        let units = SystemdUnits(directories: [try Folder().path])
        #expect(units.listenPath == nil && units.credential("keys.yaml") == nil && !units.has(SystemdUnits.service))
    }
}

@Suite struct `The machine` {
    @Test(arguments: [
        ("/run/a.sock", true), ("/run/b.sock", true), ("/run/c.sock", false), ("/run/d.sock", false), ("/run/a", false),
        ("/run/e e.sock", true), ("/run/b.sock.77", true),
    ])
    func `knows who listens, by the kernel's table`(_ path: String, _ isListening: Bool) throws {
        let folder = try Folder()
        try folder.write(
            "net/unix",
            """
            Num       RefCount Protocol Flags    Type St Inode Path
            0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/a.sock
            0000000000000000: 00000002 00000000 00010000 0001 01    46 /run/b.sock.77
            0000000000000000: 00000003 00000000 00000000 0001 03 12347 /run/c.sock
            0000000000000000: 00000002 00000000 00010000 0001 01 12348 /run/d.sock.x
            0000000000000000: 00000002 00000000 00010000 0001 01 12349 /run/e e.sock
            0000000000000000: 00000002 00000000 00010000 0001 01 12350

            """,
            // An abstract name may hold anything.
            and: [0xFF, 0xFE, 0x0A]
        )
        #expect(Host(processes: folder.path).isListening(at: path) == isListening)
    }
}

/// A directory for the time of a test.
final class Folder {
    let path = "/tmp/tokend-check-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    init() throws {
        try #require(unsafe mkdir(path, 0o755) == 0)
    }

    deinit {
        Self.remove(path)
    }

    /// Writes a file, and makes the directories on the way to it.
    func write(_ name: String, _ text: String, and more: [UInt8] = []) throws {
        let parts = name.split(separator: "/")
        for count in 1..<max(1, parts.count) {
            _ = unsafe mkdir("\(path)/\(parts.prefix(count).joined(separator: "/"))", 0o755)
        }
        let descriptor = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8) + more
        try #require(
            unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
        )
    }

    private static func remove(_ path: String) {
        for name in FolderContents.names(in: path) { remove("\(path)/\(name)") }
        if unsafe rmdir(path) != 0 { unsafe unlink(path) }
    }
}

@Suite struct `The URL of LiveKit` {
    @Test(
        arguments: [
            ("wss://livekit.example.com", "placeholder"), ("wss://example.com:443/x", "placeholder"),
            ("wss://media.school.edu", nil), ("wss://[2001:db8::1]:7880", nil), ("https://a.b", nil),
            ("ws://media.school.edu", "not encrypted"), ("http://192.0.2.7:7880", "not encrypted"),
            ("ws://livekit:7880", "without a dot"), ("wss://LiveKit", "without a dot"),
            ("ws://localhost:7880", "this machine"),
            ("wss://127.0.0.1", "this machine"), ("wss://[::1]:7880", "this machine"), ("wss://notexample.com", nil),
        ] as [(String, String?)]
    )
    func `is warned of where clients elsewhere cannot use it`(url: String, words: String?) {
        let problem = ServerURL.problem(of: url, isDevelopment: false)
        #expect(words.map { problem?.contains($0) ?? false } ?? (problem == nil), "\(problem ?? "nothing")")
        let isPlaceholder = words == "placeholder"
        #expect((ServerURL.problem(of: url, isDevelopment: true) != nil) == isPlaceholder)
    }
}
