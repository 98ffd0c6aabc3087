import Configuration
import Daemon
import Glibc

/// The access rights that the bits of a file's mode give a user.
enum AccessRights {
    /// A bit of the mode.
    enum Right: UInt32 {
        case search = 0o1
        case write = 0o2
    }

    /// Whether a user has a right: as the owner, else as a member of the group, else as any other (path_resolution(7)).
    static func has(_ right: Right, on file: FileStatus, user: UInt32, groups: some Sequence<UInt32>) -> Bool {
        if user == 0 { return true }
        let shift: UInt32 = file.owner == user ? 6 : groups.contains(file.group) ? 3 : 0
        return file.permissions >> shift & right.rawValue != 0
    }

    /// Whether a user may connect to a socket: write it, and search every folder on the way to it.
    static func mayConnect(_ user: UInt32, groups: [UInt32], to path: String) -> Bool {
        var folder = path
        repeat {
            folder = FilePath.parent(of: folder)
            guard let status = FileStatus(folder), has(.search, on: status, user: user, groups: groups) else {
                return false
            }
        } while folder != "/" && folder != "."
        return FileStatus(path).map { has(.write, on: $0, user: user, groups: groups) } ?? false
    }

    /// Whether the process, with its effective ids, may write a file, or make files in a folder.
    static func canWrite(_ path: String, isFolder: Bool = false) -> Bool {
        unsafe faccessat(AT_FDCWD, path, isFolder ? W_OK | X_OK : W_OK, AT_EACCESS) == 0
    }
}
