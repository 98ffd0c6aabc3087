import CommandLineInterface
import Configuration
import Daemon
import FastCGI
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

        At SIGTERM it accepts no more connections, answers the requests that have arrived, and exits with 0. A wrong \
        configuration ends it at once with 78 and one line that says what would be right.
        """
    static let examples = ["livekit-tokend serve --config /etc/livekit-tokend/config.yaml"]

    let configuration: ConfigurationOption

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        let systemd = SystemdNotifier.fromEnvironment()
        do {
            try serve(notifying: systemd)
        } catch let failure as Failure {
            systemd.notify([.status(failure.message)])
            throw failure
        }
    }

    private func serve(notifying systemd: SystemdNotifier) throws {
        let startedAt = WallClock.now
        Signals.block()
        ResourceLimits.prepare()
        let settings = try configuration.load()
        let key = try settings.liveKit.keySource.load()
        let log = try Log(settings, operations: .standardOutput)
        let directory = try settings.openDirectory(readers: settings.process.workers)
        try Self.testLibfcgi()
        let (socket, place) = try SocketActivation.socket(for: settings)
        let metrics = Metrics()
        let measured = MeasuredDirectory(directory: directory, metrics: metrics)
        let load = Load()
        let page = MetricsPage(
            metrics: metrics,
            directory: measured,
            keyChangedAt: settings.liveKit.keySource.changedAt(),
            startedAt: startedAt,
            load: load
        )
        let handler = RequestHandler(
            endpoint: Endpoint(settings, key: key, directory: measured, metrics: page),
            log: log,
            metrics: metrics
        )
        let events = ResponderEventLog(log: log)
        let responder = try Self.responder(socket, settings: settings, load: load, handler: handler, events: events)
        Environment.forget(KeySource.secretVariables)

        log.operation("service.started") { settings.describe(to: &$0, listening: place, key: key) }
        if let weakness = key.weakness {
            log.operation("key.weak", .warning) {
                $0.member("message", UTF8String("development: true lets through a secret that \(weakness.problem)"))
            }
        }
        var watchdog = Watchdog(
            interval: systemd.watchdogInterval,
            notify: { systemd.notify($0) },
            sendProbe: { responder.sendLoopbackRequest().probe },
            status: { metrics.status(connections: load.connections) }
        )

        try Self.orUnavailable { () throws(SystemError) in try responder.start() }
        while !Signals.endingArrived(within: watchdog.isReady ? 100 : 2) {
            responder.enforceDeadlines()
            events.flush()
            log.audit.follow()
            watchdog.tick(at: MonotonicClock.nanoseconds)
        }
        systemd.notify([.stopping, .status("Finishing what has arrived")])
        responder.stop()
        events.flush(isLast: true)
        log.operation("service.stopped")
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
        settings: Settings,
        load: Load,
        handler: RequestHandler,
        events: ResponderEventLog
    ) throws(Failure) -> Responder {
        try orUnavailable { () throws(SystemError) in
            try Responder(
                listener: socket,
                peers: Set(settings.process.peers.map(\.user)),
                workers: settings.process.workers,
                maximumBody: HTTPRequest.maximumBodyLength,
                load: load,
                handler: { handler.answer($0) },
                report: {
                    handler.metrics.count($0)
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
    /// Writes the settings for the log of the start, without secrets.
    fileprivate func describe(to json: inout JSONWriter, listening place: String, key: APIKey) {
        json.member("version", UTF8String(Program.version))
        json.member("listening", UTF8String(place))
        json.member("workers", Int64(process.workers))
        json.member("peers", process.peers.map { UTF8String(UserDatabase.name(of: $0.user)) })
        json.member("directory", UTF8String(directory.url.place))
        json.member("apiKey", key.id)
        json.member("tokenSource", UTF8String(tokenSource == nil ? "off: livekit.url is not set" : "on"))
        json.member("ttl", UTF8String(DurationText.text(token.lifetime)))
        json.member("roles", rooms.roles.keys.sorted().map(\.text))
    }
}
