import FastCGI
import Glibc
import LiveKitToken
import SQLiteDirectory
import TokenEndpoint

/// Looks at everything that the service depends on, in the order in which the service meets it, and changes nothing.
struct Examination {
    private let viewer: Viewer
    private let machine: MachineView
    /// What systemd was told; `nil` where it is about another configuration than the one that is looked at.
    private let units: SystemdUnits?
    private(set) var findings: [Finding] = []

    /// Looks as a user at what a configuration describes.
    init(path: String, as viewer: Viewer, on machine: MachineView = MachineView()) {
        self.viewer = viewer
        self.machine = machine
        units = path == Settings.defaultPath ? machine.units : nil
        let settings: Settings
        do throws(Failure) {
            settings = try Settings.load(from: path)
        } catch {
            let words = viewer.isBorrowed ? "\(error.message) (seen as \(viewer.name))" : error.message
            note(.error, "configuration", words, isConfiguration: true)
            return
        }
        note(.ok, "configuration", path)
        examineViewer()
        examineKey(settings)
        examineClock(settings.token.lifetime)
        examineDirectory(settings.directoryPath)
        examineAudit(settings)
        let socket = SocketPlace(settings, units: units)
        examineSocket(socket)
        examinePeers(settings, at: socket)
        examineNginx(settings, at: socket)
    }

    private mutating func note(
        _ level: Finding.Level,
        _ subject: String,
        _ message: String,
        isConfiguration: Bool = false
    ) {
        findings.append(
            Finding(level: level, subject: subject, message: message, isConfiguration: isConfiguration)
        )
    }
}

// MARK: - What the service reads

extension Examination {
    private mutating func examineViewer() {
        if viewer.user == 0 {
            note(.warning, "user", "seen as root, who may read everything; name the service's user with --as USER")
        } else {
            note(.ok, "user", "seen as \(viewer.name)")
        }
    }

    private mutating func examineKey(_ settings: Settings) {
        var source = settings.keySource
        let file = source.file.flatMap { $0.hasPrefix("/") ? nil : $0 }
        let credential =
            Environment.value("CREDENTIALS_DIRECTORY") == nil ? file.flatMap { units?.credential($0) } : nil
        if let credential {
            // Systemd reads it as root and passes a copy; so we look as root, if we are.
            source.directory = "/"
            source.file = credential
            source.originalDirectory = nil
        }
        let result = credential == nil ? Self.key(source) : viewer.asOneself { Self.key(source) }
        switch result {
        case .failure(let failure):
            if credential != nil, !viewer.isBorrowed, viewer.user != 0 {
                note(.warning, "api key", "\(failure.message); systemd reads it as root: run check as root to see it")
            } else {
                note(.error, "api key", failure.message, isConfiguration: true)
            }
        case .success(let key):
            var words = "\(key.id)\(source.path.map { ", from \($0)" } ?? "")"
            if credential != nil { words += ", which systemd passes on" }
            let age = source.changedAt().map { WallClock.now.date.seconds(since: $0) / 86_400 }
            if let age { words += age < 1 ? ", changed today" : ", changed \(counted(Int(age), "day")) ago" }
            if let weakness = key.weakness {
                note(.warning, "api key", "\(words): its secret \(weakness.problem); development: true lets it through")
            } else if let age, age > Self.oldKey {
                note(.warning, "api key", "\(words): rotate it, which loses no request (README, Rotate the API key)")
            } else {
                note(.ok, "api key", words)
            }
        }
    }

    private static func key(_ source: KeySource) -> Result<APIKey, Failure> {
        Result { () throws(Failure) in try source.load() }
    }

    /// Days after which the alert rules call a key old.
    private static let oldKey: Int64 = 180

    private mutating func examineClock(_ tokenLifetime: Int64) {
        let now = WallClock.now
        if now.date < WallClock.earliest {
            note(
                .error,
                "clock",
                "\(now.rfc3339) is before this program was written: set the clock, and keep it with NTP"
            )
        } else if now.date.seconds + tokenLifetime > Int64(Int32.max) {
            note(
                .warning,
                "clock",
                "\(now.rfc3339): tokens end after 2038-01-19, where clients that count seconds in 32 bits go wrong"
            )
        } else {
            note(.ok, "clock", now.rfc3339)
        }
    }

    private mutating func examineDirectory(_ path: String) {
        let parent = ConfigurationFile.directory(of: path)
        guard let status = FileStatus(path) else {
            if AccessRights.canWrite(parent, isDirectory: true) {
                note(.warning, "directory", "\(path) does not exist yet; it is made at the first use")
            } else {
                note(
                    .error,
                    "directory",
                    "\(path) does not exist, and \(viewer.name) cannot make it: install -d -o \(viewer.name) -m 700 \(parent)"
                )
            }
            return
        }
        let mode = Self.octal(status.permissions)
        let owner = UserDatabase.name(of: status.owner)
        guard AccessRights.canWrite(parent, isDirectory: true), AccessRights.canWrite(path) else {
            // SQLite keeps its log and its locks beside the file, also for who only reads.
            return note(
                .error,
                "directory",
                "\(path) (of \(owner), mode \(mode)) and its parent must be writable for \(viewer.name): "
                    + "chown -R \(viewer.name): \(parent)"
            )
        }
        do throws(DirectoryError) {
            switch try Schema.state(ofFileAt: path) {
            case .current where status.permissions & 0o077 != 0:
                note(.warning, "directory", "\(path) has mode \(mode), so others can read it; run: chmod 600 \(path)")
            case .current: note(.ok, "directory", "\(path), schema \(Schema.version), of \(owner), mode \(mode)")
            case .older(let version):
                note(
                    .warning,
                    "directory",
                    "\(path) has schema \(version), and this program \(Schema.version): the next start brings it up to date"
                )
            case .empty: note(.warning, "directory", "\(path) is empty; its tables are made at the first use")
            }
        } catch {
            note(.error, "directory", "\(path): \(error.reason)")
        }
    }

    private mutating func examineAudit(_ settings: Settings) {
        guard let path = settings.auditPath else {
            return note(.ok, "audit", "standard output, the journal under systemd")
        }
        let doesExist = FileStatus(path) != nil
        let place = doesExist ? path : ConfigurationFile.directory(of: path)
        if AccessRights.canWrite(place, isDirectory: !doesExist) {
            note(.ok, "audit", path)
        } else {
            note(
                .error,
                "audit",
                "\(place) cannot be written by \(viewer.name); no token is issued without its line in the log"
            )
        }
    }

    private static func octal(_ permissions: UInt32) -> String {
        "0\(String(permissions, radix: 8))"
    }
}

// MARK: - Who reaches the service

/// Where web servers connect, and whose word that is.
struct SocketPlace {
    let path: String
    /// Whether systemd listens, so that `listen` of the configuration is not used.
    let isOfUnit: Bool

    init(_ settings: Settings, units: SystemdUnits?) {
        let path = units?.listenPath
        self.path = path ?? settings.listenPath
        isOfUnit = path != nil
    }

    /// How to start what listens.
    var start: String {
        isOfUnit ? "systemctl enable --now livekit-tokend.socket" : "systemctl start livekit-tokend"
    }
}

extension Examination {
    private mutating func examineSocket(_ socket: SocketPlace) {
        let path = socket.path
        guard let status = FileStatus(path) else {
            let parent = ConfigurationFile.directory(of: path)
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
    private static func answer(at path: String) -> SelfRequest.Progress? {
        guard let request = try? SelfRequest(connectingTo: path) else { return nil }
        for _ in 0..<300 {
            let progress = request.progress()
            if progress != .waiting { return progress }
            usleep(10_000)
        }
        return .waiting
    }

    private mutating func examinePeers(_ settings: Settings, at socket: SocketPlace) {
        let others = settings.peers.filter { $0.user != viewer.user }
        guard !others.isEmpty else {
            return note(.warning, "peers", "only \(viewer.name) may connect; name the user of nginx in peers")
        }
        for peer in others where FileStatus(socket.path) != nil && !mayConnect(peer.user, to: socket) {
            return note(.error, "peers", keptOut(peer.user, by: socket))
        }
        note(.ok, "peers", (others.map(\.name) + [viewer.name]).joined(separator: ", ") + " may connect")
    }

    private mutating func examineNginx(_ settings: Settings, at socket: SocketPlace) {
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
        guard settings.peers.contains(where: { $0.user == user }) else {
            let named = settings.peers.map(\.name).filter { !$0.isEmpty }
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
