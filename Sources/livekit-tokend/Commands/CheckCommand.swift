import CommandLineInterface
import Configuration
import Daemon
import StrictJSON

struct CheckCommand: Command {
    static let name = "check"
    static let abstract = "Check all that the service needs, and say what to do where it lacks something."
    static let discussion = """
        Checks the configuration, the API key, the clock, the directory, the log, the socket, the users that may \
        connect to it, and whether nginx runs as one of them. Prints a line for each: ok, warning or error, the \
        state, and what to do. It changes nothing.

        Where the gate is on, it also asks nginx and LiveKit, on this machine alone and by curl(1): whether nginx asks \
        before each join, whether anything leads past it, and whether the clocks agree.

        Run by root, it checks as the user of the service, because root may read more: as livekit-tokend if that \
        user exists, or as the user of --as. An ordinary user who may not look at a file that the service needs is \
        told so, and nothing else.

        With --auth-url it asks the back end of nginx's `auth_request` once, as nginx would, and checks nothing else: \
        it says what the answer means for clients, with names and groups as the service will see them, and what to do. \
        The cookie of a login is read from standard input, because other users of the machine can see arguments. It \
        connects to this machine alone.

        livekit-tokend.yaml(5) describes the configuration, livekit-tokend-directory(5) the directory.

        Exit status 0: no error. 78: the configuration or the key must change. 69: another error.
        """
    static let examples = [
        "sudo livekit-tokend check",
        "livekit-tokend check --config ./config.yaml --json",
        "livekit-tokend check --auth-url http://127.0.0.1:8000/livekit/auth/ \\\n"
            + "    --host meet.example.com --cookie - < cookie.txt",
    ]

    let configuration: ConfigurationOption
    let user, authURL, cookie: String?
    let host: String
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        user = arguments.option("as", "user", "Check as this user; only root can.")
        json = arguments.flag("json", "Print one JSON array of objects with level, subject and message.")
        authURL = arguments.option("auth-url", "url", "Ask this URL of a back end, on 127.0.0.1 or [::1].")
        cookie = arguments.option("cookie", "source", "With --auth-url: always -, a Cookie header's value from there.")
        host = arguments.option("host", "name", "With --auth-url: the host that clients name.", default: "localhost")
    }

    func validate() throws(UsageError) {
        guard cookie == nil || authURL != nil else { throw UsageError("--cookie goes with --auth-url") }
        guard cookie ?? "-" == "-" else {
            throw UsageError("a cookie is a secret while its login lasts: give it on standard input, and --cookie -")
        }
    }

    func run() throws {
        let findings =
            try authURL.map { try ask($0) }
            ?? Check(path: configuration.path, as: try EffectiveUser.become(user)).findings
        if json {
            try Output.json(findings) { finding, object in
                object.member("level", UTF8String(finding.level.rawValue))
                object.member("subject", UTF8String(finding.subject))
                object.member("message", UTF8String(finding.message))
            }
        } else {
            for finding in findings { try Output.value(finding.line(isColored: Terminal.hasColors)) }
            if let summary = findings.summary { report(summary) }
        }
        if let failure = findings.failure { throw ReportedFailure(status: failure) }
    }

    /// Asks a back end.
    private func ask(_ text: String) throws(Failure) -> [Finding] {
        guard let url = BackendURL(text) else {
            throw Failure(
                .usage,
                "--auth-url must be the URL of a back end on this machine, such as "
                    + "http://127.0.0.1:8000/livekit/auth/; of one elsewhere, ask there"
            )
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(.usage, "--host must be the name of a host, such as meet.example.com")
        }
        let request = BackendRequest(url: url, host: host, cookie: cookie == nil ? nil : try CookieInput.read())
        let verdict = BackendVerdict(
            outcome: request.send(),
            url: url,
            hasCookie: cookie != nil,
            // The verdict needs no configuration; with one it says what groups give.
            memberships: try? configuration.load().memberships,
            now: WallClock.now.date
        )
        return verdict.findings
    }
}
