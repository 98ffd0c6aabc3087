import Testing

@testable import livekit_tokend

@Suite struct `The sandbox of the service's unit` {
    private func sandbox(_ lines: String...) throws -> Sandbox {
        let folder = try Folder()
        try folder.write("livekit-tokend.service", "[Service]\n" + lines.joined(separator: "\n") + "\n")
        return Sandbox(SystemdUnits(directories: [folder.path]))
    }

    @Test func `of the package lets nothing be written but the service's own state`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = try Folder()
        let unit = try #require(Host.text("/\(root)/deploy/livekit-tokend.service"))
        try folder.write("livekit-tokend.service", unit)
        let sandbox = Sandbox(SystemdUnits(directories: [folder.path]))
        #expect(sandbox.stateFolder == "/var/lib/livekit-tokend")
        #expect(sandbox.obstacle(to: "/var/lib/livekit-tokend/directory.sqlite", isWritten: true) == nil)
        for path in ["/var/lib/livekit-tokend2/d", "/srv/d.sqlite", "/var/log/audit.log", "/etc/x"] {
            #expect(sandbox.obstacle(to: path, isWritten: true) == "ProtectSystem=strict", "\(path)")
            #expect(sandbox.obstacle(to: path, isWritten: false) == nil)
        }
        #expect(sandbox.obstacle(to: "/run/x", isWritten: true) == "ReadOnlyPaths=")
        for path in ["/tmp/d.sqlite", "/var/tmp/x/keys.yaml"] {
            #expect(sandbox.obstacle(to: path, isWritten: false) == "PrivateTmp=", "\(path)")
        }
        for path in ["/home/ada/keys.yaml", "/root/keys.yaml"] {
            #expect(sandbox.obstacle(to: path, isWritten: false) == "ProtectHome=yes", "\(path)")
        }
    }

    @Test func `is opened by the administrator's settings, the longest path first`() throws {
        let open = try sandbox(
            "ProtectSystem=strict",
            "ReadWritePaths=-/srv/tokend \"/srv/a b\"",
            "ReadOnlyPaths=/srv/tokend/fixed",
            "LogsDirectory=tokend tokend2:link",
            "InaccessiblePaths=/srv/secret"
        )
        for path in ["/srv/tokend/d", "/srv/a b/d", "/var/log/tokend/audit", "/var/log/tokend2/x"] {
            #expect(open.obstacle(to: path, isWritten: true) == nil, "\(path)")
        }
        #expect(open.obstacle(to: "/srv/tokend/fixed/d", isWritten: true) == "ReadOnlyPaths=")
        #expect(open.obstacle(to: "/srv/secret/keys", isWritten: false) == "InaccessiblePaths=")
    }

    @Test func `is none where the unit has none`() throws {
        let none = try sandbox("User=x")
        for path in ["/", "/tmp/x", "/home/x", "/usr/x"] { #expect(none.obstacle(to: path, isWritten: true) == nil) }
        let home = try sandbox("ProtectHome=read-only", "ProtectSystem=full")
        #expect(home.obstacle(to: "/home/x", isWritten: false) == nil)
        #expect(home.obstacle(to: "/home/x", isWritten: true) == "ProtectHome=read-only")
        #expect(home.obstacle(to: "/etc/x", isWritten: true) == "ProtectSystem=full")
        #expect(home.obstacle(to: "/srv/x", isWritten: true) == nil)
    }
}

@Suite struct `The environment of the service's unit` {
    @Test func `is what its lines and files say, the files last`() throws {
        let folder = try Folder()
        try folder.write("env", "# c\nLIVEKIT_KEYS='A: b'\nA = \"x y\"\n; d\n\nB=plain text \nLIVEKIT_URL=wss://b\n")
        try folder.write(
            "livekit-tokend.service",
            "[Service]\nEnvironment=LIVEKIT_URL=wss://a \"C=1 2\" 'D=\\x' E=a\\ b\n"
                + "EnvironmentFile=-\(folder.path)/missing\nEnvironmentFile=\(folder.path)/env\n"
        )
        let units = SystemdUnits(directories: [folder.path])
        #expect(
            units.environment == [
                "LIVEKIT_URL": "wss://b", "LIVEKIT_KEYS": "A: b", "A": "x y", "B": "plain text", "C": "1 2", "D": "\\x",
                "E": "a b",
            ]
        )
        #expect(SystemdUnits(directories: ["\(folder.path)/none"]).environment == nil)
    }

    /// As systemd.syntax(7) and systemd.exec(5) have it, and systemd 257 reads it; 252 takes comments on, too.
    @Test func `goes on in the next line where one ends in a backslash`() throws {
        let folder = try Folder()
        try folder.write(
            "env",
            "# a comment \\\nZ=9\nA=1 \\\n  2\nB=\"x\\\ny \\\"q\\\" \\n\" 'z'\nC=a\\ b\\ \n"
        )
        try folder.write(
            "livekit-tokend.service",
            "[Service]\nEnvironment=\"D=1\" \\\n# between\n  \"E=2\"\nEnvironment=F=\\\\\nEnvironment=G=3\n"
                + "ReadWritePaths=/opt \\\n/srv\nProtectSystem=strict\nEnvironmentFile=\(folder.path)/env\n"
        )
        let units = SystemdUnits(directories: [folder.path])
        #expect(
            units.environment == [
                "A": "1   2", "B": "xy \"q\" \\nz", "C": "a b ", "D": "1", "E": "2", "F": "\\", "G": "3", "Z": "9",
            ]
        )
        #expect(Sandbox(units).obstacle(to: "/srv/x", isWritten: true) == nil)
    }
}
