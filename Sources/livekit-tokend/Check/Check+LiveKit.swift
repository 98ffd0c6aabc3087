import Configuration
import Daemon
import LiveKitToken
import StrictJSON
import TokenEndpoint

// MARK: - LiveKit and its key

extension Check {
    /// The path of the key file that the service uses, or systemd for it; `nil` if a variable has the key, or no file
    /// is named.
    func keyFile(_ settings: Settings) -> String? {
        let source = settings.liveKit.keySource
        guard KeySource.secretVariables.allSatisfy({ system.variable($0) == nil }) else { return nil }
        return credential(of: source) ?? source.path
    }

    /// The file that systemd passes on as the key file; `nil` if it passes none.
    private func credential(of source: KeySource) -> String? {
        credentialName(of: source).flatMap { units?.credential($0) }
    }

    /// The name of the credential that would be the key file; `nil` where systemd has passed it already, or passes
    /// none.
    private func credentialName(of source: KeySource) -> String? {
        guard system.variable("CREDENTIALS_DIRECTORY") == nil, let file = source.file, !file.hasPrefix("/") else {
            return nil
        }
        return file
    }

    /// The setting by which systemd passes the key file on, where that cannot be read here; `nil` otherwise.
    private func sealedCredential(_ settings: Settings) -> String? {
        guard let file = keyFile(settings), let name = credentialName(of: settings.liveKit.keySource),
            let setting = units?.sealedCredential(name)
        else { return nil }
        // Where a file is loaded in the clear, systemd looks for no other.
        return setting.hasPrefix("Load") || FileStatus(file) == nil ? setting : nil
    }

    mutating func checkKey(_ settings: Settings) {
        if let setting = sealedCredential(settings) {
            return add(
                .warning,
                "api key",
                "systemd passes it on by \(setting)=, where check cannot read it; the service says at its start "
                    + "whether it is one: journalctl -u livekit-tokend"
            )
        }
        var source = settings.liveKit.keySource
        let credential = credential(of: source)
        if let credential {
            // Systemd reads the file as root and passes a copy on; so the check reads it as root, where it is root's.
            source.directory = "/"
            source.file = credential
            source.originalDirectory = nil
        }
        // What systemd passes on it reads outside of the sandbox.
        if credential == nil, let file = keyFile(settings), isKeptFromService("api key", file, isWritten: false) {
            return
        }
        let result: Result<LoadedKey, Failure>
        if credential == nil {
            result = Self.key(source, on: system)
        } else {
            var system = system
            system.ids = (user.user, user.group)
            result = user.asRealUser { Self.key(source, on: system) }
        }
        switch result {
        case .failure(let failure): add(.error, "api key", failure.message, isConfiguration: true)
        case .success(let loaded): addKey(loaded, source, isPassedOn: credential != nil)
        }
    }

    private mutating func addKey(_ loaded: LoadedKey, _ source: KeySource, isPassedOn: Bool) {
        var words = "\(loaded.key.id), from \(place(loaded.place))"
        var age: Int64?
        if case .file = loaded.place {
            if isPassedOn { words += ", which systemd passes on" }
            age = source.changedAt(on: system).map { WallClock.now.date.seconds(since: $0) / 86_400 }
        }
        if let age { words += age < 1 ? ", changed today" : ", changed \(counted(age, "day")) ago" }
        if let weakness = loaded.key.weakness {
            add(.warning, "api key", "\(words): its secret \(weakness.problem); development: true lets it through")
        } else if let age, age > Self.oldKey {
            add(.warning, "api key", "\(words); rotate it as described in \(Self.rotationManual)")
        } else {
            add(.ok, "api key", words)
        }
        let hidden = loaded.hidden.filter { isVariable($0) || holdsKey(source, isPassedOn: isPassedOn) }
            .map { place($0) }.joined(separator: " and ")
        guard !hidden.isEmpty else { return }
        add(.warning, "api key", "\(place(loaded.place)) hides \(hidden): remove what shall not count")
    }

    private func isVariable(_ place: KeyPlace) -> Bool {
        if case .file = place { false } else { true }
    }

    /// Whether the key file would give a key: the one that the package makes has only comments.
    private func holdsKey(_ source: KeySource, isPassedOn: Bool) -> Bool {
        var source = source
        source.id = nil
        source.isDevelopment = true
        let system = LinuxSystem(ids: (user.user, user.group), variables: [:])
        let result = isPassedOn ? user.asRealUser { Self.key(source, on: system) } : Self.key(source, on: system)
        return (try? result.get()) != nil
    }

    private func place(_ place: KeyPlace) -> String {
        switch place {
        case .file(let path): path
        case .secretVariable, .keysVariable:
            "\(place.name) in the environment" + (system.variables == nil ? "" : " of \(SystemdUnits.service)")
        }
    }

    private static func key(_ source: KeySource, on system: LinuxSystem) -> Result<LoadedKey, Failure> {
        Result { () throws(Failure) in try source.find(on: system) }
    }

    /// Days after which the alert rules call a key old.
    private static let oldKey: Int64 = 180
    private static let rotationManual = "/usr/share/doc/livekit-tokend/deploy.md.gz, \"Rotate the API key\""

    mutating func checkTokenSource(_ settings: Settings) {
        guard let policy = settings.tokenSource else {
            return add(
                .ok,
                "token source",
                "off: /livekit/token-source answers 404; set livekit.url to let LiveKit's own clients ask there"
            )
        }
        if let problem = ServerURL.problem(
            of: policy.serverURL.description,
            isDevelopment: settings.process.isDevelopment
        ) {
            return add(.warning, "token source", "\(policy.serverURL) \(problem)")
        }
        let allowed =
            (policy.participantName ? ["participant_name"] : [])
            + policy.participantAttributes.sorted().map { "the attribute \($0)" }
            + policy.agents.sorted().map { "\($0)".isEmpty ? "the agent without a name" : "the agent \($0)" }
            + policy.agentDeployments.sorted().map { "the agents' deployment \($0)" }
        let what = allowed.isEmpty ? "nothing but room, scene and event" : allowed.joined(separator: ", ")
        add(.ok, "token source", "\(policy.serverURL); clients may set \(what)")
    }
}

/// The URL where clients connect to LiveKit, as one who knows browsers and networks reads it.
enum ServerURL {
    /// What keeps clients elsewhere from using a URL: a predicate with the cure; `nil` if nothing does.
    static func problem(of url: String, isDevelopment: Bool) -> String? {
        let isEncrypted = url.hasPrefix("wss://") || url.hasPrefix("https://")
        let rest = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
        let host = (rest.hasPrefix("[") ? rest.prefix { $0 != "]" } + "]" : rest.prefix { $0 != ":" }).lowercased()
        let examples = ["example.com", "example.org", "example.net", "example", "invalid"]
        if examples.contains(where: { host == $0 || host.hasSuffix(".\($0)") }) {
            return "is a placeholder; set livekit.url to the address of your LiveKit server"
        }
        // A development machine has no others.
        guard !isDevelopment else { return nil }
        let isLoopback =
            host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.")
            || ["[::1]", "[::]", "0.0.0.0"].contains(host)
        if isLoopback {
            return "is this machine alone, and each client takes it for its own; set livekit.url to the address that "
                + "clients use"
        }
        if !host.contains("."), !host.hasPrefix("[") {
            return
                "has a name without a dot, which clients outside of this network cannot find; set livekit.url to the "
                + "address that they use"
        }
        return isEncrypted
            ? nil
            : "is not encrypted, and a page over https may not connect to it; set livekit.url to the wss:// address"
    }
}
