import CLinux
import Glibc

/// The status of a file (stat(2)): owner, permissions, kind and time of the last change.
package struct FileStatus: Equatable, Sendable {
    /// The id of the owner.
    package let owner: UInt32
    /// The id of the group.
    package let group: UInt32
    /// The last twelve bits of the mode.
    package let permissions: UInt32
    /// The type of the file.
    package let kind: Kind
    /// When the content was last changed, in seconds since 1970.
    package let modifiedAt: Int64

    /// The types of files that are told apart.
    package enum Kind: Sendable {
        case file
        case directory
        case socket
        case link
        case other
    }

    /// What looking at a path says.
    package enum Look: Equatable, Sendable {
        case found(FileStatus)
        case isMissing
        /// The process may not look there, so that nothing is known.
        case isOutOfReach
    }

    /// Looks at a path, through symbolic links.
    package static func look(at path: String) -> Look {
        var status = stat()
        guard unsafe stat(path, &status) != 0 else { return .found(FileStatus(status)) }
        return errno == EACCES || errno == EPERM ? .isOutOfReach : .isMissing
    }

    /// Looks at a path, through symbolic links; `nil` if the path names no file, or one that may not be looked at.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Looks at an open file; `nil` if the descriptor is not open.
    init?(of descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Takes what was found elsewhere.
    package init(owner: UInt32, group: UInt32, permissions: UInt32, kind: Kind, modifiedAt: Int64 = 0) {
        self.owner = owner
        self.group = group
        self.permissions = permissions
        self.kind = kind
        self.modifiedAt = modifiedAt
    }

    private init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFSOCK: .socket
            case S_IFLNK: .link
            default: .other
            }
        self.init(
            owner: status.st_uid,
            group: status.st_gid,
            permissions: status.st_mode & 0o7777,
            kind: kind,
            modifiedAt: Int64(status.st_mtim.tv_sec)
        )
    }
}
