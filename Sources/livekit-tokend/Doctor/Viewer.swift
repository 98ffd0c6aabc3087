import Daemon
import Glibc

/// The user whose view counts: what root can read says nothing of what the service can.
struct Viewer: Equatable {
    /// The user that the package makes for the service.
    static let serviceUser = "livekit-tokend"

    let user: UInt32
    let group: UInt32
    let name: String
    /// Whether we were root, and have the ids of another for the time being.
    let isBorrowed: Bool

    /// Takes the ids of a user, where root runs us; without a name those of the service's user if there is one.
    ///
    /// The process must have one thread.
    ///
    /// - Throws: `.usage` if there is no such user, or only root could look as that one.
    static func become(_ wanted: String?) throws(Failure) -> Viewer {
        let own = Viewer(user: geteuid(), group: getegid(), name: UserDatabase.name(of: geteuid()), isBorrowed: false)
        guard let name = wanted ?? (own.user == 0 ? serviceUser : nil) else { return own }
        guard let found = UserDatabase.user(name) else {
            if wanted == nil { return own }
            throw Failure(.usage, "there is no user \(name): name the one that the service runs as")
        }
        if found.user == own.user { return own }
        guard own.user == 0 else { throw Failure(.usage, "only root can look as \(name): use sudo") }
        let viewer = Viewer(user: found.user, group: found.group, name: name, isBorrowed: true)
        guard viewer.take() else { throw Failure(.unavailable, "the system does not let root look as \(name)") }
        return viewer
    }

    /// Does something as whoever started us, who may see more.
    func asOneself<Value>(_ body: () -> Value) -> Value {
        guard isBorrowed else { return body() }
        _ = seteuid(0)
        _ = setegid(0)
        defer { _ = take() }
        return body()
    }

    private func take() -> Bool {
        let groups = UserDatabase.groups(of: name, beside: group)
        return unsafe setgroups(groups.count, groups) == 0 && setegid(group) == 0 && seteuid(user) == 0
    }
}
