import Configuration
import Daemon
import FastCGI
import Glibc

/// Where web servers connect, and whose word that is.
struct SocketPlace {
    let path: String
    /// Whether systemd listens, so that `listen` of the configuration is not used.
    let isOfUnit: Bool

    init(_ settings: Settings, units: SystemdUnits?) {
        let path = units?.listenPath
        self.path = path ?? settings.process.listenPath
        isOfUnit = path != nil
    }

    /// How to start what listens.
    var start: String {
        isOfUnit ? "systemctl enable --now livekit-tokend.socket" : "systemctl start livekit-tokend"
    }
}

extension Examination {
    mutating func examineSocket(_ socket: SocketPlace) {
        let path = socket.path
        guard let status = FileStatus(path) else {
            let parent = FilePath.parent(of: path)
            guard socket.isOfUnit || AccessRights.canWrite(parent, isDirectory: true) else {
                return note(
                    .error,
                    "socket",
                    "\(path) does not exist, and \(viewer.name) cannot make it in \(parent): let systemd make it "
                        + "(livekit-tokend.socket), or name another path"
                )
            }
            return note(.warning, "socket", "\(path) does not exist; start the service: \(socket.start)")
        }
        guard status.kind == .socket else {
            return note(.error, "socket", "\(path) is not a socket; remove it, and start the service: \(socket.start)")
        }
        guard viewer.asOneself({ machine.isListening(at: path) }) else {
            return note(.error, "socket", "nobody listens at \(path); start the service: \(socket.start)")
        }
        let names = "\(UserDatabase.name(of: status.owner)):\(UserDatabase.groupName(of: status.group))"
        let words =
            "\(path)\(socket.isOfUnit ? ", of livekit-tokend.socket" : ""), mode \(Self.octal(status.permissions)) \(names)"
        // Root is one of peers only where the service is root's; elsewhere its request would be refused and counted.
        if viewer.user == 0, status.owner != 0 {
            return note(
                .ok,
                "socket",
                "\(words): it listens; to see whether it answers name the user of the service with --as"
            )
        }
        switch Self.answer(at: path) {
        case .finished: note(.ok, "socket", "\(words): it answers")
        case nil: note(.ok, "socket", "\(words): it listens; \(viewer.name) may not connect to see whether it answers")
        case .failed?:
            note(
                .error,
                "socket",
                "\(words): it lets nobody in as \(viewer.name); is that the user whom the service runs as? See systemctl status livekit-tokend"
            )
        case .waiting?:
            note(.error, "socket", "\(words): it does not answer; see systemctl status livekit-tokend")
        }
    }

    /// What comes of a request to the service within three seconds; `nil` where we may not connect.
    private static func answer(at path: String) -> LoopbackRequest.Progress? {
        guard let request = try? LoopbackRequest(connectingTo: path) else { return nil }
        for _ in 0..<300 {
            let progress = request.progress()
            if progress != .waiting { return progress }
            usleep(10_000)
        }
        return .waiting
    }

    mutating func examinePeers(_ settings: Settings, at socket: SocketPlace) {
        let others = settings.process.peers.filter { $0.user != viewer.user }
        guard !others.isEmpty else {
            return note(.warning, "peers", "only \(viewer.name) may connect; name the user of nginx in peers")
        }
        for peer in others where FileStatus(socket.path) != nil && !mayConnect(peer.user, to: socket) {
            return note(.error, "peers", keptOut(peer.user, by: socket))
        }
        note(.ok, "peers", (others.map(\.name) + [viewer.name]).joined(separator: ", ") + " may connect")
    }

    mutating func examineNginx(_ settings: Settings, at socket: SocketPlace) {
        let running = viewer.asOneself { machine.nginxUsers }
        let configured = machine.configuredNginxUser
        let users = running.isEmpty ? [configured.flatMap { UserDatabase.user($0)?.user }].compactMap(\.self) : running
        guard !users.isEmpty else {
            return note(.warning, "nginx", "no nginx runs here; the user of its workers must be one of peers")
        }
        let verdicts = users.map { nginx($0, isRunning: !running.isEmpty, settings, at: socket) }
        // Where several run, it is enough that one of them reaches the service: the others may be there for other things.
        let isReached = verdicts.contains { $0.level == .ok }
        for verdict in verdicts {
            let level: Finding.Level = isReached && verdict.level == .error ? .warning : verdict.level
            note(level, verdict.subject, verdict.message, isConfiguration: verdict.isConfiguration)
        }
    }

    private func nginx(
        _ user: UInt32,
        isRunning: Bool,
        _ settings: Settings,
        at socket: SocketPlace
    ) -> Finding {
        let name = UserDatabase.name(of: user)
        let words = isRunning ? "its workers run as \(name)" : "its configuration has the user \(name)"
        // One that does not run may not be the one that will.
        let level: Finding.Level = isRunning ? .error : .warning
        guard settings.process.peers.contains(where: { $0.user == user }) else {
            let named = settings.process.peers.map(\.name).filter { !$0.isEmpty }
            let cure = (named.filter { $0 != "www-data" } + [name]).joined(separator: ", ")
            return Finding(
                level: level,
                subject: "nginx",
                message:
                    "\(words), who is none of peers, so nginx answers 502: write peers: [\(cure)] and restart the service",
                isConfiguration: true
            )
        }
        guard FileStatus(socket.path) == nil || mayConnect(user, to: socket) else {
            return Finding(level: level, subject: "nginx", message: "\(words): \(keptOut(user, by: socket))")
        }
        return Finding(level: .ok, subject: "nginx", message: "\(words), who may connect")
    }

    private func mayConnect(_ user: UInt32, to socket: SocketPlace) -> Bool {
        viewer.asOneself {
            let groups = UserDatabase.groups(of: UserDatabase.name(of: user), beside: UserDatabase.group(of: user))
            return AccessRights.mayConnect(user, groups: groups, to: socket.path)
        }
    }

    private func keptOut(_ user: UInt32, by socket: SocketPlace) -> String {
        let name = UserDatabase.name(of: user)
        let group = UserDatabase.groupName(of: UserDatabase.group(of: user))
        let cure =
            socket.isOfUnit
            ? "systemctl edit livekit-tokend.socket, write SocketGroup=\(group) under [Socket], and restart the socket"
            : "give it the group \(group) and mode 0660, and its directories mode 0711"
        return "\(socket.path) keeps out \(name): \(cure)"
    }
}
