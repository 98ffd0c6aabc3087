package import LiveKitToken
import StrictJSON

extension KeySource {
    /// Reads the key that a token names as its issuer; `nil` if it is not one of those that are configured.
    ///
    /// Each key of the place is one of ours, whichever of them signs: `livekit.api_key` and, beside a place of several
    /// keys, `LIVEKIT_API_KEY` name none away. A weak secret verifies like any other.
    ///
    /// - Throws: if the keys cannot be read, without any part of a secret.
    package func key(ofIssuer id: String, on system: some OperatingSystem) throws(ConfigurationError) -> APIKey? {
        guard let place = places(on: system).first else { throw ConfigurationError(Self.absence) }
        var bytes = try contents(of: place, on: system)
        defer { system.wipe(&bytes) }
        if place == .secretVariable {
            guard system.variable("LIVEKIT_API_KEY") ?? self.id == id else { return nil }
            return try? APIKey(id: UTF8String(id), secret: bytes, strength: .any)
        }
        guard let entry = try KeyFile.parse(bytes, place: place.name).first(where: { $0.id == id }) else { return nil }
        var secret = KeyFile.secret(of: entry, in: bytes)
        defer { system.wipe(&secret) }
        return try? APIKey(id: UTF8String(entry.id), secret: secret, strength: .any)
    }
}
