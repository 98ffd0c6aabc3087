import Glibc

/// An empty file whose being there says something to another process.
package enum MarkerFile {
    /// Makes a file where there is none; one that is there stays as it is.
    ///
    /// - Returns: why there can be none, in the system's words; `nil` if there is one now.
    package static func make(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { return SystemErrorText.of(errno) }
        close(descriptor)
        return nil
    }
}
