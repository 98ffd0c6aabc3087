package import LiveKitToken
import StrictJSON

extension KeySource {
    /// Reads all keys of the place, any of which LiveKit may sign a renewed token with.
    ///
    /// Of the variables `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET` there is one key. A weak secret verifies like any
    /// other.
    ///
    /// - Throws: if the keys cannot be read, without any part of a secret.
    package func keyRing(on system: some OperatingSystem) throws(ConfigurationError) -> KeyRing {
        guard let place = places(on: system).first else { throw ConfigurationError(Self.absence) }
        var bytes = try contents(of: place, on: system)
        defer { system.wipe(&bytes) }
        if place == .secretVariable {
            guard let id = system.variable("LIVEKIT_API_KEY") ?? self.id,
                let key = try? APIKey(id: UTF8String(id), secret: bytes, strength: .any)
            else { return KeyRing([]) }
            return KeyRing([key])
        }
        return KeyRing(
            try KeyFile.parse(bytes, place: place.name).compactMap { entry in
                var secret = KeyFile.secret(of: entry, in: bytes)
                defer { system.wipe(&secret) }
                return try? APIKey(id: UTF8String(entry.id), secret: secret, strength: .any)
            }
        )
    }
}
