import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import TokenEndpoint

/// A check of all that the service needs, in the order in which the service meets it; it changes nothing.
struct Check {
    let user: EffectiveUser
    let host: Host
    /// Systemd's units; `nil` where they are about another configuration than the one that is checked.
    let units: SystemdUnits?
    /// The environment of the service, as far as it can be known here.
    let system: LinuxSystem
    private(set) var findings: [Finding] = []

    /// Checks what a configuration describes, with the access rights of a user.
    init(path: String, as user: EffectiveUser, on host: Host = Host()) {
        self.user = user
        self.host = host
        let units = path == Defaults.configurationPath ? host.units : nil
        self.units = units
        system = LinuxSystem(variables: units.flatMap { units in user.asRealUser { units.environment } })
        if let place = outOfReach([.init(path: path)]) {
            addOutOfReach(place)
            return
        }
        let settings: Settings
        do throws(Failure) {
            settings = try Settings.load(from: path, on: system)
        } catch {
            let words = user.isImpersonating ? "\(error.message) (checked as user \(user.name))" : error.message
            add(.error, "configuration", words, isConfiguration: true)
            return
        }
        if let place = outOfReach(places(settings)) {
            addOutOfReach(place)
            return
        }
        add(.ok, "configuration", path)
        checkUser()
        checkKey(settings)
        checkTokenSource(settings)
        checkLogins(settings)
        checkLifetime(settings.token.lifetime)
        checkClock(settings.token.lifetime)
        checkDirectory(settings.directory.url)
        checkRows(settings)
        checkRooms(settings)
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
            Finding(level: level, subject: subject, message: message.harmless, isConfiguration: isConfiguration)
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

    private mutating func checkLifetime(_ lifetime: Int64) {
        guard lifetime < Self.shortLifetime else { return }
        add(
            .warning,
            "token",
            "ttl is \(lifetime)s: LiveKit's clients ask for another token a minute before the end of one, so here "
                + "they ask at every connect; set token.ttl to 2m or more"
        )
    }

    /// Below this a client has less than a minute in which it uses its token again.
    private static let shortLifetime: Int64 = 120

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
        guard case .sqlite(let path) = url else {
            return add(.ok, "directory", "none, so that no user is disabled here, and no room listed or scheduled")
        }
        guard !isKeptFromService("directory", path, isWritten: true) else { return }
        guard !isOnUnwritableDisk(path, subject: "directory") else { return }
        let finding = SQLiteDirectoryReader.check(
            path: path,
            user: user.name,
            isStranger: isStranger,
            canWrite: { AccessRights.canWrite($0, isFolder: $1) },
            userName: UserDatabase.name(of:),
            names: { Self.realPath($0) == $0 ? FolderContents.readableNames(in: $0) : nil }
        )
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
        guard !isKeptFromService("audit", path, isWritten: true) else { return }
        guard !isOnUnwritableDisk(path, subject: "audit") else { return }
        let doesExist = FileStatus(path) != nil
        let place = doesExist ? path : FilePath.parent(of: path)
        guard !AccessRights.canWrite(place, isFolder: !doesExist) else { return add(.ok, "audit", path) }
        add(
            .error,
            "audit",
            "\(user.name) cannot write \(place), and without its line in the log no token is issued; "
                + (isStranger ? Self.sudo : adviceOnLog(path, doesExist: doesExist))
        )
    }

    /// The folder of the log may be for all programs, as /var/log is: then the service gets one in it.
    private func adviceOnLog(_ path: String, doesExist: Bool) -> String {
        if doesExist { return "give \(user.name) the right to write it" }
        let folder = FilePath.parent(of: path)
        let isThere = FileStatus(folder) != nil
        let base = (folder == "/" ? "" : folder) + "/livekit-tokend"
        // Never one that is there, as /etc/livekit-tokend is.
        let names = [base] + (2...99).map { "\(base)-\($0)" }
        let own = isThere ? names.first { FileStatus($0) == nil } ?? "\(base)-log" : folder
        return "run: install -d -o \(user.name.shellWord) -m 750 \(own.shellWord)"
            + (isThere ? ", and set audit.file to a file in it" : "")
    }
}

extension FileStatus {
    /// The permissions as chmod(1) takes them.
    var octalPermissions: String { "0\(String(permissions, radix: 8))" }
}
