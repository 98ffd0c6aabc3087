import CommandLineInterface
import Glibc
import LiveKitToken

/// The program: parses its arguments, runs one command, and turns its error into a line and an exit status.
@main
struct Program: CommandGroup {
    /// The version and the date of the newest entry of deploy/debian/changelog, which a test compares.
    static let version = "0.6.0"
    static let releasedAt = NumericDate(1_795_996_800)  // 2026-11-30T00:00:00Z
    static let name = "livekit-tokend"
    static let abstract = "Decides who may enter which LiveKit room, and hands out short-lived access tokens."
    static let commands: [any Command.Type] = [
        ServeCommand.self, ReloadCommand.self, CheckCommand.self, MigrateCommand.self, UserCommand.self,
        SessionCommand.self, RoomCommand.self, MemberCommand.self, StreamCommand.self, BlockCommand.self,
        UnblockCommand.self, TokenCommand.self, ExplainCommand.self, KeySetCommand.self,
    ]

    /// The command line; section 8 of the manual is system administration.
    static var tree: CommandTree {
        CommandTree(
            Program.self,
            version: version,
            manualSection: 8,
            synonyms: [
                "add": ["create", "new"], "create": ["add", "new"], "list": ["ls"], "remove": ["delete", "rm"],
            ]
        )
    }

    static func main() {
        do {
            switch try tree.request(Array(CommandLine.arguments.dropFirst())) {
            case .run(let command): try command.run()
            case .print(let text): try Output.text(text)
            }
        } catch let error as UsageError {
            report("\(error.message)\n\(error.usage)")
            exit(Failure.Status.usage.rawValue)
        } catch let failure as Failure {
            report(failure.message)
            exit(failure.status.rawValue)
        } catch let failure as ReportedFailure {
            exit(failure.status.rawValue)
        } catch {
            report("\(error)".harmless)
            exit(Failure.Status.software.rawValue)
        }
    }
}

/// Writes a message for a person to standard error.
func report(_ message: String) {
    var line = Array("livekit-tokend: \(message)\n".utf8)
    _ = unsafe line.withUnsafeMutableBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
