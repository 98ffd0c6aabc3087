package import LiveKitToken
package import RoomAccess

/// The operating system as configurations and keys need it: variables, users, files, patterns.
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

    /// The number of processors that are online.
    var processorCount: Int { get }

    /// The content of a regular file.
    ///
    /// - Parameters:
    ///   - path: an absolute path, or one from the working directory.
    ///   - followingLinks: whether the last part of the path may be a symbolic link.
    ///   - maximumLength: the bytes that the file may have.
    ///   - objection: says what is wrong with the file that has been opened, before its content is read; `nil` if nothing
    ///     is.
    func contents(
        ofFile path: String,
        followingLinks: Bool,
        atMost maximumLength: Int,
        objection: (FileAttributes) -> String?
    ) throws(FileError) -> [UInt8]

    /// The time when the content of a file was last changed; `nil` if the file does not exist or may not be looked at.
    func modificationDate(ofFile path: String) -> NumericDate?

    /// The test whether an id, as a whole, matches a regular expression of the system.
    func matcher(for pattern: String) throws(PatternError) -> @Sendable (Identifier) -> Bool

    /// Overwrites the bytes where they are, so that no memory keeps them; no other array may share them.
    func wipe(_ bytes: inout [UInt8])
}

/// The owner and the permissions of a file.
package struct FileAttributes: Sendable {
    /// The number of the user who owns the file.
    package let owner: UInt32
    /// The last twelve bits of the mode.
    package let permissions: UInt32

    /// Takes the attributes of a file.
    package init(owner: UInt32, permissions: UInt32) {
        self.owner = owner
        self.permissions = permissions
    }
}

/// The reason why a file cannot be read.
package enum FileError: Error, Equatable {
    /// The path names no file.
    case isMissing
    case isSymbolicLink
    case isNotRegular
    case isTooLong
    /// The caller's own objection.
    case isRefused(String)
    /// The system's words.
    case failed(String)
}

/// The reason why a pattern is not taken.
package struct PatternError: Error, Equatable {
    /// A predicate whose subject is the pattern: "is empty, …".
    package let problem: String

    /// Takes the predicate.
    package init(problem: String) {
        self.problem = problem
    }
}
