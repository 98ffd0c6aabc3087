import Glibc
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
    ///   - isStranger: Whether that is only the user who asks, and nothing says that the service runs as that user:
    ///     then no one is told to give this user a right.
    ///   - canWrite: Whether that user may write a file, or, if the second argument is true, make files in a folder.
    ///   - userName: The name of a user id.
    ///   - names: The names in a folder; `nil` if it cannot be read, or a link leads to it.
    package static func check(
        path: String,
        user: String,
        isStranger: Bool = false,
        canWrite: (_ path: String, _ isFolder: Bool) -> Bool,
        userName: (UInt32) -> String,
        names: @escaping (_ folder: String) -> [String]?
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
        let advice = RightsAdvice(path: path, user: user, names: names)
        guard let file = FileState(path) else {
            return canWrite(parent, true)
                ? DirectoryFinding(level: .warning, message: "\(path) does not exist yet; the first use makes it")
                : isStranger
                    ? unreachable("does not exist, and cannot be made by")
                    : DirectoryFinding(
                        level: .error,
                        message: "\(path) does not exist, and \(user) cannot make it; \(advice.forNewFile)"
                    )
        }
        let mode = "0\(String(file.permissions, radix: 8))"
        let owner = userName(file.owner)
        // SQLite keeps its log and its locks beside the file, for readers too.
        let files = [path] + DirectoryFile.companionSuffixes.map { path + $0 }.filter { FileState($0) != nil }
        let closed = files.filter { !canWrite($0, false) }
        let isParentClosed = !canWrite(parent, true)
        guard closed.isEmpty, !isParentClosed else {
            if isStranger { return unreachable("(of \(owner), mode \(mode)) is not writable for") }
            return DirectoryFinding(
                level: .error,
                message: "\(path) (of \(owner), mode \(mode)), what SQLite keeps beside it and their folder must be "
                    + "writable for \(user); \(advice.forFiles(closed, of: files, isParentClosed: isParentClosed))"
            )
        }
        do throws(DirectoryError) {
            switch try Schema.state(ofFileAt: path) {
            case .current where file.permissions & 0o007 != 0:
                return DirectoryFinding(
                    level: .warning,
                    message: "\(path) has mode \(mode), so other users can read it; run: chmod o= \(path.shellWord)"
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

/// The commands that give a user the rights to a directory, and to nothing else.
private struct RightsAdvice {
    let path: String
    let user: String
    /// The names in a folder; `nil` if it cannot be read, or a link leads to it.
    let names: (_ folder: String) -> [String]?

    private var parent: String { DirectoryFile.parent(of: path) }
    /// The path of a folder beside the other files that can become the directory's own: one that is not there yet.
    private var ownFolder: String {
        let base = (parent == "/" ? "" : parent) + "/livekit-tokend"
        return ([base] + (2...99).map { "\(base)-\($0)" }).first { FileState($0) == nil } ?? "\(base)-directory"
    }
    private var name: Substring { path.split(separator: "/").last ?? "" }

    private func words(_ texts: [String]) -> String { texts.map(\.shellWord).joined(separator: " ") }

    /// Whether the folder holds the directory and nothing else, or is empty and named after the program, and is none
    /// that all programs use: an empty one may be the system's.
    private var isParentOwn: Bool {
        let isSystems = parent.split(separator: "/").count < 2 || (FileState(parent)?.permissions ?? 0) & 0o1000 != 0
        guard !isSystems, let names = names(parent) else { return false }
        if names.isEmpty { return parent.hasSuffix("/livekit-tokend") }
        return names.allSatisfy { name in
            (DirectoryFile.companionSuffixes + ["", "-journal"]).contains { name == self.name + $0 }
        }
    }

    /// Where the file does not exist, and the user cannot make it.
    var forNewFile: String {
        if FileState(parent) == nil { return "run: install -d -o \(words([user])) -m 700 \(words([parent]))" }
        if isParentOwn { return "run: chown \(words([user, parent]))" }
        return "\(parent) may be for other things too; run: install -d -o \(words([user])) -m 700 "
            + "\(words([ownFolder])), and set directory.url: sqlite:\(ownFolder)/\(name)"
    }

    /// Where the user may not write some of the directory's files, or make files in their folder.
    func forFiles(_ closed: [String], of files: [String], isParentClosed: Bool) -> String {
        switch Self.isDatabase(path) {
        case false?: return "but it is no SQLite database: name another file in directory.url"
        case true?, nil: break
        }
        if FileState.isLink(path) {
            return "it is a symbolic link: name the file that it leads to in directory.url, and check again"
        }
        if !isParentClosed || isParentOwn {
            return "run: chown \(words([user] + (isParentClosed ? [parent] : []) + closed))"
        }
        let moved = files.map { ownFolder + $0.dropFirst(parent == "/" ? 0 : parent.utf8.count) }
        return "\(parent) may be for other things too; if that file is livekit-tokend's directory, stop the service, "
            + "run: install -d -o \(words([user])) -m 700 \(words([ownFolder])) && "
            + "mv -n \(words(files + [ownFolder])) && chown \(words([user] + moved)), and set directory.url: "
            + "sqlite:\(ownFolder)/\(name)"
    }

    /// Whether a file is empty, or begins as databases of SQLite do; `nil` if it cannot be read.
    private static func isDatabase(_ path: String) -> Bool? {
        let magic = Array("SQLite format 3\0".utf8)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: magic.count)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : count == 0 || bytes == magic
    }
}
