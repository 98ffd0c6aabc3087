import ArgumentParser
import Glibc

/// The program: reads its arguments, runs one command, and turns whatever that throws into a line and an exit status.
@main
struct Program: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "livekit-tokend",
        abstract: "Decides who may enter which LiveKit room, and hands out short-lived access tokens.",
        version: version,
        subcommands: [
            ServeCommand.self, CheckCommand.self, MigrateCommand.self, UserCommand.self, SessionCommand.self,
            RoomCommand.self, MemberCommand.self, StreamCommand.self, TokenCommand.self,
        ]
    )

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            report(failure.message)
            Glibc.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// Says something to the person at the terminal, on standard error.
func report(_ message: String) {
    var line = Array("livekit-tokend: \(message)\n".utf8)
    _ = unsafe line.withUnsafeMutableBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
