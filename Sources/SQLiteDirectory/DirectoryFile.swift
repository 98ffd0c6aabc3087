import Glibc
import RoomAccess
import SQLite

/// The file of a directory.
struct DirectoryFile: Sendable {
    /// The time that a look-up waits for its locks: it must leave a request time to say that it failed.
    static let lookUpPatience = Duration.seconds(1)
    /// The time that a change waits for the changes before it.
    static let changePatience = Duration.seconds(5)

    /// The suffixes of the path for the write-ahead log and the memory that SQLite's readers share.
    static let companionSuffixes = ["-wal", "-shm"]

    let path: String

    /// Opens the file for changes, after making it where it is missing; the upkeep says what becomes of an older
    /// schema.
    ///
    /// A file that gets the marks of a directory gets, from root, its owner too.
    ///
    /// - Returns: the connection, the versions of the schema before (0 for a new file) and now, and whether the file
    ///   got its marks.
    func openForChanges(
        patience: Duration,
        _ upkeep: SchemaUpkeep
    ) throws(DirectoryError) -> (connection: Connection, versionBefore: Int, version: Int, hasAdopted: Bool) {
        try makeIfMissing()
        return try DirectoryError.translating {
            let connection = try Connection(path: path, isReadOnly: false, patience: patience)
            // A revocation that was reported as done must survive a power failure, which NORMAL does not promise in
            // WAL mode. Changes are few; look-ups never write and pay nothing for it.
            try connection.execute("PRAGMA synchronous = FULL")
            let (before, now, hasAdopted) = try Schema.migrate(connection, upkeep)
            if hasAdopted { giveToParentsOwner() }
            return (connection, before, now, hasAdopted)
        }
    }

    /// Opens the file for look-ups, without the power to change anything.
    func openForLookUps() throws(DirectoryError) -> Connection {
        try DirectoryError.translating {
            try Connection(path: path, isReadOnly: true, patience: Self.lookUpPatience)
        }
    }

    /// Makes an empty file for its owner alone, who is the owner of its parent directory.
    ///
    /// SQLite would make it with the mode of the umask; and root's would be out of reach of the service.
    private func makeIfMissing() throws(DirectoryError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            if errno == EACCES, FileState.isOutOfReach(path) {
                throw DirectoryError("\(path) is out of reach: this process may not search its parent directory")
            }
            throw DirectoryError("\(path) cannot be made: \(Self.cure(for: errno))")
        }
        defer { close(descriptor) }
        if let leftover = Self.companionSuffixes.first(where: { FileState(path + $0) != nil }) {
            unsafe unlink(path)
            throw DirectoryError(
                "\(path) is missing, but \(path)\(leftover) is left of it: restore the file, or remove the rest of it "
                    + "too"
            )
        }
        if let owner = ownerForRoot { _ = fchown(descriptor, owner.user, owner.group) }
    }

    /// Gives root's file, and what SQLite keeps beside it, to the owner of its parent directory.
    ///
    /// Never what a link leads to, which that owner could choose.
    private func giveToParentsOwner() {
        guard let owner = ownerForRoot else { return }
        for suffix in [""] + Self.companionSuffixes { _ = unsafe lchown(path + suffix, owner.user, owner.group) }
    }

    /// Whose a file is to be that root makes; `nil` if another user runs the process.
    private var ownerForRoot: (user: UInt32, group: UInt32)? {
        geteuid() == 0 ? FileState(Self.parent(of: path)).map { ($0.owner, $0.group) } : nil
    }

    private static func cure(for error: Int32) -> String {
        switch error {
        case ENOENT: "its parent directory does not exist: make it, owned by the user of the service"
        case ENOTDIR: "its parent is not a directory"
        case EACCES, EPERM, EROFS: "its parent directory must be writable for the user of this process"
        case ENOSPC, EDQUOT: "the disk is full"
        default: "error \(error) of the system"
        }
    }

    /// The path of the folder that holds a file.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The state of a file, which tells one file, and one content of it, from another at the same path.
struct FileState: Equatable, Sendable {
    /// The identity of a file apart from its content.
    struct Identity: Equatable, Sendable {
        let device: UInt
        let inode: UInt
    }

    let identity: Identity
    let size: Int
    let modifiedSeconds: Int
    let modifiedNanoseconds: Int
    let owner: UInt32
    let group: UInt32
    /// The last twelve bits of the mode.
    let permissions: UInt32
    let isRegular: Bool

    /// Whether this process may not search a folder on the way to a path, and so cannot know what is there.
    static func isOutOfReach(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) != 0 && errno == EACCES
    }

    /// Whether a path names a symbolic link.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Looks at what a path leads to, through symbolic links; `nil` if that is nothing.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
        size = Int(status.st_size)
        modifiedSeconds = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
        owner = status.st_uid
        group = status.st_gid
        permissions = status.st_mode & 0o7777
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }
}
