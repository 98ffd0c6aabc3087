import CommandLineInterface
import Configuration
import SQLiteDirectory

struct MigrateCommand: Command {
    static let name = "migrate"
    static let abstract = "Make the directory, or bring its tables up to this program's version."
    static let discussion = """
        Prints the version of the schema. Every command does the same on first use; run it after an update, or to \
        make the directory as the user of the service. A file made by root belongs to the owner of its parent \
        directory.
        """
    static let examples = ["livekit-tokend migrate"]

    let configuration: ConfigurationOption

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        let administration = try Administration(configuration)
        let path = administration.settings.directory.url.place
        switch administration.schemaVersionBefore {
        case 0: report("made \(path)")
        case Schema.version: report("\(path) is up to date")
        case let before: report("brought \(path) from version \(before) to \(Schema.version)")
        }
        try Output.value(Schema.version)
    }
}
