import Glibc
import LiveKitToken

/// What stat(2) says of a file, through symbolic links.
struct FileStatus: Equatable {
    var owner: UInt32
    var group: UInt32
    /// The permissions: the last twelve bits of the mode.
    var permissions: UInt32
    var kind: Kind
    var changedAt = NumericDate(0)

    enum Kind {
        case file
        case directory
        case socket
        case other
    }

    /// Looks at a path; `nil` if nothing is there, or nothing that may be looked at.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        owner = status.st_uid
        group = status.st_gid
        permissions = status.st_mode & 0o7777
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFSOCK: .socket
            default: .other
            }
        changedAt = NumericDate(Int64(status.st_mtim.tv_sec))
    }

    init(owner: UInt32, group: UInt32, permissions: UInt32, kind: Kind) {
        self.owner = owner
        self.group = group
        self.permissions = permissions
        self.kind = kind
    }
}
