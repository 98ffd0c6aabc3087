import Daemon
import Glibc

/// A process that is said to be a service's, as the kernel's files describe it.
struct ServiceProcess {
    let number: Int32
    /// Its effective ids; `nil` if they cannot be read.
    let ids: (user: UInt32, group: UInt32, groups: [UInt32])?
    /// The number that it has for itself, in the innermost namespace of processes; `nil` if it cannot be read.
    let ownNumber: Int64?
    /// Whether it belongs to the service's unit; `nil` if that cannot be read.
    let isOfUnit: Bool?

    init(_ number: Int32) {
        let status = Host.text("/proc/\(number)/status") ?? ""
        let cgroups = Host.text("/proc/\(number)/cgroup")
        self.init(number, status: status, cgroups: cgroups)
    }

    /// A process with the texts of its `status` and `cgroup` (proc(5)).
    init(_ number: Int32, status: String, cgroups: String?) {
        func numbers(_ field: String) -> [UInt32]? {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(field):") }
            return line?.dropFirst(field.count + 1).split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) }
        }
        self.number = number
        // Real, effective, saved, and of the file system.
        if let users = numbers("Uid"), let groups = numbers("Gid"), users.count == 4, groups.count == 4 {
            ids = (users[1], groups[1], numbers("Groups") ?? [])
        } else {
            ids = nil
        }
        ownNumber = numbers("NSpid")?.last.map { Int64($0) }
        isOfUnit = cgroups.map { text in
            text.split(separator: "\n").contains { $0.split(separator: "/").contains(Substring(SystemdUnits.service)) }
        }
    }

    /// The name of its program; `nil` if it cannot be read.
    var name: String? {
        guard let bytes = try? ReadableFile(opening: "/proc/\(number)/comm").contents(atMost: 64) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
