import CommandLineInterface
import Configuration

/// The option `--config` of every command.
struct ConfigurationOption {
    let path: String

    init(_ arguments: inout Arguments) {
        path = arguments.option("config", "file", "The configuration file.", default: Defaults.configurationPath)
    }

    func load() throws(Failure) -> Settings {
        guard !path.isEmpty else { throw Failure(.usage, "--config is empty; name a file") }
        return try Settings.load(from: path)
    }
}
