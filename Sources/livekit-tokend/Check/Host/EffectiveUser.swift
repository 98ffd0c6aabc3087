import Daemon
import Glibc

/// The user whose access rights a check uses: what root can read says nothing of what the service can.
struct EffectiveUser: Equatable {
    /// The user that the package makes for the service.
    static let serviceUser = "livekit-tokend"

    let user: UInt32
    let group: UInt32
    let name: String
    /// Whether the process is root's and has this user's ids for the time being.
    let isImpersonating: Bool

    /// Takes the ids of a user, where root runs the process; without a name those of the service's user if it exists.
    ///
    /// The process must have one thread.
    ///
    /// - Throws: `.usage` if the user does not exist, or only root could take its ids.
    static func become(_ wanted: String?) throws(Failure) -> EffectiveUser {
        let own = EffectiveUser(
            user: geteuid(),
            group: getegid(),
            name: UserDatabase.name(of: geteuid()),
            isImpersonating: false
        )
        guard let name = wanted ?? (own.user == 0 ? serviceUser : nil) else { return own }
        guard let found = UserDatabase.user(name) else {
            if wanted == nil { return own }
            throw Failure(.usage, "user \(name) does not exist; name the user that the service runs as")
        }
        if found.user == own.user { return own }
        guard own.user == 0 else { throw Failure(.usage, "only root can check as \(name); use sudo") }
        let user = EffectiveUser(user: found.user, group: found.group, name: name, isImpersonating: true)
        guard user.takeIDs() else { throw Failure(.unavailable, "the system does not let root check as \(name)") }
        return user
    }

    /// Takes the effective ids of a service's process, where root runs this one: root is not one of `peers`.
    ///
    /// The process must have one thread.
    ///
    /// - Throws: `.unavailable` if the system does not let root do that.
    static func become(_ process: ServiceProcess) throws(Failure) {
        guard geteuid() == 0, let ids = process.ids, ids.user != 0 else { return }
        guard take(user: ids.user, group: ids.group, groups: ids.groups) else {
            throw Failure(
                .unavailable,
                "the system does not let root ask as \(UserDatabase.name(of: ids.user)); run this as that user"
            )
        }
    }

    /// Becomes the owner of folders for good, where root runs this process: files that are made there belong to the
    /// owner, and what root hears of a network may do no more than the owner may.
    ///
    /// The process must have one thread.
    ///
    /// - Throws: if the folders have different owners, or the system does not let root do that.
    static func becomeOwner(of folders: [String]) throws(Failure) {
        let owners = Set(folders.compactMap { FileStatus($0)?.owner })
        guard geteuid() == 0, let user = owners.first, owners != [0] else { return }
        guard owners.count == 1, let group = UserDatabase.group(of: user) else {
            throw Failure(
                .configuration,
                "root runs this as the owner of the folder, and \(Set(folders).sorted().joined(separator: ", ")) have "
                    + "not one owner whom the machine knows; give them to one user"
            )
        }
        let groups = UserDatabase.groups(of: UserDatabase.name(of: user), beside: group)
        // Of root these set the saved ids too.
        guard unsafe setgroups(groups.count, groups) == 0, setgid(group) == 0, setuid(user) == 0 else {
            let name = UserDatabase.name(of: user)
            throw Failure(.unavailable, "the system does not let root become \(name); run this as that user")
        }
    }

    /// Runs a body with the ids that the process was started with, which may see more.
    func asRealUser<Value>(_ body: () -> Value) -> Value {
        guard isImpersonating else { return body() }
        _ = seteuid(0)
        _ = setegid(0)
        defer { _ = takeIDs() }
        return body()
    }

    private func takeIDs() -> Bool {
        Self.take(user: user, group: group, groups: UserDatabase.groups(of: name, beside: group))
    }

    private static func take(user: UInt32, group: UInt32, groups: [UInt32]) -> Bool {
        unsafe setgroups(groups.count, groups) == 0 && setegid(group) == 0 && seteuid(user) == 0
    }
}
