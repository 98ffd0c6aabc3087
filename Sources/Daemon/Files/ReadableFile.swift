import CLinux
import Glibc

/// A regular file that is open for reading.
///
/// Opening and reading are two steps, so that a caller can judge the owner and the mode of the very file that it reads.
package final class ReadableFile: Sendable {
    /// The status of the open file.
    package let status: FileStatus
    /// Its access list; `nil` if it has none.
    package let accessList: AccessList?

    private let descriptor: Int32

    /// Opens a file, through symbolic links; neither a pipe nor a terminal makes it wait.
    package convenience init(opening path: String) throws(ReadableFileError) {
        try self.init(opening: path, in: AT_FDCWD, O_RDONLY)
    }

    /// Opens a name in an open folder; with `O_NOFOLLOW` in the flags the name must not be a symbolic link.
    init(opening name: String, in folder: Int32, _ flags: Int32) throws(ReadableFileError) {
        descriptor = unsafe openat(folder, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw ReadableFileError(errno: errno) }
        guard let status = FileStatus(of: descriptor), status.kind == .file else {
            close(descriptor)
            throw .isNotRegular
        }
        self.status = status
        accessList = AccessList(of: descriptor)
    }

    deinit {
        close(descriptor)
    }

    /// What tells its content from another, now; `nil` if the system does not say.
    package var stamp: FileStamp? { FileStamp(of: descriptor) }

    /// The whole content, which stays in one place in memory: it can be wiped there.
    ///
    /// - Throws: `.isTooLong` if the file has more bytes than `maximumLength`.
    package func contents(atMost maximumLength: Int) throws(ReadableFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maximumLength + 1)
        var length = 0
        while length < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
                return unsafe read(descriptor, rest.baseAddress, rest.count)
            }
            if count == 0 {
                // Not a copy, which would leave behind what a key file holds.
                bytes.removeLast(bytes.count - length)
                return bytes
            }
            if count < 0, errno != EINTR {
                let code = errno
                bytes.wipe()
                throw ReadableFileError(errno: code)
            }
            length += max(0, count)
        }
        bytes.wipe()
        throw .isTooLong
    }

    /// The last bytes of the file, at most so many; none if it cannot be read.
    package func lastBytes(atMost maximumLength: Int) -> [UInt8] {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(maximumLength, Int(status.st_size)))
        let start = status.st_size - off_t(bytes.count)
        var length = 0
        while length < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, start + off_t(length))
            }
            if count < 0, errno == EINTR { continue }
            // Rotated meanwhile, it may have become shorter.
            guard count > 0 else { break }
            length += count
        }
        return Array(bytes.prefix(length))
    }
}

/// Why a file cannot be read.
package enum ReadableFileError: Error, Equatable, CustomStringConvertible {
    /// The path names no file.
    case doesNotExist
    case isNotRegular
    case isTooLong
    /// A symbolic link on the way, or the folder that holds one, is refused in these words.
    case isRefused(String)
    /// The system refuses; the code is one of errno(3).
    case failed(code: Int32)

    init(errno code: Int32) {
        self = code == ENOENT ? .doesNotExist : .failed(code: code)
    }

    /// A clause that says why.
    package var description: String {
        switch self {
        case .doesNotExist: SystemErrorText.of(ENOENT)
        case .isNotRegular: "is not a regular file"
        case .isTooLong: "is too long"
        case .isRefused(let words): words
        case .failed(let code): SystemErrorText.of(code)
        }
    }
}
