import Configuration
import Daemon
import LiveKitToken
import SQLiteDirectory
import TokenEndpoint

/// A check of all that the service needs, in the order in which the service meets it; it changes nothing.
struct Check {
    let user: EffectiveUser
    let host: Host
    /// Systemd's units; `nil` where they are about another configuration than the one that is checked.
    private let units: SystemdUnits?
    private(set) var findings: [Finding] = []

    /// Checks what a configuration describes, with the access rights of a user.
    init(path: String, as user: EffectiveUser, on host: Host = Host()) {
        self.user = user
        self.host = host
        units = path == Defaults.configurationPath ? host.units : nil
        let settings: Settings
        do throws(Failure) {
            settings = try Settings.load(from: path)
        } catch {
            let words = user.isImpersonating ? "\(error.message) (checked as user \(user.name))" : error.message
            add(.error, "configuration", words, isConfiguration: true)
            return
        }
        add(.ok, "configuration", path)
        checkUser()
        checkKey(settings)
        checkTokenSource(settings)
        checkClock(settings.token.lifetime)
        checkDirectory(settings.directory.url)
        checkAudit(settings)
        let socket = SocketLocation(settings, units: units)
        checkSocket(socket)
        checkReload(path, settings, at: socket)
        checkPeers(settings, at: socket)
        checkNginx(settings, at: socket)
    }

    mutating func add(
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

// MARK: - What the service reads and writes

extension Check {
    private mutating func checkUser() {
        if user.user == 0 {
            add(.warning, "user", "checked as root, which may read every file; name the service's user with --as USER")
        } else {
            add(.ok, "user", "checked as user \(user.name)")
        }
    }

    private mutating func checkKey(_ settings: Settings) {
        var source = settings.liveKit.keySource
        let file = source.file.flatMap { $0.hasPrefix("/") ? nil : $0 }
        let credential =
            Environment.value("CREDENTIALS_DIRECTORY") == nil ? file.flatMap { units?.credential($0) } : nil
        if let credential {
            // Systemd reads the file as root and passes a copy on; so the check reads it as root, where it is root's.
            source.directory = "/"
            source.file = credential
            source.originalDirectory = nil
        }
        let result = credential == nil ? Self.key(source) : user.asRealUser { Self.key(source) }
        switch result {
        case .failure(let failure):
            if credential != nil, !user.isImpersonating, user.user != 0 {
                add(.warning, "api key", "\(failure.message); systemd reads it as root: run check as root to see it")
            } else {
                add(.error, "api key", failure.message, isConfiguration: true)
            }
        case .success(let key):
            var words = "\(key.id)\(source.path.map { ", from \($0)" } ?? "")"
            if credential != nil { words += ", which systemd passes on" }
            let age = source.changedAt().map { WallClock.now.date.seconds(since: $0) / 86_400 }
            if let age { words += age < 1 ? ", changed today" : ", changed \(counted(age, "day")) ago" }
            if let weakness = key.weakness {
                add(.warning, "api key", "\(words): its secret \(weakness.problem); development: true lets it through")
            } else if let age, age > Self.oldKey {
                add(.warning, "api key", "\(words); rotate it as described in \(Self.rotationManual)")
            } else {
                add(.ok, "api key", words)
            }
        }
    }

    private static func key(_ source: KeySource) -> Result<APIKey, Failure> {
        Result { () throws(Failure) in try source.load() }
    }

    /// Days after which the alert rules call a key old.
    private static let oldKey: Int64 = 180
    private static let rotationManual = "/usr/share/doc/livekit-tokend/deploy.md.gz, \"Rotate the API key\""

    private mutating func checkTokenSource(_ settings: Settings) {
        guard let policy = settings.tokenSource else {
            return add(
                .ok,
                "token source",
                "off: /livekit/token-source answers 404; set livekit.url to let LiveKit's own clients ask there"
            )
        }
        let allowed =
            (policy.participantName ? ["participant_name"] : [])
            + policy.participantAttributes.sorted().map { "the attribute \($0)" }
            + policy.agents.sorted().map { "the agent \($0)" }
        let what = allowed.isEmpty ? "nothing but room, scene and event" : allowed.joined(separator: ", ")
        add(.ok, "token source", "\(policy.serverURL); clients may set \(what)")
    }

    private mutating func checkClock(_ tokenLifetime: Int64) {
        let now = WallClock.now
        if now.date < WallClock.earliest {
            add(.error, "clock", "\(now.rfc3339) is before this program was written; set the clock, and run NTP")
        } else if now.date.seconds + tokenLifetime > Int64(Int32.max) {
            add(
                .warning,
                "clock",
                "\(now.rfc3339): tokens end after 2038-01-19, where clients that count seconds in 32 bits go wrong"
            )
        } else {
            add(.ok, "clock", "\(now.rfc3339)")
        }
    }

    private mutating func checkDirectory(_ url: DirectoryURL) {
        let finding =
            switch url {
            case .sqlite(let path):
                SQLiteDirectoryReader.check(
                    path: path,
                    user: user.name,
                    canWrite: { AccessRights.canWrite($0, isFolder: $1) },
                    userName: UserDatabase.name(of:)
                )
            }
        let level: Finding.Level =
            switch finding.level {
            case .ok: .ok
            case .warning: .warning
            case .error: .error
            }
        add(level, "directory", finding.message)
    }

    private mutating func checkAudit(_ settings: Settings) {
        guard let path = settings.audit.path else {
            return add(.ok, "audit", "standard output, the journal under systemd")
        }
        let doesExist = FileStatus(path) != nil
        let place = doesExist ? path : FilePath.parent(of: path)
        if AccessRights.canWrite(place, isFolder: !doesExist) {
            add(.ok, "audit", path)
        } else {
            add(
                .error,
                "audit",
                "\(user.name) cannot write \(place), and without its line in the log no token is issued; "
                    + "give \(user.name) the right to write"
            )
        }
    }
}

extension FileStatus {
    /// The permissions as chmod(1) takes them.
    var octalPermissions: String { "0\(String(permissions, radix: 8))" }
}
