import LiveKitToken
import TokenEndpoint

/// What the configuration file and the environment settle, checked and complete.
struct Settings {
    /// Where the directory is, as `directory.url` says: the path of a SQLite file.
    let directoryPath: String
    let roles: [Identifier: Permissions]
    let ids: IDPattern
}
