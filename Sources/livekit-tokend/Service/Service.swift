import Configuration
import Daemon
import FastCGI
import Glibc
import JoinGate
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization
import TokenEndpoint

/// The service under one configuration after another; to be used on one thread, but for `current`.
///
/// A reload reads and judges the configuration as a start does. Only a good one is taken over, whole, for the requests
/// that begin from then on; what a running process cannot change stays as it was, and is named.
struct Service {
    /// What a running process cannot change, by the keys of the configuration.
    struct Fixed {
        let listen: String
        let workers: Int
        let peers: [Peer]
        let directory: DirectoryURL

        init(_ settings: Settings) {
            listen = settings.process.listenPath
            workers = settings.process.workers
            peers = settings.process.peers
            directory = settings.directory.url
        }

        /// What the gate of other settings is until a restart.
        func gateWords(of settings: Settings) -> String {
            allowsGate(of: settings) ? settings.gateWords : "off: it takes a restart"
        }

        /// Whether the gate of other settings can be on: it knows identities by the directory.
        private func allowsGate(of settings: Settings) -> Bool { settings.gate == nil || directory != .absent }

        /// The keys of other settings that a restart alone takes over.
        func keysForRestart(to settings: Settings) -> [String] {
            let other = Fixed(settings)
            let keys = [
                ("gate", allowsGate(of: settings)), ("listen", listen == other.listen),
                ("workers", workers == other.workers), ("peers", peers == other.peers),
                ("directory.url", directory == other.directory),
            ]
            return keys.filter { !$0.1 }.map(\.0)
        }
    }

    let current: CurrentHandler
    let metrics = Metrics()
    let load = Load()
    /// Workers for the places of those that wait.
    let reserve = WorkerReserve()

    /// The reloads that have begun, and those that have ended.
    private let begun = ReloadCount()
    private let reloads = ReloadCount()
    private let option: ConfigurationOption
    /// The absolute path of the configuration.
    private let path: String
    private let fixed: Fixed
    /// The keys, where they came from the environment: the process forgets the secrets that it found there.
    private let keysOfEnvironment: LiveKitKeys?
    private let directory: MeasuredDirectory
    /// The logins by token that are in force; `nil` where logins are of another kind.
    private var tokens: JWTLogins?
    /// The index of identities; `nil` where the gate is off.
    private var identities: DirectoryIdentityIndex?
    private let startedAt: WallClock.Time
    /// When the key file had been changed last at the start: as old is the copy that systemd passes on.
    private let keyChangedAtStart: NumericDate?
    private var auditPath: String?
    /// The log that is in force.
    private(set) var log: Log

    /// Puts a service together, before the process has a second thread.
    init(_ loaded: LoadedConfiguration, from option: ConfigurationOption, startedAt: WallClock.Time) throws(Failure) {
        let settings = loaded.settings
        self.option = option
        self.startedAt = startedAt
        path = option.path.hasPrefix("/") ? option.path : "\(Environment.workingDirectory)/\(option.path)"
        fixed = Fixed(settings)
        keysOfEnvironment = KeySource.secretVariables.contains { Environment.value($0) != nil } ? loaded.keys : nil
        keyChangedAtStart = loaded.keyChangedAt
        auditPath = settings.audit.path
        log = try Log(settings, operations: .standardOutput)
        directory = MeasuredDirectory(
            directory: try settings.openDirectory(threads: settings.process.workers),
            metrics: metrics
        )
        current = CurrentHandler()
        tokens = logins(by: loaded, log: log)
        identities = identities(by: settings, log: log)
        current.replace(by: handler(of: loaded, log: log, tokens: tokens, identities, keysForRestart: []))
    }

    /// Begins what takes a thread of its own, and waits a moment for the identities that the first requests need.
    ///
    /// Requests wait in the socket meanwhile, where more of them have a place.
    func start() {
        identities?.startAndWait()
    }

    /// The index of identities for other settings, which stays where they need the same; `nil` where the gate is off.
    private func identities(by settings: Settings, log: Log) -> DirectoryIdentityIndex? {
        guard let subject = settings.identitiesAtGate else { return nil }
        if let identities, identities.subject == subject { return identities }
        guard let rows = fixed.directory.identityRows(of: subject) else { return nil }
        // Not the whole log: the index outlives the audit's sink, which is the configuration's of the day.
        return DirectoryIdentityIndex(rows, of: subject, reserve: reserve) { [metrics, operations = log.operations] in
            metrics.identities.observe($0, log: operations)
        }
    }

    /// The logins by token of a configuration, which take over what was learnt of key sets; their files are read now,
    /// so that the log says at once what is wrong with one.
    private func logins(by loaded: LoadedConfiguration, log: Log) -> JWTLogins? {
        let observer = LoginObserver(metrics, log)
        let logins = JWTLogins(loaded.settings, secrets: loaded.sharedSecrets, after: tokens) { observer.observe($0) }
        metrics.keySets.clear()
        _ = logins?.keySets(at: WallClock.now.date)
        return logins
    }

    /// Reads the configuration again, and takes it over if all of it is right.
    mutating func reload() {
        // Before the file is read: after a smaller number was told, this reload sees all that was written by then.
        begun.increase()
        // At the end, when the verdict can be asked for.
        defer { reloads.increase() }
        do throws(Failure) {
            let loaded = try LoadedConfiguration(option, again: true, keeping: keysOfEnvironment)
            let settings = loaded.settings
            let log = try log(for: settings)
            let keys = fixed.keysForRestart(to: settings)
            let tokens = logins(by: loaded, log: log)
            let former = identities
            identities = identities(by: settings, log: log)
            if identities !== former { identities?.start() }
            if identities == nil { metrics.identities.clear() }
            current.replace(by: handler(of: loaded, log: log, tokens: tokens, identities, keysForRestart: keys))
            self.tokens = tokens
            self.log = log
            auditPath = settings.audit.path
            metrics.reload.succeeded()
            log.operation("service.reloaded") {
                settings.describePolicy(to: &$0, key: loaded.keys.signing, gate: fixed.gateWords(of: settings))
            }
            warn(of: keys, loaded)
        } catch {
            metrics.reload.failed(error.message)
            log.operation("reload.refused", .error) {
                $0.member("message", UTF8String("the configuration of before stays: \(error.message)"))
            }
        }
    }

    /// The log of other settings; the sink stays where the file does.
    private func log(for settings: Settings) throws(Failure) -> Log {
        if settings.audit.path == auditPath { return log }
        return try Log(settings, operations: log.operations)
    }

    /// Says what a restart alone would take over.
    private func warn(of keys: [String], _ loaded: LoadedConfiguration) {
        var messages: [String] = []
        if !keys.isEmpty { messages.append("\(keys.joined(separator: ", ")): changed, which takes a restart") }
        if loaded.isKeyCredential, let changedAt = loaded.keyChangedAt, changedAt != keyChangedAtStart {
            messages.append("the key file was changed, and systemd passes it on at a restart alone")
        }
        for message in messages {
            log.operation("reload.incomplete", .warning) { $0.member("message", UTF8String(message)) }
        }
        loaded.warnOfWeakKey(in: log)
    }

    private func handler(
        of loaded: LoadedConfiguration,
        log: Log,
        tokens: JWTLogins?,
        _ identities: DirectoryIdentityIndex?,
        keysForRestart: [String]
    ) -> RequestHandler {
        let keyChangedAt = loaded.isKeyCredential ? keyChangedAtStart : loaded.keyChangedAt
        let page = MetricsPage(
            metrics: metrics,
            directory: directory,
            logins: tokens,
            isGateOn: identities != nil,
            keyChangedAt: keyChangedAt,
            startedAt: startedAt,
            configuredAt: WallClock.now,
            load: load
        )
        return RequestHandler(
            endpoint: Endpoint(
                loaded.settings,
                key: loaded.keys.signing,
                directory: directory,
                tokens: tokens,
                identities: identities,
                metrics: page
            ),
            gate: Gate(
                loaded.settings,
                keys: loaded.keys.ring,
                directory: directory,
                identities: identities
            ),
            log: log,
            metrics: metrics
        ) { [path, metrics, begun, reloads] in
            // The number first: the verdict is at least as new.
            let ended = reloads.value
            return ConfigurationReport(
                path: path,
                checksum: loaded.checksum?.description,
                keyChangedAt: keyChangedAt?.seconds,
                isKeyCredential: loaded.isKeyCredential,
                keysForRestart: keysForRestart,
                refusal: metrics.reload.failure,
                reloads: ended,
                reloadsBegun: begun.value,
                process: Int64(getpid())
            )
        }
    }
}

/// A number of reloads; who reads it sees all that those reloads had changed when they were counted.
private final class ReloadCount: Sendable {
    private let count = Mutex<Int64>(0)

    var value: Int64 { count.withLock(\.self) }

    func increase() { count.withLock { $0 += 1 } }
}
