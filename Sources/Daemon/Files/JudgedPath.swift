import CLinux
import Glibc

/// A path that is followed name by name, so that each symbolic link on it is judged before it is obeyed.
package struct JudgedPath {
    /// A symbolic link on the way, or the folder that holds one.
    package struct Step {
        package let path: String
        package let status: FileStatus
        /// The access list of a folder.
        package let accessList: AccessList?
        package let isLink: Bool
    }

    /// The symbolic links that are followed, as many as the kernel follows (path_resolution(7)).
    private static let maximumLinks = 40

    private let judge: (Step) -> String?
    private var folder: Int32
    private var folderPath: String
    private var names: [Substring]
    private var links = 0

    /// Opens a regular file at the end of a path.
    ///
    /// - Parameter objection: says what is wrong with a folder that holds a link, and then with the link; `nil` if
    ///   nothing is.
    package static func open(
        _ path: String,
        objection: @escaping (Step) -> String?
    ) throws(ReadableFileError) -> ReadableFile {
        // A path that ends with a slash names a folder.
        guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else { throw .isNotRegular }
        var walk = try JudgedPath(path, objection)
        defer { close(walk.folder) }
        return try walk.end()
    }

    private init(_ path: String, _ judge: @escaping (Step) -> String?) throws(ReadableFileError) {
        self.judge = judge
        names = path.split(separator: "/")
        folderPath = path.hasPrefix("/") ? "/" : "."
        folder = unsafe open_place(AT_FDCWD, folderPath, O_DIRECTORY)
        guard folder >= 0 else { throw ReadableFileError(errno: errno) }
    }

    private mutating func end() throws(ReadableFileError) -> ReadableFile {
        while let name = names.first.map({ String($0) }) {
            let here = folderPath == "/" ? "/\(name)" : "\(folderPath)/\(name)"
            let next = unsafe open_place(folder, name, O_NOFOLLOW)
            guard next >= 0 else { throw ReadableFileError(errno: errno) }
            guard let status = FileStatus(of: next) else {
                close(next)
                throw .isNotRegular
            }
            if status.kind == .link {
                defer { close(next) }
                try follow(next, Step(path: here, status: status, accessList: nil, isLink: true))
            } else if names.count == 1 {
                close(next)
                // Not the descriptor of before: another file may be there by now, and is the one that is judged.
                return try ReadableFile(opening: name, in: folder, O_RDONLY | O_NOFOLLOW)
            } else {
                close(folder)
                folder = next
                folderPath = here
                names.removeFirst()
            }
        }
        throw .isNotRegular
    }

    private mutating func follow(_ link: Int32, _ step: Step) throws(ReadableFileError) {
        links += 1
        guard links <= Self.maximumLinks else { throw .failed(code: ELOOP) }
        guard let status = FileStatus(of: folder) else { throw .isNotRegular }
        let list = AccessList("/proc/self/fd/\(folder)") ?? AccessList(folderPath)
        let holder = Step(path: folderPath, status: status, accessList: list, isLink: false)
        if let words = judge(holder) ?? judge(step) { throw .isRefused(words) }
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe target.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe readlinkat(link, "", start.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count > 0, let text = String(validating: target.prefix(count), as: UTF8.self) else { throw .isNotRegular }
        guard !text.hasSuffix("/") else { throw .isNotRegular }
        names = text.split(separator: "/") + names.dropFirst()
        guard text.hasPrefix("/") else { return }
        let root = unsafe open_place(AT_FDCWD, "/", O_DIRECTORY)
        guard root >= 0 else { throw ReadableFileError(errno: errno) }
        close(folder)
        folder = root
        folderPath = "/"
    }
}
