import CommandLineInterface
import Configuration
import Daemon
import FastCGI
import JoinGate
import Glibc
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

/// `serve`: the service.
struct ServeCommand: Command {
    static let name = "serve"
    static let abstract = "Answer requests until SIGTERM or SIGINT."
    static let discussion = """
        Speaks FastCGI on the listening socket that it inherits, from systemd (LISTEN_FDS) or as descriptor 0; \
        without one it listens at `listen`. Writes one JSON line for each request to standard output, or to \
        `audit.file`.

        Tells systemd that it is ready and alive, and its status (Type=notify, WatchdogSec=). It is alive as long as \
        its workers finish requests that it sends to itself. Metrics for Prometheus are at GET /livekit/metrics.

        At SIGTERM it accepts no more connections, answers the requests that have arrived, and exits with 0. A start \
        with a wrong configuration ends at once with 78 and one line that says what would be right.

        At SIGHUP it reads its configuration again, and takes it over if all of it is right; a wrong one is refused, \
        log and status say why, and the one of before goes on. The command `reload` waits for that.
        """
    static let examples = [
        "livekit-tokend serve --config /etc/livekit-tokend/config.yaml",
        "livekit-tokend serve --dry-run",
    ]

    let configuration: ConfigurationOption
    let isDryRun: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        isDryRun = arguments.flag(
            "dry-run",
            "Read the configuration and the key as the service would, and end: in silence, or with the service's error."
        )
    }

    func run() throws {
        if isDryRun {
            _ = try LoadedConfiguration(configuration)
            return
        }
        let systemd = SystemdNotifier.fromEnvironment()
        do {
            try serve(notifying: systemd)
        } catch let failure as Failure {
            systemd.notify([.status(failure.message)])
            // A reader of standard error that has stopped must not keep the process from its end.
            try? LineSink.standardError.write(Array("livekit-tokend: \(failure.message)".utf8))
            throw ReportedFailure(status: failure.status)
        }
    }

    private func serve(notifying systemd: SystemdNotifier) throws {
        let startedAt = WallClock.now
        Signals.block()
        ResourceLimits.prepare()
        let loaded = try LoadedConfiguration(configuration)
        var service = try Service(loaded, from: configuration, startedAt: startedAt)
        try Self.testLibfcgi()
        let (socket, place) = try SocketActivation.socket(for: loaded.settings)
        let events = ResponderEventLog(operations: service.log.operations)
        let responder = try Self.responder(socket, of: service, settings: loaded.settings, events: events)
        Environment.forget(KeySource.secretVariables)
        service.start()

        service.log.operation("service.started") {
            loaded.settings.describeProcess(to: &$0, listening: place)
            loaded.settings.describePolicy(to: &$0, key: loaded.keys.signing, gate: loaded.settings.gateWords)
        }
        loaded.warnOfWeakKey(in: service.log)
        var watchdog = Watchdog(
            interval: systemd.watchdogInterval,
            notify: { systemd.notify($0) },
            sendProbe: { responder.sendLoopbackRequest().probe },
            status: { [metrics = service.metrics, load = service.load] in
                metrics.status(connections: load.connections)
            }
        )

        try Self.orUnavailable { () throws(SystemError) in try responder.start() }
        serving: while true {
            switch Signals.nextOrder(within: watchdog.isReady ? 100 : 2) {
            case .end: break serving
            case .reload: watchdog.reload(at: MonotonicClock.nanoseconds) { service.reload() }
            case nil: break
            }
            responder.enforceDeadlines()
            events.flush()
            service.log.audit.follow()
            watchdog.tick(at: MonotonicClock.nanoseconds)
        }
        systemd.notify([.stopping, .status("Finishing what has arrived")])
        responder.stop()
        events.flush(isLast: true)
        service.log.operation("service.stopped")
    }

    private static func testLibfcgi() throws(Failure) {
        do throws(LibfcgiSelfTest.Failure) {
            try LibfcgiSelfTest.run()
        } catch {
            throw Failure(
                .software,
                "this libfcgi does not take connections as it must (\(error)); install libfcgi 2.4.2"
            )
        }
    }

    private static func responder(
        _ socket: ListeningSocket,
        of service: Service,
        settings: Settings,
        events: ResponderEventLog
    ) throws(Failure) -> Responder {
        let (current, metrics) = (service.current, service.metrics)
        return try orUnavailable { () throws(SystemError) in
            try Responder(
                listener: socket,
                peers: Set(settings.process.peers.map(\.user)),
                workers: settings.process.workers,
                maximumBody: HTTPRequest.maximumBodyLength,
                parameters: LoginParameter.allCases.map(\.variable) + GateParameter.allCases.map(\.variable),
                load: service.load,
                reserve: service.reserve,
                handler: { current.value?.answer($0) ?? [] },
                report: {
                    metrics.count($0)
                    events.record($0)
                }
            )
        }
    }

    private static func orUnavailable<Value>(_ body: () throws(SystemError) -> Value) throws(Failure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
    }
}

extension LoopbackRequest {
    /// The request as a probe of the watchdog.
    fileprivate var probe: Watchdog.Probe {
        {
            switch self.progress() {
            case .waiting: .waiting
            case .finished: .finished
            case .failed: .failed
            }
        }
    }
}

extension Settings {
    /// Writes what only a start settles, for the log.
    fileprivate func describeProcess(to json: inout JSONWriter, listening place: String) {
        json.member("version", UTF8String(Program.version))
        json.member("listening", UTF8String(place))
        json.member("workers", Int64(process.workers))
        json.member("peers", process.peers.map { UTF8String(UserDatabase.name(of: $0.user)) })
        json.member("directory", UTF8String(directory.url.place))
    }

    /// The gate, for the log.
    var gateWords: String { gate?.words ?? "off" }

    /// Writes what a reload settles too, without secrets.
    func describePolicy(to json: inout JSONWriter, key: APIKey, gate: String) {
        json.member("apiKey", key.id)
        json.member("tokenSource", UTF8String(tokenSource == nil ? "off: livekit.url is not set" : "on"))
        json.member("gate", UTF8String(gate))
        json.member("ttl", UTF8String(DurationText.text(token.lifetime)))
        json.member("roles", rooms.roles.keys.sorted().map(\.text))
    }
}

extension LoadedConfiguration {
    func warnOfWeakKey(in log: Log) {
        guard let weakness = keys.signing.weakness else { return }
        log.operation("key.weak", .warning) {
            $0.member("message", UTF8String("development: true lets through a secret that \(weakness.problem)"))
        }
    }
}
