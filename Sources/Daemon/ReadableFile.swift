import Glibc

/// A regular file that is open for reading.
///
/// Opening and reading are two steps, so that a caller can judge the owner and the mode of the very file that it reads.
package final class ReadableFile: Sendable {
    /// The status of the open file.
    package let status: FileStatus

    private let descriptor: Int32

    /// Opens a file; neither a pipe nor a terminal makes it wait.
    ///
    /// - Parameter followingLinks: whether the last part of the path may be a symbolic link.
    package init(opening path: String, followingLinks: Bool = true) throws(ReadableFileError) {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followingLinks ? 0 : O_NOFOLLOW)
        descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else {
            throw !followingLinks && errno == ELOOP ? .isSymbolicLink : ReadableFileError(errno: errno)
        }
        guard let status = FileStatus(of: descriptor), status.kind == .file else {
            close(descriptor)
            throw .isNotRegular
        }
        self.status = status
    }

    deinit {
        close(descriptor)
    }

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
}

/// Why a file cannot be read.
package enum ReadableFileError: Error, Equatable, CustomStringConvertible {
    /// The path names no file.
    case doesNotExist
    case isSymbolicLink
    case isNotRegular
    case isTooLong
    /// The system refuses; the code is one of errno(3).
    case failed(code: Int32)

    init(errno code: Int32) {
        self = code == ENOENT ? .doesNotExist : .failed(code: code)
    }

    /// A clause that says why.
    package var description: String {
        switch self {
        case .doesNotExist: SystemErrorText.of(ENOENT)
        case .isSymbolicLink: "is a symbolic link"
        case .isNotRegular: "is not a regular file"
        case .isTooLong: "is too long"
        case .failed(let code): SystemErrorText.of(code)
        }
    }
}
