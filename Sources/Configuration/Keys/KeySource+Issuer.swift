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
        try keyRing(on: system)[UTF8String(id)]
    }
}
