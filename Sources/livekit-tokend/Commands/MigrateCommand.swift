import CommandLineInterface
import Configuration
import RoomAccess

struct MigrateCommand: Command {
    static let name = "migrate"
    static let abstract = "Make the directory, or bring its tables up to this program's version."
    static let discussion = """
        Prints the version of the schema. `serve` and every command that opens the directory do the same, but for \
        `check`; a program of an earlier version takes it no more, and has it back as livekit-tokend-directory(5) \
        says. A file that root makes belongs to the owner of its parent directory.

        It also takes over a file that has exactly the tables of livekit-tokend but not the numbers in its header that \
        say so: what `sqlite3` makes of a `.dump`. No other command does.
        """
    static let examples = ["livekit-tokend migrate"]

    let configuration: ConfigurationOption

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        let administration = try Administration(configuration, .adopt)
        let path = administration.settings.directory.url.place
        let (before, now) = administration.schemaVersions
        switch before {
        case _ where administration.hasAdopted: report("took over \(path), whose tables were of version \(before)")
        case 0: report("made \(path)")
        case now: report("\(path) is up to date")
        default: report("brought \(path) from version \(before) to \(now)")
        }
        try Output.value(now)
    }
}
