import Configuration
import Daemon
import FastCGI
import Glibc
import RoomAccess

// MARK: - Connections to the service

extension Check {
    mutating func checkSocket(_ socket: SocketLocation) {
        let path = socket.path
        guard let status = FileStatus(path) else {
            let parent = FilePath.parent(of: path)
            guard socket.isOfUnit || FileStatus.look(at: parent) != .isMissing else {
                return add(
                    .error,
                    "socket",
                    "\(path) does not exist, nor does its folder; run: install -d -o \(user.name.shellWord) -m 711 "
                        + parent.shellWord
                )
            }
            guard socket.isOfUnit || AccessRights.canWrite(parent, isFolder: true) else {
                return add(
                    .error,
                    "socket",
                    "\(path) does not exist, and \(user.name) cannot make it in \(parent); let systemd make it "
                        + "(livekit-tokend.socket), or name another path"
                )
            }
            return add(.warning, "socket", "\(path) does not exist; start the service: \(socket.startCommand)")
        }
        guard status.kind == .socket else {
            return add(
                .error,
                "socket",
                "\(path) is not a socket; remove it, and start the service: \(socket.startCommand)"
            )
        }
        guard user.asRealUser({ host.isListening(at: path) }) else {
            return add(.error, "socket", "no process listens at \(path); start the service: \(socket.startCommand)")
        }
        let names = "\(UserDatabase.name(of: status.owner)):\(UserDatabase.groupName(of: status.group))"
        let unit = socket.isOfUnit ? ", of livekit-tokend.socket" : ""
        let words = "\(path)\(unit), mode \(status.octalPermissions) \(names)"
        // Root is one of peers only where the service is root's; elsewhere its request would be refused and counted.
        if user.user == 0, status.owner != 0 {
            return add(.ok, "socket", "\(words), listens; to send it a request, check as the service's user, with --as")
        }
        switch Self.answer(at: path) {
        case .finished: add(.ok, "socket", "\(words), answers")
        case nil: add(.ok, "socket", "\(words), listens; \(user.name) may not connect and ask for an answer")
        case .failed?:
            add(
                .error,
                "socket",
                "\(words), refuses connections from \(user.name); check as the user of the service, with --as USER, "
                    + "or see systemctl status livekit-tokend"
            )
        case .waiting?:
            add(.error, "socket", "\(words), does not answer; see systemctl status livekit-tokend")
        }
    }

    /// The progress of a request to the service after at most three seconds; `nil` where connecting is not allowed.
    private static func answer(at path: String) -> LoopbackRequest.Progress? {
        guard let request = try? LoopbackRequest(connectingTo: path) else { return nil }
        for _ in 0..<300 {
            let progress = request.progress()
            if progress != .waiting { return progress }
            usleep(10_000)
        }
        return .waiting
    }

    mutating func checkPeers(_ settings: Settings, at socket: SocketLocation) {
        let others = settings.process.peers.filter { $0.user != user.user }
        guard !others.isEmpty else {
            return add(.warning, "peers", "only \(user.name) may connect; name the user of nginx in peers")
        }
        for peer in others where FileStatus(socket.path) != nil && !mayConnect(peer.user, to: socket) {
            return add(.error, "peers", refusal(of: peer.user, by: socket))
        }
        add(.ok, "peers", (others.map(\.name) + [user.name]).joined(separator: ", ") + " may connect")
    }

    func mayConnect(_ peer: UInt32, to socket: SocketLocation) -> Bool {
        user.asRealUser {
            let groups = UserDatabase.group(of: peer).map {
                UserDatabase.groups(of: UserDatabase.name(of: peer), beside: $0)
            }
            return AccessRights.mayConnect(peer, groups: groups ?? [], to: socket.path)
        }
    }

    func refusal(of peer: UInt32, by socket: SocketLocation) -> String {
        let name = UserDatabase.name(of: peer)
        // Of a user of another machine, or of a container, no group is known here. The service asks the kernel who
        // connects.
        let group = UserDatabase.group(of: peer).map { UserDatabase.groupName(of: $0) }
        let setting = group.map { "SocketGroup=\($0)" } ?? "SocketMode=0666"
        let cure =
            socket.isOfUnit
            ? "systemctl edit livekit-tokend.socket, write \(setting) under [Socket], and restart the socket"
            : "give it \(group.map { "the group \($0) and mode 0660" } ?? "mode 0666"), and let \(name) search the "
                + "folders on the way to it"
        return "\(name) may not connect to \(socket.path): \(cure)"
    }
}
