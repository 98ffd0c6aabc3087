import ArgumentParser
import FastCGI
import Glibc
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether everything is as the service needs it, and what to do if not.",
        discussion: """
            Looks at the configuration, the API key, the clock, the directory, the socket and who may connect to it, a \
            line each; it changes nothing. Run it as the user of the service: another user may see other files.

            Exit status 0: no error. 78: the configuration or the key must change. 69: something else must.

              livekit-tokend check --config /etc/livekit-tokend/config.yaml
            """
    )

    @OptionGroup var configuration: ConfigurationOption
    @Flag(help: "Print one JSON array of objects with level, subject and message.") var json = false

    func run() throws {
        let findings = Examination(path: configuration.path).findings
        if json {
            try Output.json(findings) { finding, object in
                object.member("level", Text(finding.level.rawValue))
                object.member("subject", Text(finding.subject))
                object.member("message", Text(finding.message))
            }
        } else {
            for finding in findings { try Output.value(finding) }
        }
        let errors = findings.filter { $0.level == .error }
        if let worst = errors.first(where: { $0.isConfiguration }) ?? errors.first {
            throw ExitCode(
                worst.isConfiguration ? Failure.Status.configuration.rawValue : Failure.Status.unavailable.rawValue
            )
        }
    }
}

/// One thing that was looked at.
private struct Finding: CustomStringConvertible {
    enum Level: String {
        case ok
        case warning
        case error
    }

    let level: Level
    let subject: String
    /// How it is; for a warning or an error also what would be right.
    let message: String
    var isConfiguration = false

    var description: String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(level.rawValue, 9) + padded(subject, 15) + message
    }
}

/// Looks at everything that the service depends on, in the order in which the service meets it.
private struct Examination {
    private(set) var findings: [Finding] = []

    init(path: String) {
        let settings: Settings
        do throws(Failure) {
            settings = try Settings.load(from: path)
        } catch {
            findings.append(
                Finding(level: .error, subject: "configuration", message: error.message, isConfiguration: true)
            )
            return
        }
        findings.append(Finding(level: .ok, subject: "configuration", message: path))
        examineKey(settings)
        examineClock()
        examineDirectory(settings)
        examineAudit(settings)
        examinePeers(settings)
        examineSocket(settings)
    }

    private mutating func examineKey(_ settings: Settings) {
        do throws(Failure) {
            let key = try settings.keySource.load()
            if let weakness = key.weakness {
                note(
                    .warning,
                    "api key",
                    "\(key.id): its secret \(weakness.problem); development: true lets it through"
                )
            } else {
                note(.ok, "api key", "\(key.id)\(settings.keySource.path.map { ", from \($0)" } ?? "")")
            }
        } catch {
            findings.append(Finding(level: .error, subject: "api key", message: error.message, isConfiguration: true))
        }
    }

    private mutating func examineClock() {
        let now = WallClock.now
        if now.date >= WallClock.earliest {
            note(.ok, "clock", now.rfc3339)
        } else {
            note(
                .error,
                "clock",
                "\(now.rfc3339) is before this program was written: set the clock, and keep it with NTP"
            )
        }
    }

    private mutating func examineDirectory(_ settings: Settings) {
        let path = settings.directoryPath
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let parent = ConfigurationFile.directory(of: path)
            if unsafe access(parent, W_OK | X_OK) == 0 {
                note(.warning, "directory", "\(path) does not exist yet; it is made at the first use")
            } else {
                note(
                    .error,
                    "directory",
                    "\(path) does not exist, and \(parent) cannot be written: make it, owned by the service"
                )
            }
            return
        }
        do throws(Failure) {
            try settings.openDirectory(readers: 1).probe(orFailAt: "directory.url")
            note(.ok, "directory", "\(path), schema \(Schema.version)")
        } catch {
            note(.error, "directory", error.message)
        }
    }

    private mutating func examineAudit(_ settings: Settings) {
        guard let path = settings.auditPath else {
            return note(.ok, "audit", "standard output, the journal under systemd")
        }
        let place = unsafe access(path, F_OK) == 0 ? path : ConfigurationFile.directory(of: path)
        if unsafe access(place, W_OK) == 0 {
            note(.ok, "audit", path)
        } else {
            note(.error, "audit", "\(place) cannot be written; no token is issued without its line in the log")
        }
    }

    private mutating func examinePeers(_ settings: Settings) {
        let own = geteuid()
        let others = settings.peers.filter { $0.user != own }.map(\.name)
        if others.isEmpty {
            note(.warning, "peers", "only \(UserDatabase.name(of: own)) may connect; name the user of nginx in peers")
        } else {
            note(.ok, "peers", (others + [UserDatabase.name(of: own)]).joined(separator: ", ") + " may connect")
        }
    }

    private mutating func examineSocket(_ settings: Settings) {
        let path = settings.listenPath
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return note(.warning, "socket", "\(path) does not exist; start the service: systemctl start livekit-tokend")
        }
        guard ListeningSocket.doesAnybodyListen(at: path) else {
            return note(
                .error,
                "socket",
                "nobody listens at \(path); start the service: systemctl start livekit-tokend"
            )
        }
        let mode = status.st_mode
        let shutOut = settings.peers.filter { peer in
            let isAllowed =
                peer.user == 0 || peer.user == status.st_uid && mode & 0o200 != 0
                || peer.group == status.st_gid && mode & 0o020 != 0 || mode & 0o002 != 0
            return !isAllowed
        }
        if let peer = shutOut.first {
            note(
                .error,
                "socket",
                "\(path) keeps out \(UserDatabase.name(of: peer.user)): give it that user's group and mode 0660"
            )
        } else {
            note(.ok, "socket", path)
        }
    }

    private mutating func note(_ level: Finding.Level, _ subject: String, _ message: String) {
        findings.append(Finding(level: level, subject: subject, message: message))
    }
}

extension DirectoryReader {
    fileprivate func probe(orFailAt key: String) throws(Failure) {
        do throws(DirectoryError) { try probe() } catch { throw Failure(.unavailable, "\(key): \(error.reason)") }
    }
}
