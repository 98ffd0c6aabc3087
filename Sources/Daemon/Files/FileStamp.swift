import CLinux
import Glibc

/// What tells the content of a regular file from what was there before (stat(2)): its times, size and inode.
///
/// A file that another one replaces has another inode; one that is written in place, other times.
package struct FileStamp: Equatable, Sendable {
    /// A time in seconds since 1970, and the nanoseconds after it.
    package struct Time: Equatable, Sendable {
        package let seconds: Int64
        package let nanoseconds: Int64

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = Int64(time.tv_nsec)
        }
    }

    /// When the content was last changed, or what a program has set that time to.
    package let modified: Time
    /// When content, owner or times were last changed, which no program sets.
    package let changed: Time
    package let size: Int64
    package let inode: UInt64

    /// Looks at a path, through symbolic links; `nil` if it names no regular file, or one that may not be looked at.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(status)
    }

    /// Looks at an open file; `nil` if the descriptor is not open.
    init?(of descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
        size = Int64(status.st_size)
        inode = UInt64(status.st_ino)
    }
}
