import Daemon

/// The machine as its files describe it: nginx's processes and configuration, listening sockets, systemd's units.
struct Host {
    var processes = "/proc"
    var nginxConfiguration = "/etc/nginx/nginx.conf"
    var nginxSnippets = "/etc/nginx/snippets"
    var units = SystemdUnits(directories: SystemdUnits.directories)
    /// The program that asks the running systemd.
    var systemctl = "/usr/bin/systemctl"
    /// The IP addresses of this machine that are not loopback.
    var addresses = { OwnAddresses.others }

    /// Whether a process listens on the socket at a path.
    ///
    /// The kernel names a socket as it was bound, and ours is bound under a name with the number of its process after
    /// it.
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
    static func text(_ path: String, atMost length: Int = 65_536) -> String? {
        (try? ReadableFile(opening: path).contents(atMost: length)).map { String(decoding: $0, as: UTF8.self) }
    }
}
