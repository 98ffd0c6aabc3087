import CommandLineInterface
import StrictJSON

struct CheckCommand: Command {
    static let name = "check"
    static let abstract = "Say whether everything is as the service needs it, and what to do if not."
    static let discussion = """
        Looks at the configuration, the API key, the clock, the directory, the log, the socket, who may connect to \
        it, and whether nginx is among them: a line each, which says ok, warning or error, and what would be right. \
        It changes nothing.

        Run by root it looks as the user of the service, because root may see more: as livekit-tokend where there \
        is that user, or as the one that --as names.

        Exit status 0: no error. 78: the configuration or the key must change. 69: something else must.
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
        user = arguments.option("as", "user", "Look as this user; only root can.")
        json = arguments.flag("json", "Print one JSON array of objects with level, subject and message.")
    }

    func run() throws {
        let findings = Examination(path: configuration.path, as: try Viewer.become(user)).findings
        if json {
            try Output.json(findings) { finding, object in
                object.member("level", UTF8String(finding.level.rawValue))
                object.member("subject", UTF8String(finding.subject))
                object.member("message", UTF8String(finding.message))
            }
        } else {
            for finding in findings { try Output.value(finding) }
            if let summary = findings.summary { report(summary) }
        }
        if let failure = findings.failure { throw FailureTold(status: failure) }
    }
}
