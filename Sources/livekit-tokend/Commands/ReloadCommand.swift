import CommandLineInterface
import Configuration
import Daemon
import FastCGI
import Glibc

/// `reload`: the signal for a reload, and the service's verdict.
///
/// The service alone can judge: it has the key that systemd passed on at its start, and the variables of then.
struct ReloadCommand: Command {
    static let name = "reload"
    static let abstract = "Let a running service read its configuration again, and wait for its verdict."
    static let discussion = """
        Sends SIGHUP to the process of the service, and asks it at its socket whether it has taken the configuration \
        over: in silence if so, else with the reason, and the service works as before. `systemctl reload` runs it.

        Run it as root or as the user of the service, which alone may ask. Where it cannot connect, it judges the \
        configuration itself, without the key.

        Exit status 0: taken over. 78: refused; the configuration or the key must change. 69: the service cannot be \
        told, or does not answer.
        """
    static let examples = ["systemctl reload livekit-tokend", "livekit-tokend reload 1234 --config ./config.yaml"]

    /// How long the service is asked after the signal, in nanoseconds: all of it ends within the 15 seconds of the unit.
    private static let patience: Int64 = 8_000_000_000

    let configuration: ConfigurationOption
    let process: String

    init(_ arguments: inout Arguments) {
        process = arguments.operand("process", "The number of the service's process.")
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        guard let process = Int32(process), process > 0 else {
            throw Failure(.usage, "<process> must be the number of a process, such as systemd's $MAINPID")
        }
        // Of the unit, although the configuration cannot be read.
        let units = configuration.path == Defaults.configurationPath ? Host().units : nil
        let settings = Result { () throws(Failure) in try configuration.load() }
        guard let path = units?.listenPath ?? (try? settings.get())?.process.listenPath else {
            try Self.signal(process)
            return try Self.judge(settings)
        }

        let before: ConfigurationReport?
        do throws(SystemError) {
            before = try ConfigurationReport.ofService(at: path)
        } catch {
            try Self.signal(process)
            try Self.judge(settings)
            return report("the service was told, and cannot be asked for its verdict at \(path): \(error)".harmless)
        }
        try Self.signal(process)
        guard let ended = before?.reloads else { throw Self.noAnswer }
        let end = MonotonicClock.nanoseconds + Self.patience
        while MonotonicClock.nanoseconds < end {
            if let now = try? ConfigurationReport.ofService(at: path), let reloads = now.reloads, reloads > ended {
                if let refusal = now.refusal { throw Failure(.configuration, refusal) }
                return
            }
            usleep(50_000)
        }
        throw Self.noAnswer
    }

    private static let noAnswer = Failure(
        .unavailable,
        "the service was told, and does not say whether it has taken the configuration over; ask: livekit-tokend check"
    )

    private static func signal(_ process: Int32) throws(Failure) {
        // SIGHUP ends many a program.
        if let name = name(of: process), name != self.name(of: getpid()) {
            throw Failure(.usage, "process \(process) is of \(name.harmless); name the one of the service")
        }
        guard kill(process, SIGHUP) != 0 else { return }
        throw Failure(
            .unavailable,
            errno == ESRCH
                ? "there is no process \(process); name the one of the service"
                : "process \(process) is another user's; run this as that user, or as root"
        )
    }

    /// The name of a process's program; `nil` if it cannot be read.
    private static func name(of process: Int32) -> String? {
        guard let bytes = try? ReadableFile(opening: "/proc/\(process)/comm").contents(atMost: 64) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Says what is wrong with a configuration as such.
    private static func judge(_ settings: Result<Settings, Failure>) throws(Failure) {
        try settings.get().requireAppendableAudit()
    }
}
