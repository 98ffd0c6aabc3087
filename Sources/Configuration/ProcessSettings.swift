/// The settings of the process, which stand outside all sections: `listen`, `workers`, `peers`, `development`.
package struct ProcessSettings {
    /// The longest `listen`, in bytes: `sun_path` of unix(7) has 107 and a NUL, and the socket is made under a name
    /// that has a dot and the number of the process, of at most seven digits, after the path.
    package static let maximumListenLength = 99
    /// The most `peers`: each is looked up in the databases of users, which may be far away.
    package static let maximumPeers = 64

    /// The path of the socket, where no listening socket is inherited.
    package let listenPath: String
    /// The number of requests that are handled at once.
    package let workers: Int
    /// The users whose processes may connect, each once, the process's own user last.
    package let peers: [Peer]
    /// Whether weak secrets are let through.
    package let isDevelopment: Bool

    init(_ root: ConfigurationReader, on system: some OperatingSystem) throws(ConfigurationError) {
        let listen = try root.absolutePath("listen", such: Defaults.listenPath)
        if let listen, listen.value.utf8.count > Self.maximumListenLength {
            throw root.error(
                listen,
                "has \(listen.value.utf8.count) bytes; the path of a socket may have \(Self.maximumListenLength)"
            )
        }
        listenPath = listen?.value ?? Defaults.listenPath
        let workers = try root.integer("workers", in: 0...256)?.value ?? 0
        self.workers = workers > 0 ? workers : Defaults.workers(processors: system.processorCount)
        peers = try Self.peers(root, on: system)
        isDevelopment = try root.bool("development")?.value ?? false
    }

    private static func peers(
        _ root: ConfigurationReader,
        on system: some OperatingSystem
    ) throws(ConfigurationError) -> [Peer] {
        var peers: [Peer] = []
        if let named = try root.strings("peers") {
            guard named.value.count <= maximumPeers else {
                throw root.error(named, "lists \(named.value.count) users; it may list \(maximumPeers)")
            }
            for name in named.value {
                guard let peer = peer(name.value, on: system) else {
                    throw root.error(
                        name,
                        "names the user \(name.value), which this machine does not have; add the user, name another, "
                            + "or write the number of a user of another machine or container"
                    )
                }
                peers.append(peer)
            }
        } else {
            for name in Defaults.peers {
                guard let ids = system.ids(ofUser: name) else { continue }
                peers.append(Peer(name: name, user: ids.user, group: ids.group))
            }
        }
        let own = system.ownIDs
        var users: Set = [own.user]
        return peers.filter { users.insert($0.user).inserted } + [Peer(name: "", user: own.user, group: own.group)]
    }
}

extension ProcessSettings {
    /// A user by name or number; a number that the machine has no user for is one of a container or another machine.
    private static func peer(_ name: String, on system: some OperatingSystem) -> Peer? {
        if let ids = system.ids(ofUser: name) { return Peer(name: name, user: ids.user, group: ids.group) }
        // The highest number is no user's (chown(2)).
        guard let user = UInt32(name), String(user) == name, user < .max else { return nil }
        return Peer(name: name, user: user, group: nil)
    }
}

/// A user whose processes may connect to the socket.
package struct Peer: Equatable, Sendable {
    /// The name or number that the configuration has; empty for the process's own user.
    package let name: String
    /// The number of the user.
    package let user: UInt32
    /// The number of the user's primary group; `nil` for a number that the machine has no user for.
    package let group: UInt32?

    /// Takes a user.
    package init(name: String, user: UInt32, group: UInt32?) {
        self.name = name
        self.user = user
        self.group = group
    }
}
