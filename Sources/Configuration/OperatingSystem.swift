package import LiveKitToken

/// The operating system as configurations and keys need it: variables, users, files.
///
/// Configuration itself makes no system call.
package protocol OperatingSystem {
    /// The value of an environment variable; `nil` if the variable is unset or empty.
    func variable(_ name: String) -> String?

    /// The user and group that this process acts as.
    var ownIDs: (user: UInt32, group: UInt32) { get }

    /// The ids of a user and of the user's primary group, by name or by number; `nil` if the machine has no such user.
    func ids(ofUser name: String) -> (user: UInt32, group: UInt32)?

    /// The name of a user; the user's number if the machine has no name for it.
    func name(ofUser id: UInt32) -> String

    /// The name of a group; the group's number if the machine has no name for it.
    func name(ofGroup id: UInt32) -> String

    /// Whether this process is in a group, or it is root's, and no other user but root is in it.
    func isOwnGroup(_ group: UInt32) -> Bool

    /// The number of processors that are online.
    var processorCount: Int { get }

    /// The content of a regular file; symbolic links are followed.
    ///
    /// - Parameters:
    ///   - path: an absolute path, or one from the working directory.
    ///   - maximumLength: the bytes that the file may have.
    ///   - objection: says what is wrong with each symbolic link on the way, with the folder that holds the link, and
    /// with
    ///     the file that has been opened, before its content is read; `nil` if nothing is. Without it all are taken.
    func contents(
        ofFile path: String,
        atMost maximumLength: Int,
        objection: ((FileAttributes) -> String?)?
    ) throws(FileError) -> [UInt8]

    /// The time when the content of a file was last changed; `nil` if the file does not exist or may not be looked at.
    func modificationDate(ofFile path: String) -> NumericDate?

    /// Overwrites the bytes where they are, so that no memory keeps them; no other array may share them.
    func wipe(_ bytes: inout [UInt8])
}

/// Who may do what with a file, a symbolic link or a folder.
package struct FileAttributes: Sendable {
    /// What is told apart.
    package enum Kind: Sendable {
        case file
        case link
        case folder
    }

    /// A user or a group whom an access list names (acl(5)).
    package enum Subject: Equatable, Sendable {
        case user(UInt32)
        case group(UInt32)
    }

    /// The path, for errors.
    package let path: String
    package let kind: Kind
    /// The number of the user who owns it.
    package let owner: UInt32
    /// The number of its group.
    package let group: UInt32
    /// The last twelve bits of the mode; where there is an access list, the group's bits are what the group may do, and
    /// not the mask that stat(2) shows.
    package let permissions: UInt32
    /// The users and groups whom an access list names, and three bits of what each may do under its mask.
    package let entries: [(subject: Subject, permissions: UInt32)]

    /// Takes the attributes.
    package init(
        path: String,
        kind: Kind = .file,
        owner: UInt32,
        group: UInt32,
        permissions: UInt32,
        entries: [(subject: Subject, permissions: UInt32)] = []
    ) {
        self.path = path
        self.kind = kind
        self.owner = owner
        self.group = group
        self.permissions = permissions
        self.entries = entries
    }
}

/// The reason why a file cannot be read.
package enum FileError: Error, Equatable {
    /// The path names no file.
    case isMissing
    case isNotRegular
    case isTooLong
    /// The caller's own objection.
    case isRefused(String)
    /// The user of this process may not read the file, or not search a folder on the way to it.
    case isDenied
    /// The system's words.
    case failed(String)
}
