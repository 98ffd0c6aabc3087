import Configuration
import Daemon
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON

/// A configuration that was read whole, with its key: all that a start or a reload judges before it changes anything.
struct LoadedConfiguration {
    let settings: Settings
    let keys: LiveKitKeys
    /// The secrets of issuers that sign tokens by one.
    let sharedSecrets: [SecretFile: HMACSecret]
    /// What tells the content of the file from another one.
    let checksum: FileChecksum?
    /// When the key file was last changed; `nil` if the key does not come from a file.
    let keyChangedAt: NumericDate?
    /// Whether the key file is a credential of systemd, which passes on a copy at the start.
    let isKeyCredential: Bool

    /// Reads a configuration and its key, and makes sure that the log can be written.
    ///
    /// - Parameters:
    ///   - isReload: whether the process has started before, with the credentials of then.
    ///   - keys: those that a process keeps because they came from the environment, which it has forgotten.
    init(
        _ option: ConfigurationOption,
        again isReload: Bool = false,
        keeping keys: LiveKitKeys? = nil
    ) throws(Failure) {
        // Before the settings: a change in between makes `check` ask for one reload too many, and not for one too few.
        checksum = FileChecksum(ofFile: option.path)
        settings = try option.load()
        let source = settings.liveKit.keySource
        isKeyCredential = source.path != source.originalPath
        if let weakness = keys?.signing.weakness, !settings.process.isDevelopment {
            throw Failure(.configuration, "the secret of the environment \(weakness.problem)")
        }
        do throws(Failure) {
            self.keys = if let keys { keys } else { try LiveKitKeys(of: source) }
        } catch {
            guard isReload, isKeyCredential else { throw error }
            throw Failure(error.status, "\(error.message); systemd passes a changed key file on at a restart alone")
        }
        sharedSecrets = try settings.loadSharedSecrets(beside: self.keys.signing)
        keyChangedAt = keys == nil ? source.changedAt() : nil
        try settings.requireAppendableAudit()
    }
}

/// The keys of LiveKit, of one place.
struct LiveKitKeys {
    /// The key that signs.
    let signing: APIKey
    /// All of them: LiveKit may renew a token by any.
    let ring: KeyRing

    /// Reads them, in turn: in between a file may change, for which a reload is due anyway.
    init(of source: KeySource) throws(Failure) {
        signing = try source.load()
        ring = try source.loadAll()
    }
}

/// A checksum of a configuration file (FNV-1a, 64 bits): it finds changes, and keeps out no forger.
struct FileChecksum: Equatable, CustomStringConvertible {
    private let value: UInt64

    /// The checksum of a file; `nil` if it cannot be read.
    init?(ofFile path: String) {
        guard let bytes = try? ReadableFile(opening: path).contents(atMost: Settings.maximumLength) else { return nil }
        value = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Hexadecimal digits.
    var description: String { String(value, radix: 16) }
}
