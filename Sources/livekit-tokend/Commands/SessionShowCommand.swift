import CommandLineInterface
import Configuration
import Daemon
import RoomAccess
import StrictJSON
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
    let source: String
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        source = arguments.operand("source", "Always -, which is standard input.", default: "-")
        json = arguments.flag("json", "Print one JSON object.")
    }

    func validate() throws(UsageError) {
        guard source == "-" else {
            throw UsageError("a bearer is a secret until it expires: give it on standard input, and - here")
        }
    }

    func run() throws {
        let settings = try configuration.load()
        let key = try settings.liveKit.keySource.load()
        let login = try OperatorLogin.ofBearer(settings, beside: key)
        let directory = try settings.openDirectory(readers: 1, .keep)
        let shown = ShownSession(of: login, settings, key: key, in: directory.snapshot(), at: WallClock.now.date)
        if json {
            var writer = JSONWriter()
            writer.object { shown.write(to: &$0) }
            try Output.value(writer.text)
        } else {
            for line in shown.words { try Output.value(line) }
        }
        guard let refusal = shown.refusal else { return }
        throw ReportedFailure(status: refusal.exitStatus)
    }
}
