import Daemon
import JWTSessions

/// The files of key sets on this machine.
struct LinuxKeySetFiles: KeySetFiles {
    func version(ofFile path: String) -> FileVersion? {
        FileStamp(path).map { FileVersion($0) }
    }

    func contents(
        ofFile path: String,
        atMost maximumLength: Int
    ) throws(KeySetFileError) -> (bytes: [UInt8], version: FileVersion) {
        do throws(ReadableFileError) {
            let file = try ReadableFile(opening: path)
            // Before the reading: what is written meanwhile makes another version.
            guard let stamp = file.stamp else { throw .isNotRegular }
            return (try file.contents(atMost: maximumLength), FileVersion(stamp))
        } catch {
            switch error {
            case .doesNotExist: throw KeySetFileError("is missing")
            case .isNotRegular: throw KeySetFileError("is no regular file")
            case .isTooLong: throw KeySetFileError("has more than \(maximumLength) bytes")
            case .isRefused, .failed: throw KeySetFileError("cannot be read: \(error)")
            }
        }
    }
}

extension FileVersion {
    fileprivate init(_ stamp: FileStamp) {
        self.init(
            modifiedAt: stamp.modified.seconds,
            modifiedNanoseconds: stamp.modified.nanoseconds,
            changedAt: stamp.changed.seconds,
            changedNanoseconds: stamp.changed.nanoseconds,
            size: stamp.size,
            inode: stamp.inode
        )
    }
}
