import Configuration
import Daemon
import Glibc

/// What the bits of a file's mode let a user do.
enum AccessRights {
    /// One of the three bits.
    enum Right: UInt32 {
        case search = 0o1
        case write = 0o2
    }

    /// Whether a user has a right: as the owner, else as one of the group, else as anybody (path_resolution(7)).
    static func has(_ right: Right, on file: FileStatus, user: UInt32, groups: some Sequence<UInt32>) -> Bool {
        if user == 0 { return true }
        let shift: UInt32 = file.owner == user ? 6 : groups.contains(file.group) ? 3 : 0
        return file.permissions >> shift & right.rawValue != 0
    }

    /// Whether a user may connect to a socket: write it, and search every directory on the way to it.
    static func mayConnect(_ user: UInt32, groups: [UInt32], to path: String) -> Bool {
        var directory = path
        repeat {
            directory = FilePath.parent(of: directory)
            guard let status = FileStatus(directory), has(.search, on: status, user: user, groups: groups) else {
                return false
            }
        } while directory != "/" && directory != "."
        return FileStatus(path).map { has(.write, on: $0, user: user, groups: groups) } ?? false
    }

    /// Whether we ourselves, with the ids that we have now, may write a file or what is in a directory.
    static func canWrite(_ path: String, isDirectory: Bool = false) -> Bool {
        unsafe faccessat(AT_FDCWD, path, isDirectory ? W_OK | X_OK : W_OK, AT_EACCESS) == 0
    }
}
