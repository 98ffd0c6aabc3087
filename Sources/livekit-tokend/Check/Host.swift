import Daemon

/// The machine as its files describe it: nginx's processes and configuration, listening sockets, systemd's units.
struct Host {
    var processes = "/proc"
    var nginxConfiguration = "/etc/nginx/nginx.conf"
    var units = SystemdUnits(directories: SystemdUnits.directories)

    /// The users of the running nginx workers, each once.
    var nginxUsers: [UInt32] {
        var users: Set<UInt32> = []
        for name in FolderContents.names(in: processes) where name.allSatisfy(\.isWholeNumber) {
            let folder = "\(processes)/\(name)"
            guard let title = Self.text("\(folder)/cmdline"),
                title.hasPrefix("nginx: worker process"),
                let status = Self.text("\(folder)/status"),
                let user = Self.effectiveUser(status)
            else { continue }
            users.insert(user)
        }
        return users.sorted()
    }

    /// The user that nginx's configuration names; `nil` if it names none.
    var configuredNginxUser: String? {
        guard let text = Self.text(nginxConfiguration) else { return nil }
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" }
            if words.count >= 2, words[0] == "user" { return String(words[1]) }
        }
        return nil
    }

    /// Whether a process listens on the socket at a path.
    ///
    /// The kernel names a socket as it was bound, and ours is bound under a name with the number of its process after it.
    func isListening(at path: String) -> Bool {
        guard let table = Self.text("\(processes)/net/unix", atMost: 16 << 20) else { return false }
        return table.split(separator: "\n").contains { line in
            let columns = line.split(separator: " ", maxSplits: 7)
            // Num RefCount Protocol Flags Type St Inode Path; the flag is __SO_ACCEPTCON.
            guard columns.count == 8, columns[3] == "00010000" else { return false }
            let name = columns[7]
            return name == path
                || name.hasPrefix("\(path).") && name.dropFirst(path.count + 1).allSatisfy(\.isWholeNumber)
        }
    }

    /// The text of a file; bytes that are not UTF-8 become U+FFFD.
    private static func text(_ path: String, atMost length: Int = 65_536) -> String? {
        (try? ReadableFile(opening: path).contents(atMost: length)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The effective user id: the second number of the line `Uid:` (proc(5)).
    private static func effectiveUser(_ status: String) -> UInt32? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
        let numbers = line?.split { $0 == "\t" || $0 == " " }.dropFirst()
        return numbers?.dropFirst().first.flatMap { UInt32($0) }
    }
}
