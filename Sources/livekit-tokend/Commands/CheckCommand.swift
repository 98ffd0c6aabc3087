import CommandLineInterface
import StrictJSON

struct CheckCommand: Command {
    static let name = "check"
    static let abstract = "Check all that the service needs, and say what to do where it lacks something."
    static let discussion = """
        Checks the configuration, the API key, the clock, the directory, the log, the socket, the users that may \
        connect to it, and whether nginx runs as one of them. Prints a line for each: ok, warning or error, the \
        state, and what to do. It changes nothing.

        Run by root, it checks as the user of the service, because root may read more: as livekit-tokend if that \
        user exists, or as the user of --as. An ordinary user who may not look at a file that the service needs is \
        told so, and nothing else.

        livekit-tokend.yaml(5) describes the configuration, livekit-tokend-directory(5) the directory.

        Exit status 0: no error. 78: the configuration or the key must change. 69: another error.
        """
    static let examples = [
        "sudo livekit-tokend check",
        "livekit-tokend check --config ./config.yaml --json",
    ]

    let configuration: ConfigurationOption
    let user: String?
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        user = arguments.option("as", "user", "Check as this user; only root can.")
        json = arguments.flag("json", "Print one JSON array of objects with level, subject and message.")
    }

    func run() throws {
        let findings = Check(path: configuration.path, as: try EffectiveUser.become(user)).findings
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
}
