import Glibc

/// The users and groups of the machine (passwd(5), group(5)).
package enum UserDatabase {
    /// The ids of a user and of the user's primary group, by name or by number; `nil` if the machine has no such user.
    package static func user(_ name: String) -> (user: UInt32, group: UInt32)? {
        let entry = unsafe getpwnam(name) ?? UInt32(name).flatMap { unsafe getpwuid($0) }
        guard let entry = unsafe entry else { return nil }
        return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    /// The primary group of a user; `nil` if the machine does not know the user.
    package static func group(of user: UInt32) -> UInt32? {
        guard let entry = unsafe getpwuid(user) else { return nil }
        return unsafe entry.pointee.pw_gid
    }

    /// The name of a group; its number if the machine has no name for it.
    package static func groupName(of group: UInt32) -> String {
        guard let entry = unsafe getgrgid(group) else { return String(group) }
        return unsafe String(cString: entry.pointee.gr_name)
    }

    /// The groups of a user, the given one included.
    package static func groups(of name: String, beside group: UInt32) -> [UInt32] {
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard unsafe getgrouplist(name, group, &groups, &count) >= 0 else { return [group] }
        return Array(groups.prefix(Int(count)))
    }

    /// The name of a user; the user's number if the machine has no name for it.
    package static func name(of user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user) else { return String(user) }
        return unsafe String(cString: entry.pointee.pw_name)
    }

    /// The groups of this process.
    package static var ownGroups: Set<UInt32> {
        let count = getgroups(0, nil)
        var groups = [gid_t](repeating: 0, count: Int(max(0, count)))
        let got = unsafe getgroups(count, &groups)
        return Set(groups.prefix(Int(max(0, got))) + [getegid()])
    }

    /// Whether a group has no other users in it than these and root, by what the machine's files and services list.
    ///
    /// The process must have one thread that asks for users and groups.
    package static func isGroup(_ group: UInt32, onlyOf users: Set<UInt32>) -> Bool {
        let allowed = users.union([0])
        if let entry = unsafe getgrgid(group), var name = unsafe entry.pointee.gr_mem {
            var names: [String] = []
            while let member = unsafe name.pointee {
                unsafe names.append(String(cString: member))
                unsafe name += 1
            }
            guard names.allSatisfy({ user($0).map { allowed.contains($0.user) } ?? true }) else { return false }
        }
        setpwent()
        defer { endpwent() }
        while let entry = unsafe getpwent() {
            let (user, primary) = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
            if primary == group, !allowed.contains(user) { return false }
        }
        return true
    }
}
