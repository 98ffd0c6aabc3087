/// The settings of the process, which stand outside all sections: `listen`, `workers`, `peers`, `development`.
package struct ProcessSettings {
    /// The path of the socket, where no listening socket is inherited.
    package let listenPath: String
    /// The number of requests that are handled at once.
    package let workers: Int
    /// The users whose processes may connect, the process's own user last.
    package let peers: [Peer]
    /// Whether weak secrets are let through.
    package let isDevelopment: Bool

    init(_ root: ConfigurationReader, on system: some OperatingSystem) throws(ConfigurationError) {
        listenPath = try root.absolutePath("listen") ?? Defaults.listenPath
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
            for name in named.value {
                guard let ids = system.ids(ofUser: name.value) else {
                    throw root.error(
                        name,
                        "names the user \(name.value), which this machine does not have; add the user or name another"
                    )
                }
                peers.append(Peer(name: name.value, user: ids.user, group: ids.group))
            }
        } else {
            for name in Defaults.peers {
                guard let ids = system.ids(ofUser: name) else { continue }
                peers.append(Peer(name: name, user: ids.user, group: ids.group))
            }
        }
        let own = system.ownIDs
        return peers + [Peer(name: "", user: own.user, group: own.group)]
    }
}

/// A user whose processes may connect to the socket.
package struct Peer: Equatable, Sendable {
    /// The name or number that the configuration has; empty for the process's own user.
    package let name: String
    /// The number of the user.
    package let user: UInt32
    /// The number of the user's primary group.
    package let group: UInt32

    /// Takes a user that the machine has.
    package init(name: String, user: UInt32, group: UInt32) {
        self.name = name
        self.user = user
        self.group = group
    }
}
