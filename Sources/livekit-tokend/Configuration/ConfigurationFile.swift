import Glibc

/// Files that settle things: read whole, or refused with a reason.
enum ConfigurationFile {
    /// No configuration is longer; a file that is was not meant.
    static let maximumLength = 65_536

    /// The bytes of a configuration file.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let cure = errno == ENOENT ? "; name the file with --config FILE" : ""
            throw Failure(.configuration, "\(path): cannot be read: \(unsafe String(cString: strerror(errno)))\(cure)")
        }
        defer { close(descriptor) }
        guard let bytes = contents(of: descriptor) else {
            throw Failure(.configuration, "\(path): must be a file of at most \(maximumLength) bytes")
        }
        return bytes
    }

    /// The bytes of an open regular file; `nil` if it is none, cannot be read, or is too long.
    static func contents(of descriptor: Int32, atMost maximumLength: Int = maximumLength) -> [UInt8]? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: maximumLength + 1)
        var length = 0
        while length < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
                return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if count == 0 {
                // Not a copy, which would leave behind what a key file holds.
                bytes.removeLast(bytes.count - length)
                return bytes
            }
            guard count > 0 || errno == EINTR else { return nil }
            length += max(0, count)
        }
        return nil
    }

    /// The directory that a relative path in that file starts from.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The process environment.
enum Environment {
    /// The value of a variable; `nil` if it is not set, or set to nothing.
    static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Removes variables, and wipes their values where the kernel shows them to root (`/proc/PID/environ`).
    static func forget(_ names: [String]) {
        for name in names {
            guard let value = unsafe getenv(name) else { continue }
            unsafe explicit_bzero(value, strlen(value))
            unsafe unsetenv(name)
        }
    }
}

/// The users of this machine.
enum UserDatabase {
    /// The ids of a user and of the user's own group, by name or by number; `nil` if there is no such user.
    static func user(_ name: String) -> (user: UInt32, group: UInt32)? {
        let entry = unsafe getpwnam(name) ?? UInt32(name).flatMap { unsafe getpwuid($0) }
        guard let entry = unsafe entry else { return nil }
        return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    /// The user's own group; the group of nobody's files where the machine does not know the user.
    static func group(of user: UInt32) -> UInt32 {
        guard let entry = unsafe getpwuid(user) else { return UInt32.max }
        return unsafe entry.pointee.pw_gid
    }

    /// The name of a group, or the number where the machine has no name for it.
    static func groupName(of group: UInt32) -> String {
        guard let entry = unsafe getgrgid(group) else { return String(group) }
        return unsafe String(cString: entry.pointee.gr_name)
    }

    /// The groups that a user is in, the one that is given among them.
    static func groups(of name: String, beside group: UInt32) -> [UInt32] {
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard unsafe getgrouplist(name, group, &groups, &count) >= 0 else { return [group] }
        return Array(groups.prefix(Int(count)))
    }

    /// The name of a user, or the number where the machine has no name for it.
    static func name(of user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user) else { return String(user) }
        return unsafe String(cString: entry.pointee.pw_name)
    }
}
