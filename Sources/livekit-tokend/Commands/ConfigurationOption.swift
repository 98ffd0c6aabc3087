import ArgumentParser

/// `--config`, which every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"))
    var path = Settings.defaultPath

    func load() throws(Failure) -> Settings {
        try Settings.load(from: path)
    }
}
