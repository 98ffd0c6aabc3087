import Configuration
import Testing

/// The process is the user 990, alone in the group 991.
@Suite struct `The rights of a key file` {
    private func attributes(
        _ permissions: UInt32,
        owner: UInt32 = 0,
        group: UInt32 = 5,
        kind: FileAttributes.Kind = .file,
        path: String = TestKeyFile.path,
        entries: [(subject: FileAttributes.Subject, permissions: UInt32)] = []
    ) -> FileAttributes {
        FileAttributes(
            path: path,
            kind: kind,
            owner: owner,
            group: group,
            permissions: permissions,
            entries: entries
        )
    }

    private func problem(_ steps: FileAttributes...) throws -> String? {
        let file = TestKeyFile(.judged(Array("APIabc: \(strong)".utf8), steps))
        do throws(ConfigurationError) {
            _ = try file.load()
            return nil
        } catch {
            return String(error.message.dropFirst(TestKeyFile.path.utf8.count + 2))
        }
    }

    private static let otherwise =
        " \(TestKeyFile.path), or, if another program needs that right, name a copy in livekit.key_file"

    @Test(
        arguments: [
            (0o604, 991, "o="), (0o644, 991, "o="), (0o601, 991, "o="), (0o602, 991, "o="), (0o777, 991, "g-w,o="),
            (0o644, 5, "g=,o="),
        ] as [(UInt32, UInt32, String)]
    )
    func `give nothing to others`(mode: UInt32, group: UInt32, cure: String) throws {
        let problem = try problem(attributes(mode, group: group))
        #expect(
            problem == "the key file has mode 0\(String(mode, radix: 8)), so others can read it; "
                + "run: chmod \(cure)" + Self.otherwise
        )
    }

    @Test func `let a group read if only root and the process's user are in it`() throws {
        for mode: UInt32 in [0o600, 0o400, 0o640, 0o440] {
            #expect(try problem(attributes(mode, group: 991)) == nil)
            #expect(try problem(attributes(mode, owner: 990, group: 0)) == nil)
        }
        #expect(
            try problem(attributes(0o640)) == "the key file has mode 0640, so the group group5 can read it, "
                + "which is not that of 990 alone; run: chmod g=" + Self.otherwise
        )
        // The group is what lets the service read root's file.
        #expect(
            try problem(attributes(0o660, group: 991)) == "the key file has mode 0660, so the group group991 can write "
                + "it; run: chmod g-w" + Self.otherwise
        )
    }

    @Test func `are judged by an access list where there is one`() throws {
        // What systemd hands over since version 254: root's, with an entry for the service's user.
        #expect(try problem(attributes(0o400, entries: [(.user(990), 0o4)])) == nil)
        #expect(try problem(attributes(0o400, entries: [(.user(0), 0o6), (.group(991), 0o4)])) == nil)
        #expect(try problem(attributes(0o400, entries: [(.user(33), 0)])) == nil, "no right at all")
        let words = "the key file has an access list by which the "
        // The service's own entry stays.
        #expect(
            try problem(attributes(0o400, entries: [(.user(990), 0o4), (.user(33), 0o4)]))
                == words + "user www-data can reach it; run: setfacl -x u:www-data" + Self.otherwise
        )
        #expect(
            try problem(attributes(0o400, entries: [(.group(5), 0o4)]))
                == words + "group group5 can read it, which is not that of 990 alone; run: setfacl -x g:group5"
                + Self.otherwise
        )
        #expect(
            try problem(attributes(0o400, entries: [(.group(991), 0o6)]))
                == words + "group group991 can write it; run: setfacl -m g:group991:r" + Self.otherwise
        )
    }

    @Test func `belong to root or to the process's own user`() throws {
        #expect(try problem(attributes(0o600, owner: 990)) == nil)
        #expect(
            try problem(attributes(0o600, owner: 33))
                == "the key file belongs to www-data; it must belong to root or 990; "
                + "if www-data needs it, name a copy in livekit.key_file"
        )
    }

    @Test func `hold for the links on the way, and for the folders that hold them`() throws {
        let file = attributes(0o400)
        // What Kubernetes mounts: a folder with the sticky bit, and links of root's in it.
        let mount = attributes(0o1777, kind: .folder, path: "/etc/x")
        let link = attributes(0o777, kind: .link)
        #expect(try problem(mount, link, mount, link, file) == nil)
        #expect(
            try problem(attributes(0o755, owner: 990, kind: .folder), attributes(0o777, owner: 990, kind: .link), file)
                == nil
        )
        let foreign = try #require(
            try problem(mount, attributes(0o777, owner: 33, kind: .link, path: "/etc/x/l"), file)
        )
        #expect(
            foreign
                == "/etc/x/l is a symbolic link of www-data; on the way to a key file links must belong to root or 990"
        )
        let begin = "the folder /etc/x, where a symbolic link leads to the key file,"
        for open: UInt32 in [0o777, 0o775] {
            let folder = attributes(open, kind: .folder, path: "/etc/x")
            #expect(
                try problem(folder, link, file)
                    == "\(begin) can be written by others; run: chmod go-w /etc/x, or name in livekit.key_file the "
                    + "file that the link leads to"
            )
        }
        #expect(try problem(attributes(0o775, group: 991, kind: .folder), link, file) == nil)
        let strange = attributes(0o755, owner: 33, kind: .folder, path: "/etc/x")
        #expect(try problem(strange, link, file) == "\(begin) belongs to www-data; it must belong to root or 990")
        let listed = attributes(0o755, kind: .folder, path: "/etc/x", entries: [(.user(33), 0o7)])
        #expect(try #require(try problem(listed, link, file)).contains("can be written by others"))
    }
}
