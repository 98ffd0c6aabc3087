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
        let place: String
        var bytes: [UInt8]
        if let secret = system.variable("LIVEKIT_API_SECRET") {
            guard system.variable("LIVEKIT_API_KEY") == id else { return nil }
            bytes = Array(secret.utf8)
            defer { system.wipe(&bytes) }
            return try? APIKey(id: UTF8String(id), secret: bytes, strength: .any)
        } else if let keys = system.variable("LIVEKIT_KEYS") {
            (place, bytes) = ("LIVEKIT_KEYS", Array(keys.utf8))
        } else if let path, let originalPath {
            (place, bytes) = (originalPath, try KeyFile.contents(of: path, place: originalPath, on: system))
        } else {
            throw ConfigurationError("no API key is configured")
        }
        defer { system.wipe(&bytes) }
        guard let entry = try KeyFile.parse(bytes, place: place).first(where: { $0.id == id }) else { return nil }
        var secret = Array(bytes[entry.secret])
        defer { system.wipe(&secret) }
        return try? APIKey(id: UTF8String(entry.id), secret: secret, strength: .any)
    }
}
