import CommandLineInterface
import Configuration
import Daemon

/// The option `--config` of every command.
struct ConfigurationOption {
    /// The variable whose value is the file where the option is not given.
    private static let variable = "LIVEKIT_TOKEND_CONFIG"

    let path: String

    init(_ arguments: inout Arguments) {
        let option = arguments.option(
            "config",
            "file",
            "The configuration file; without this option, that of \(Self.variable).",
            default: Defaults.configurationPath
        )
        path = arguments.isGiven("config") ? option : Environment.value(Self.variable) ?? option
    }

    func load() throws(Failure) -> Settings {
        guard !path.isEmpty else { throw Failure(.usage, "--config is empty; name a file") }
        return try Settings.load(from: path)
    }
}
