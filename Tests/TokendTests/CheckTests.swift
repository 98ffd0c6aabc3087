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

    @Test func `is nothing where there is no unit`() throws {
        let units = SystemdUnits(directories: [try Folder().path])
        #expect(units.listenPath == nil && units.credential("keys.yaml") == nil && !units.has(SystemdUnits.service))
    }
}

@Suite struct `The machine` {
    @Test func `has the nginx workers that run, each user once`() throws {
        let folder = try Folder()
        func process(_ number: String, _ title: String, user: Int) throws {
            try folder.write("\(number)/cmdline", title)
            try folder.write("\(number)/status", "Name:\tx\nUid:\t0\t\(user)\t0\t0\nGid:\t1\t1\t1\t1\n")
        }
        try process("1", "/sbin/init\0", user: 1)
        try process("20", "nginx: master process nginx\0", user: 0)
        try process("21", "nginx: worker process\0", user: 33)
        try process("22", "nginx: worker process\0", user: 33)
        try process("23", "nginx: worker process is shutting down\0", user: 101)
        try process("self", "nginx: worker process\0", user: 7)
        try folder.write("24/cmdline", "nginx: worker process\0")
        #expect(Host(processes: folder.path).nginxUsers == [33, 101])
        #expect(Host(processes: "\(folder.path)/missing").nginxUsers.isEmpty)
    }

    @Test(
        arguments: [
            ("user www-data;\nworker_processes auto;\n", "www-data"),
            ("# user x;\n  user\tnginx nginx; # why\n", "nginx"),
            ("username x;\n", nil), ("worker_processes 1;\n", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `has the user that nginx's configuration names`(_ text: String, _ user: String?) throws {
        let folder = try Folder()
        try folder.write("nginx.conf", text)
        #expect(Host(nginxConfiguration: "\(folder.path)/nginx.conf").configuredNginxUser == user)
    }

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
private final class Folder {
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
