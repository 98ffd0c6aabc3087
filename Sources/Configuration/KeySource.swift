package import LiveKitToken
import StrictJSON

/// The place of the API key that signs.
///
/// A command that does not sign never calls `load`, and so never sees a secret.
package struct KeySource: Sendable {
    /// The variables that hold secrets.
    package static let secretVariables = ["LIVEKIT_API_SECRET", "LIVEKIT_KEYS"]

    /// The directory that a relative `file` starts from.
    package var directory: String
    /// The directory of the configuration; another than `directory` where systemd passes a copy of the key file.
    package var originalDirectory: String?
    /// `livekit.key_file`.
    package var file: String?
    /// `livekit.api_key`: the key that signs; `nil` for the first of the file.
    package var id: String?
    /// Whether weak secrets are let through.
    package var isDevelopment: Bool

    /// Takes a place.
    package init(
        directory: String,
        originalDirectory: String? = nil,
        file: String?,
        id: String? = nil,
        isDevelopment: Bool = false
    ) {
        self.directory = directory
        self.originalDirectory = originalDirectory
        self.file = file
        self.id = id
        self.isDevelopment = isDevelopment
    }

    /// The path of the key file; `nil` if no file is named.
    package var path: String? {
        path(in: directory)
    }

    /// The path of the key file as errors name it: the file that an administrator would mend.
    package var originalPath: String? {
        path(in: originalDirectory ?? directory)
    }

    private func path(in directory: String) -> String? {
        file.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
    }

    /// Reads the key that signs: from `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`, else from `LIVEKIT_KEYS`, else from the
    /// file.
    ///
    /// - Throws: an error with the place and the cure, and without any part of a secret.
    package func load(on system: some OperatingSystem) throws(ConfigurationError) -> APIKey {
        let wanted = system.variable("LIVEKIT_API_KEY") ?? id
        if let secret = system.variable("LIVEKIT_API_SECRET") {
            guard let wanted else {
                throw ConfigurationError("LIVEKIT_API_SECRET is set but LIVEKIT_API_KEY is not; set both")
            }
            var bytes = Array(secret.utf8)
            defer { system.wipe(&bytes) }
            return try key(id: wanted, secret: bytes, at: "LIVEKIT_API_SECRET")
        }
        var bytes: [UInt8]
        let place: String
        if let keys = system.variable("LIVEKIT_KEYS") {
            place = "LIVEKIT_KEYS"
            bytes = Array(keys.utf8)
        } else if let path, let originalPath {
            place = originalPath
            bytes = try KeyFile.contents(of: path, place: place, on: system)
        } else {
            throw ConfigurationError(
                "no API key is configured; set livekit.key_file to a file with the line `APIkey: secret`"
            )
        }
        defer { system.wipe(&bytes) }
        let entries = try KeyFile.parse(bytes, place: place)
        guard let entry = wanted.map({ id in entries.first { $0.id == id } }) ?? entries.first else {
            // The ids of the file are not repeated: in a line that is written the wrong way round the id is the secret.
            throw ConfigurationError("\(place): has no key \(wanted ?? ""); name one of its \(entries.count)")
        }
        var secret = Array(bytes[entry.secret])
        defer { system.wipe(&secret) }
        return try key(id: entry.id, secret: secret, at: "\(place):\(entry.line)")
    }

    /// The time when the key file was last changed; `nil` if the key comes from the environment, or the time cannot be
    /// told.
    ///
    /// The time is that of the file beside the configuration: systemd's copy is as old as the service. To look at that file
    /// takes no right to read it.
    package func changedAt(on system: some OperatingSystem) -> NumericDate? {
        guard Self.secretVariables.allSatisfy({ system.variable($0) == nil }) else { return nil }
        return [originalPath, path].lazy.compactMap(\.self).compactMap { system.modificationDate(ofFile: $0) }.first
    }

    private func key(id: String, secret: [UInt8], at place: String) throws(ConfigurationError) -> APIKey {
        do throws(APIKeyError) {
            return try APIKey(id: UTF8String(id), secret: secret, strength: isDevelopment ? .any : .required)
        } catch {
            throw ConfigurationError("\(place): the secret \(error.problem)")
        }
    }
}

extension APIKeyError {
    /// A predicate whose subject is the secret, with what would be right.
    package var problem: String {
        switch self {
        case .empty: "is empty; make one with: openssl rand -base64 32"
        case .sample: "is a sample that everybody knows; make one with: openssl rand -base64 32"
        case .tooShort(let bytes):
            "has \(bytes) bytes, and HS256 needs \(APIKey.minimumSecretLength); make one with: openssl rand -base64 32"
        case .notRandom: "is not random; make one with: openssl rand -base64 32"
        }
    }
}
