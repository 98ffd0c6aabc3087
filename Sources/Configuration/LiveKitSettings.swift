/// The section `livekit`: the LiveKit server, and the key that it shares with us.
package struct LiveKitSettings {
    /// The URL where clients connect; `nil` if neither the file nor `LIVEKIT_URL` has one.
    package let url: String?
    /// The place of the key that signs.
    package let keySource: KeySource

    private static let example = "wss://livekit.example.com"

    init(
        _ section: ConfigurationReader,
        file: String,
        process: ProcessSettings,
        on system: some OperatingSystem
    ) throws(ConfigurationError) {
        let written = try section.string("url")
        if let written, !Self.isServerURL(written.value) {
            throw section.error(written, "must be the URL of the LiveKit server, such as \(Self.example)")
        }
        let override = system.variable("LIVEKIT_URL")
        if let override, !Self.isServerURL(override) || Placeholder.first(in: override) != nil {
            throw ConfigurationError("LIVEKIT_URL must be the URL of the LiveKit server, such as \(Self.example)")
        }
        url = override ?? written?.value
        let keyFile = try section.string("key_file")
        if let keyFile, keyFile.value.isEmpty { throw section.error(keyFile, "is empty; name a file") }
        if let keyFile, keyFile.value.utf8.contains(0) { throw section.error(keyFile, "has a NUL; name a file") }
        let directory = FilePath.parent(of: file)
        keySource = KeySource(
            directory: system.variable("CREDENTIALS_DIRECTORY") ?? directory,
            originalDirectory: directory,
            file: keyFile?.value,
            id: try section.string("api_key")?.value,
            isDevelopment: process.isDevelopment
        )
        try section.finish()
    }

    /// Whether LiveKit's clients take a URL: it has a host, and no user, query or fragment.
    private static func isServerURL(_ url: String) -> Bool {
        guard let scheme = ["wss://", "ws://", "https://", "http://"].first(where: url.hasPrefix) else { return false }
        let rest = url.dropFirst(scheme.count)
        return !rest.prefix { $0 != "/" }.isEmpty && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && !rest.contains { "@?#\\\"<>".contains($0) }
    }
}
