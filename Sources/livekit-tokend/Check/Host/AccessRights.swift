import Configuration
import Daemon
import Glibc

/// The access rights that a file's mode, or its access list, gives a user.
enum AccessRights {
    /// A bit of the mode.
    enum Right: UInt32 {
        case search = 0o1
        case write = 0o2
    }

    /// Whether a user has a right: as the owner, else as one whom the access list names, else as a member of a group,
    /// else as any other (path_resolution(7), acl(5)).
    static func has(
        _ right: Right,
        on file: FileStatus,
        _ list: AccessList? = nil,
        user: UInt32,
        groups: some Sequence<UInt32>
    ) -> Bool {
        if user == 0 { return true }
        if file.owner == user { return file.permissions >> 6 & right.rawValue != 0 }
        let entries = list?.entries ?? []
        if let entry = entries.first(where: { $0.subject == .user(user) }) {
            return entry.permissions & right.rawValue != 0
        }
        // Any group of the user's that has the right is enough; if one is there and none has it, others do not count.
        var ofGroups = entries.filter { entry in groups.contains { entry.subject == .group($0) } }.map(\.permissions)
        if groups.contains(file.group) { ofGroups.append(file.groupPermissions(under: list)) }
        if !ofGroups.isEmpty { return ofGroups.contains { $0 & right.rawValue != 0 } }
        return file.permissions & right.rawValue != 0
    }

    /// Whether a user may connect to a socket: write it, and search every folder on the way to it.
    static func mayConnect(_ user: UInt32, groups: [UInt32], to path: String) -> Bool {
        func has(_ right: Right, _ path: String) -> Bool {
            FileStatus(path).map { Self.has(right, on: $0, AccessList(path), user: user, groups: groups) } ?? false
        }
        var folder = path
        repeat {
            folder = FilePath.parent(of: folder)
            guard has(.search, folder) else { return false }
        } while folder != "/" && folder != "."
        return has(.write, path)
    }

    /// Whether the process, with its effective ids, may write a file, or make files in a folder.
    static func canWrite(_ path: String, isFolder: Bool = false) -> Bool {
        unsafe faccessat(AT_FDCWD, path, isFolder ? W_OK | X_OK : W_OK, AT_EACCESS) == 0
    }
}
