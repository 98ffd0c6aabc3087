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

        Run it as the user of the service, which alone may ask, or as root, which asks as that user. Where it cannot \
        connect, it sends the signal, and judges the configuration itself, without the key.

        Exit status 0: taken over. 78: refused; the configuration or the key must change. 69: the service cannot be \
        told, or its verdict cannot be asked for, or it does not answer.
        """
    static let examples = ["systemctl reload livekit-tokend", "livekit-tokend reload 1234 --config ./config.yaml"]

    /// How long the service is asked before the signal, and in all, in nanoseconds; a last question may take three
    /// seconds more, and all of it ends within the 15 seconds of the unit.
    private static let patience: (before: Int64, all: Int64) = (4_000_000_000, 11_000_000_000)

    let configuration: ConfigurationOption
    let process: String

    init(_ arguments: inout Arguments) {
        process = arguments.operand("process", "The number of the service's process.")
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        guard let number = Int32(process), number > 0 else {
            throw Failure(.usage, "<process> must be the number of a process, such as systemd's $MAINPID")
        }
        let process = ServiceProcess(number)
        try EffectiveUser.become(process)
        let settings = Result { () throws(Failure) in try configuration.load() }
        guard let path = unit(of: process)?.listenPath ?? (try? settings.get())?.process.listenPath else {
            try Self.signal(process)
            return try Self.judge(settings)
        }

        let start = MonotonicClock.nanoseconds
        let before: ConfigurationReport?
        do throws(SystemError) {
            before = try Self.ask(process, at: path, until: start + Self.patience.before)
        } catch {
            try Self.signal(process)
            try Self.judge(settings)
            let words = "the service was told, and cannot be asked for its verdict at \(path): \(error)"
            throw Failure(.unavailable, words.harmless)
        }
        try Self.signal(process)
        guard let begun = before?.reloadsBegun else { throw Self.noAnswer }
        let end = start + Self.patience.all
        while MonotonicClock.nanoseconds < end {
            // One that had begun may have read an older file. The next begins after the number was read, so it reads
            // what was there when this command was called, and the signal sees to it that there is a next.
            if let now = try? Self.ask(process, at: path, until: end), let ended = now.reloads, ended > begun {
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

    /// The units, where systemd listens for the process, whatever its configuration says.
    private func unit(of process: ServiceProcess) -> SystemdUnits? {
        // Under ProtectProc= the command sees its own group alone, which is the unit's where systemd runs it.
        let isOfUnit = process.isOfUnit ?? (ServiceProcess(getpid()).isOfUnit == true)
        return isOfUnit || configuration.path == Defaults.configurationPath ? Host().units : nil
    }

    /// Asks until the process itself answers: a full queue empties, and others may listen on the same socket.
    ///
    /// - Returns: what it says; `nil` if it says nothing.
    /// - Throws: if the connection fails.
    private static func ask(
        _ process: ServiceProcess,
        at path: String,
        until end: Int64
    ) throws(SystemError) -> ConfigurationReport? {
        repeat {
            do throws(SystemError) {
                guard let report = try ConfigurationReport.ofService(at: path) else { return nil }
                guard let own = process.ownNumber, let other = report.process, own != other else { return report }
            } catch {
                guard error.code == EAGAIN, MonotonicClock.nanoseconds < end else { throw error }
            }
            usleep(20_000)
        } while MonotonicClock.nanoseconds < end
        return nil
    }

    private static func signal(_ process: ServiceProcess) throws(Failure) {
        // SIGHUP ends many a program.
        if let name = process.name, name != ServiceProcess(getpid()).name {
            throw Failure(.usage, "process \(process.number) is of \(name.harmless); name the one of the service")
        }
        guard kill(process.number, SIGHUP) != 0 else { return }
        throw Failure(
            .unavailable,
            errno == ESRCH
                ? "there is no process \(process.number); name the one of the service"
                : "process \(process.number) is another user's; run this as that user, or as root"
        )
    }

    /// Says what is wrong with a configuration as such.
    private static func judge(_ settings: Result<Settings, Failure>) throws(Failure) {
        try settings.get().requireAppendableAudit()
    }
}
