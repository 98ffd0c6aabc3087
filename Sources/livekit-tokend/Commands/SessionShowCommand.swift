import CommandLineInterface
import Configuration
import Daemon
import RoomAccess
import TokenEndpoint

struct SessionShowCommand: Command {
    static let name = "show"
    static let abstract = "Say whose session a bearer on standard input is, or why it is none."
    static let discussion = """
        The bearer is read from standard input, because other users of the machine can see arguments, and is never \
        printed. It is judged as the endpoint judges it, by `sessions.source`: the directory, or the issuers of \
        `sessions.jwt`. Of one that is no session it says which setting, here or of the issuer, would change that; a \
        claim that it quotes is believed by nothing.

        Exit status 0: it is a session. 65: it is none. 69: it cannot be judged now.
        """
    static let examples = ["livekit-tokend session show - < bearer.txt"]

    let configuration: ConfigurationOption
    let source: SecretOperand
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        source = SecretOperand(&arguments, of: "a bearer")
        json = arguments.flag("json", "Print one JSON object.")
    }

    func validate() throws(UsageError) { try source.validate() }

    func run() throws {
        let settings = try configuration.load()
        let key = try settings.liveKit.keySource.load()
        let login = try OperatorLogin.ofBearer(settings, beside: key)
        let directory = try settings.openDirectory(readers: 1, .keep)
        let shown = ShownSession(of: login, settings, key: key, in: directory.snapshot(), at: WallClock.now.date)
        if json {
            try Output.object { shown.write(to: &$0) }
        } else {
            for line in shown.words { try Output.value(line) }
        }
        guard let refusal = shown.refusal else { return }
        throw ReportedFailure(status: refusal.exitStatus)
    }
}
