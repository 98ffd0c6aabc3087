/// The files of key sets, as a store of them asks: it makes no system call itself.
package protocol KeySetFiles: Sendable {
    /// The version of a regular file that is at a path now; `nil` if there is none, or none that may be looked at.
    func version(ofFile path: String) -> FileVersion?

    /// The content of a file, and the version of the file that was read, as of before the reading.
    func contents(
        ofFile path: String,
        atMost maximumLength: Int
    ) throws(KeySetFileError) -> (bytes: [UInt8], version: FileVersion)
}

/// What tells the content of a file from what was there before.
package struct FileVersion: Equatable, Sendable {
    /// The second of the time of modification, which the fetch sets to when it began.
    package let modifiedAt: Int64
    /// The nanoseconds after it.
    package let modifiedNanoseconds: Int64
    /// The time at which content, owner or times were changed last, which no program sets: seconds and nanoseconds.
    package let changedAt: Int64
    package let changedNanoseconds: Int64
    package let size: Int64
    package let inode: UInt64

    package init(
        modifiedAt: Int64,
        modifiedNanoseconds: Int64 = 0,
        changedAt: Int64,
        changedNanoseconds: Int64 = 0,
        size: Int64,
        inode: UInt64
    ) {
        self.modifiedAt = modifiedAt
        self.modifiedNanoseconds = modifiedNanoseconds
        self.changedAt = changedAt
        self.changedNanoseconds = changedNanoseconds
        self.size = size
        self.inode = inode
    }
}

/// Why the file of a key set cannot be read: a predicate whose subject is the file.
package struct KeySetFileError: Error, Equatable, Sendable {
    package let problem: String

    package init(_ problem: String) {
        self.problem = problem
    }
}
