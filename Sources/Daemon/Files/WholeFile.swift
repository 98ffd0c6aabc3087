import CLinux
import Glibc

/// A file that is replaced as a whole: a reader finds the content of before or the new one, and after a power cut one
/// of the two is there.
package enum WholeFile {
    /// Puts a new file in the place of the one at a path, or where there is none.
    ///
    /// It is written beside that place as `.NAME.new` first; one caller at a time may do so. A symbolic link is
    /// replaced and not followed.
    ///
    /// - Parameters:
    ///   - permissions: the last nine bits of its mode, whatever the umask.
    ///   - time: when its content is said to have changed.
    package static func replace(
        _ path: String,
        with content: [UInt8],
        permissions: UInt32,
        modifiedAt time: WallClock.Time
    ) throws(FileChangeError) {
        let (folder, name) = parts(of: path)
        let draft = "\(folder)/.\(name).new"
        // What a run that was cut off has left.
        _ = unsafe unlink(draft)
        do throws(FileChangeError) {
            let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .now }
            defer { close(descriptor) }
            try write(content, to: descriptor)
            guard fchmod(descriptor, permissions) == 0 else { throw .now }
            let times = [time.timespec, time.timespec]
            guard unsafe futimens(descriptor, times) == 0, fsync(descriptor) == 0 else { throw .now }
            guard unsafe rename(draft, path) == 0 else { throw .now }
        } catch {
            _ = unsafe unlink(draft)
            throw error
        }
        try sync(folder)
    }

    /// Says of a file when its content has changed, through no symbolic link.
    package static func setModificationTime(of path: String, to time: WallClock.Time) throws(FileChangeError) {
        let times = [time.timespec, time.timespec]
        guard unsafe utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 else { throw .now }
    }

    /// The folder of a path, and the name in it.
    package static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    private static func write(_ content: [UInt8], to descriptor: Int32) throws(FileChangeError) {
        var rest = content[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw .now }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Without it the name might be lost by a power cut.
    private static func sync(_ folder: String) throws(FileChangeError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .now }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .now }
    }
}

/// A lock that one process at a time holds (flock(2)).
package enum FileLock {
    /// Waits for the lock of a file, which is made where it is missing, and runs a body while it is held.
    ///
    /// No other user can read the file, so that no other user can take the lock.
    package static func held<Value>(_ path: String, _ body: () -> Value) throws(FileChangeError) -> Value {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw .now }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 { guard errno == EINTR else { throw .now } }
        return body()
    }
}

/// Why a file cannot be changed: a code of errno(3).
package struct FileChangeError: Error, Equatable, CustomStringConvertible {
    package let code: Int32

    /// Takes a code.
    package init(code: Int32) { self.code = code }

    fileprivate static var now: FileChangeError { FileChangeError(code: errno) }

    /// The system's words.
    package var description: String { SystemErrorText.of(code) }
}

extension WallClock.Time {
    fileprivate var timespec: Glibc.timespec {
        Glibc.timespec(tv_sec: Int(seconds), tv_nsec: milliseconds * 1_000_000)
    }
}
