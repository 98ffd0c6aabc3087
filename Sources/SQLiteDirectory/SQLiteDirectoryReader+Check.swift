import RoomAccess

/// The state of a directory, for an administrator.
package struct DirectoryFinding: Equatable, Sendable {
    /// How urgent a finding is: requests are served unless it is an error.
    package enum Level: Equatable, Sendable {
        case ok
        case warning
        case error
    }

    package let level: Level
    /// The state in words; for a warning or an error also what to do.
    package let message: String
}

extension SQLiteDirectoryReader {
    /// Checks whether a process could serve requests from the directory at a path; changes nothing.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - user: The name of the user whose process it would be, for the message.
    ///   - isStranger: Whether that is only the user who asks, and nothing says that the service runs as that user: then no
    ///     one is told to give this user a right.
    ///   - canWrite: Whether that user may write a file, or, if the second argument is true, make files in a folder.
    ///   - userName: The name of a user id.
    package static func check(
        path: String,
        user: String,
        isStranger: Bool = false,
        canWrite: (_ path: String, _ isFolder: Bool) -> Bool,
        userName: (UInt32) -> String
    ) -> DirectoryFinding {
        let parent = DirectoryFile.parent(of: path)
        func unreachable(_ words: String) -> DirectoryFinding {
            DirectoryFinding(
                level: .error,
                message: "\(path) \(words) \(user): run check with sudo, or as the user of the service"
            )
        }
        if FileState.isOutOfReach(path) {
            if isStranger { return unreachable("is out of reach of") }
            return DirectoryFinding(
                level: .error,
                message: "\(path) is out of reach: \(user) may not search \(parent), or a directory above it; "
                    + "give \(user) the right to"
            )
        }
        guard let file = FileState(path) else {
            return canWrite(parent, true)
                ? DirectoryFinding(level: .warning, message: "\(path) does not exist yet; the first use makes it")
                : isStranger
                    ? unreachable("does not exist, and cannot be made by")
                    : DirectoryFinding(
                        level: .error,
                        message: "\(path) does not exist, and \(user) cannot make it; run: "
                            + "install -d -o \(user) -m 700 \(parent)"
                    )
        }
        let mode = "0\(String(file.permissions, radix: 8))"
        let owner = userName(file.owner)
        // SQLite keeps its log and its locks beside the file, for readers too.
        guard canWrite(parent, true), canWrite(path, false) else {
            if isStranger { return unreachable("(of \(owner), mode \(mode)) is not writable for") }
            return DirectoryFinding(
                level: .error,
                message: "\(path) (of \(owner), mode \(mode)) and its parent must be writable for \(user); run: "
                    + "chown -R \(user): \(parent)"
            )
        }
        do throws(DirectoryError) {
            switch try Schema.state(ofFileAt: path) {
            case .current where file.permissions & 0o007 != 0:
                return DirectoryFinding(
                    level: .warning,
                    message: "\(path) has mode \(mode), so other users can read it; run: chmod o= \(path)"
                )
            case .current:
                return DirectoryFinding(
                    level: .ok,
                    message: "\(path), schema \(Schema.version), of \(owner), mode \(mode)"
                        + (file.permissions & 0o070 == 0 ? "" : ", shared with its group")
                )
            case .older(let version):
                return DirectoryFinding(
                    level: .warning,
                    message: "\(path) has schema \(version), and this program schema \(Schema.version); "
                        + "the next start brings it up to date"
                )
            case .unmarked(let version):
                return DirectoryFinding(level: .error, message: "\(path): \(Schema.isUnmarked(version).reason)")
            case .empty:
                return DirectoryFinding(level: .warning, message: "\(path) is empty; the first use makes its tables")
            }
        } catch {
            return DirectoryFinding(level: .error, message: "\(path): \(error.reason)")
        }
    }
}
