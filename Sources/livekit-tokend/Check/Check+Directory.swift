import CommandLineInterface
import Configuration
import RoomAccess
import SQLiteDirectory

extension Check {
    /// Adds a warning for each kind of row that no request can make use of, and nothing if there is none.
    mutating func checkRows(_ settings: Settings) {
        let ids = settings.rooms.ids
        switch settings.directory.url {
        case .sqlite(let path):
            // What keeps the file from being read is a finding of its own.
            let findings = try? SQLiteDirectoryReader.survey(path: path) { ids.identifier($0.text) != nil }
            for finding in findings ?? [] { add(.warning, "directory", "\(path) \(finding.message)".harmless) }
        case .absent: break
        }
    }
}
