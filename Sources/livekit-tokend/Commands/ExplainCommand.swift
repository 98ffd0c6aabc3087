import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

struct ExplainCommand: Command {
    static let name = "explain"
    static let abstract = "Say whether a user may enter a room, and why."
    static let discussion = """
        The policy is the endpoint's, and decides on the directory as it is now, for any time. It makes no token, and \
        writes nothing to the log.

        A user is taken as the source of sessions would vouch for them: where `sessions.users` is any, the directory \
        need not know them. With - in place of the user, a bearer is read from standard input, and says whose session \
        it is and until when. What the source would say of a named user's rooms is given with --rooms or --groups.

        Exit status 0: the user may enter. 65: the user may not, or the bearer is not valid. 69: the directory does \
        not answer.
        """
    static let examples = [
        "livekit-tokend explain ada stage-1",
        "livekit-tokend explain ada stage-1 --at 2026-12-24T20:00:00Z --json",
        "livekit-tokend explain ada stage-1 --rooms '{\"stage-*\": [\"host\"]}'",
        "livekit-tokend explain - stage-1 < bearer.txt",
    ]

    let configuration: ConfigurationOption
    let userID, roomID: String
    let place: PlaceOptions
    let at: String?
    let claims: ClaimOptions
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        userID = arguments.operand("user-id", "The user who enters, or - for the one of a bearer on standard input.")
        roomID = arguments.operand("room-id", "The room to enter.")
        place = PlaceOptions(&arguments)
        at = arguments.option("at", "time", "The time to decide for, in place of now.")
        claims = ClaimOptions(&arguments)
        json = arguments.flag("json", "Print one JSON object.")
    }

    func run() throws {
        let settings = try configuration.load()
        let request = try place.request(inRoom: roomID, settings)
        let now = try ArgumentValue.time(at, "--at", now: WallClock.now.date) ?? WallClock.now.date
        let key = try settings.liveKit.keySource.load()
        let login = try OperatorLogin.read(userID, claims, settings, beside: key)
        let account = try Account(of: login, request, settings, key: key, at: now)
        if json {
            try Output.object { account.write(to: &$0) }
        } else {
            for line in account.words { try Output.value(line) }
        }
        guard case .failure(let refusal) = account.decision else { return }
        throw ReportedFailure(status: refusal.exitStatus)
    }
}
