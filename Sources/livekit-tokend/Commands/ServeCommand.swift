import CommandLineInterface
import FastCGI
import Glibc
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct ServeCommand: Command {
    static let name = "serve"
    static let abstract = "Answer requests until SIGTERM or SIGINT."
    static let discussion = """
        Speaks FastCGI on the listening socket that it inherits, from systemd (LISTEN_FDS) or as descriptor 0; \
        without one on a socket of its own at `listen`. Writes one JSON line a request to standard output, or to \
        `audit.file`.

        Tells systemd when it is ready, in which state, and that it is alive (Type=notify, WatchdogSec=): as long as \
        its workers finish requests that it sends to itself. Metrics for Prometheus are at GET /livekit/metrics.

        At SIGTERM it takes no new connections, finishes what has arrived, and exits with 0. A configuration that \
        cannot be right ends it at once with 78 and one line that says what would be.
        """
    static let examples = ["livekit-tokend serve --config /etc/livekit-tokend/config.yaml"]

    let configuration: ConfigurationOption

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        let manager = ServiceManager.fromEnvironment()
        do {
            try serve(for: manager)
        } catch let failure as Failure {
            manager.tell([.status(failure.message)])
            throw failure
        }
    }

    private func serve(for manager: ServiceManager) throws {
        let startedAt = WallClock.now
        Signals.block()
        ResourceLimits.prepare()
        let settings = try configuration.load()
        let key = try settings.keySource.load()
        let log = try Log(settings, operations: .standardOutput)
        let directory = try settings.openDirectory(readers: settings.workers)
        do throws(HandoverTest.Failure) {
            try HandoverTest.run()
        } catch {
            throw Failure(
                .software,
                "this libfcgi does not take connections as it must (\(error)); install libfcgi 2.4.2"
            )
        }
        let (socket, place) = try Listening.socket(for: settings)
        let metrics = Metrics()
        let measured = MeasuredDirectory(directory: directory, metrics: metrics)
        let gauges = MetricsPage.Gauges()
        let service = Service(
            endpoint: Endpoint(settings, key: key, directory: measured),
            log: log,
            metrics: metrics,
            page: MetricsPage(
                metrics: metrics,
                directory: measured,
                keyChangedAt: settings.keySource.changedAt(),
                startedAt: startedAt,
                gauges: gauges
            )
        )
        let notes = ResponderNotes(log: log)
        let responder = try Self.responder(socket, settings: settings, service: service, notes: notes)
        gauges.read(responder)
        Environment.forget(KeySource.secretVariables)

        log.note("service.started") { settings.describe(to: &$0, listening: place, key: key) }
        if let weakness = key.weakness {
            log.note("key.weak", .warning) {
                $0.member("message", UTF8String("development: true lets through a secret that \(weakness.problem)"))
            }
        }
        var signs = SignsOfLife(
            watchdog: manager.watchdog,
            tell: { manager.tell($0) },
            send: {
                let request = responder.requestToSelf()
                return { request.progress() }
            },
            status: { metrics.status(connections: responder.load.connections) }
        )
        do {
            try responder.run(until: {
                notes.flush()
                log.audit.follow()
                signs.tick(at: MonotonicClock.nanoseconds)
                let isOver = Signals.isTimeToStop(within: signs.isReady ? 100 : 5)
                if isOver { manager.tell([.stopping, .status("Finishing what has arrived")]) }
                return isOver
            })
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
        notes.flush(isLast: true)
        log.note("service.stopped")
    }

    private static func responder(
        _ socket: ListeningSocket,
        settings: Settings,
        service: Service,
        notes: ResponderNotes
    ) throws(Failure) -> Responder {
        do throws(SystemError) {
            return try Responder(
                listener: socket,
                peers: Set(settings.peers.map(\.user)),
                workers: settings.workers,
                maximumBody: HTTPRequest.maximumBodyLength,
                handler: { service.answer($0) },
                report: {
                    service.metrics.count($0)
                    notes.take($0)
                }
            )
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
    }
}

extension Settings {
    /// Writes what an operator wants to see at the start; none of it is a secret.
    fileprivate func describe(to json: inout JSONWriter, listening place: String, key: APIKey) {
        json.member("version", UTF8String(Program.version))
        json.member("listening", UTF8String(place))
        json.member("workers", Int64(workers))
        json.member("peers", peers.map { UTF8String(UserDatabase.name(of: $0.user)) })
        json.member("directory", UTF8String(directoryPath))
        json.member("apiKey", key.id)
        json.member("tokenSource", UTF8String(tokenSource == nil ? "off: livekit.url is not set" : "on"))
        json.member("ttl", UTF8String(Duration.text(token.lifetime)))
        json.member("roles", roles.keys.sorted().map(\.text))
    }
}
