import Configuration
import Daemon
import LiveKitToken
import SQLiteDirectory
import TokenEndpoint

/// Looks at everything that the service depends on, in the order in which the service meets it, and changes nothing.
struct Examination {
    let viewer: Viewer
    let machine: MachineView
    /// What systemd was told; `nil` where it is about another configuration than the one that is looked at.
    private let units: SystemdUnits?
    private(set) var findings: [Finding] = []

    /// Looks as a user at what a configuration describes.
    init(path: String, as viewer: Viewer, on machine: MachineView = MachineView()) {
        self.viewer = viewer
        self.machine = machine
        units = path == Defaults.configurationPath ? machine.units : nil
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
        examineTokenSource(settings)
        examineClock(settings.token.lifetime)
        switch settings.directory.url {
        case .sqlite(let path): examineDirectory(path)
        }
        examineAudit(settings)
        let socket = SocketPlace(settings, units: units)
        examineSocket(socket)
        examinePeers(settings, at: socket)
        examineNginx(settings, at: socket)
    }

    mutating func note(
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
        var source = settings.liveKit.keySource
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

    private mutating func examineTokenSource(_ settings: Settings) {
        guard let policy = settings.tokenSource else {
            return note(
                .ok,
                "token source",
                "off: /livekit/token-source answers 404; write livekit.url to let LiveKit's own clients ask there"
            )
        }
        let allowed =
            (policy.participantName ? ["participant_name"] : [])
            + policy.participantAttributes.sorted().map { "the attribute \($0)" }
            + policy.agents.sorted().map { "the agent \($0)" }
        let what = allowed.isEmpty ? "nothing but room, scene and event" : allowed.joined(separator: ", ")
        note(.ok, "token source", "\(policy.serverURL); clients may set \(what)")
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
            note(.ok, "clock", "\(now.rfc3339)")
        }
    }

    private mutating func examineDirectory(_ path: String) {
        let parent = FilePath.parent(of: path)
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
        guard let path = settings.audit.path else {
            return note(.ok, "audit", "standard output, the journal under systemd")
        }
        let doesExist = FileStatus(path) != nil
        let place = doesExist ? path : FilePath.parent(of: path)
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

    /// The bits of a mode as `chmod` takes them.
    static func octal(_ permissions: UInt32) -> String {
        "0\(String(permissions, radix: 8))"
    }
}
