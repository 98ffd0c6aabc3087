package import LiveKitToken
import StrictJSON

/// The place of the API key that signs.
///
/// A command that neither signs tokens nor reads them asks for no key, and so never sees a secret.
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

    /// The places that hold keys, in the order in which they count: the first is used, and hides the others.
    ///
    /// A file is one of them if it exists, or if no variable has a key.
    package func places(on system: some OperatingSystem) -> [KeyPlace] {
        let variables = [KeyPlace.secretVariable, .keysVariable].filter { system.variable($0.name) != nil }
        guard let path, let originalPath else { return variables }
        let isThere = variables.isEmpty || system.modificationDate(ofFile: path) != nil
        return isThere ? variables + [.file(originalPath)] : variables
    }

    /// The error where neither the environment nor the configuration names a place of keys.
    static let absence = "no API key is configured; set livekit.key_file to a file with the line `APIkey: secret`"

    /// Reads the key that signs: from `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`, else from `LIVEKIT_KEYS`, else from
    /// the file.
    ///
    /// - Throws: an error with the place and the cure, and without any part of a secret.
    package func load(on system: some OperatingSystem) throws(ConfigurationError) -> LoadedKey {
        let places = places(on: system)
        let named = system.variable("LIVEKIT_API_KEY")
        if let wanted = named ?? id, let problem = SecretText.problem(of: Array(wanted.utf8)) {
            throw ConfigurationError("\(named == nil ? "livekit.api_key" : "LIVEKIT_API_KEY") \(problem)")
        }
        guard let place = places.first else {
            throw ConfigurationError(
                named == nil
                    ? Self.absence
                    : "LIVEKIT_API_KEY is set but LIVEKIT_API_SECRET is not; set both"
            )
        }
        var bytes: [UInt8]
        do throws(ConfigurationError) {
            bytes = try contents(of: place, on: system)
        } catch {
            throw named == nil ? error : ConfigurationError("\(error.message) (\(Self.withoutSecret))")
        }
        defer { system.wipe(&bytes) }
        let key =
            place == .secretVariable
            ? try key(ofSecret: bytes, named) : try key(ofFile: bytes, named, at: place.name, on: system)
        return LoadedKey(key: key, place: place, hidden: Array(places.dropFirst()))
    }

    /// The bytes that a place holds, secrets among them: they are for the caller to wipe.
    func contents(of place: KeyPlace, on system: some OperatingSystem) throws(ConfigurationError) -> [UInt8] {
        switch place {
        case .secretVariable, .keysVariable: Array((system.variable(place.name) ?? "").utf8)
        case .file(let originalPath):
            try FileOfSecrets.keys.contents(of: path ?? originalPath, place: originalPath, on: system)
        }
    }

    /// Why the file counts although a variable names the key.
    private static let withoutSecret =
        "LIVEKIT_API_KEY is set without LIVEKIT_API_SECRET, so the file must have the key"

    private func key(ofSecret bytes: [UInt8], _ named: String?) throws(ConfigurationError) -> APIKey {
        guard let id = named ?? id else {
            throw ConfigurationError("LIVEKIT_API_SECRET is set but LIVEKIT_API_KEY is not; set both")
        }
        if let problem = SecretText.problem(of: bytes) { throw ConfigurationError("LIVEKIT_API_SECRET \(problem)") }
        return try key(id: id, secret: bytes, at: "LIVEKIT_API_SECRET")
    }

    /// The key of a text in the form of a key file.
    private func key(
        ofFile bytes: [UInt8],
        _ named: String?,
        at place: String,
        on system: some OperatingSystem
    ) throws(ConfigurationError) -> APIKey {
        let entries = try KeyFile.parse(bytes, place: place)
        let wanted = named ?? id
        guard let entry = wanted.map({ id in entries.first { $0.id == id } }) ?? entries.first else {
            let reason = named != nil && place.hasPrefix("/") ? " (\(Self.withoutSecret))" : ""
            throw ConfigurationError("\(place): has no key \(wanted ?? ""); it has \(Self.names(of: entries))\(reason)")
        }
        var secret = KeyFile.secret(of: entry, in: bytes)
        defer { system.wipe(&secret) }
        guard !Self.isSwapped(entry) || secret.count >= APIKey.minimumSecretLength else {
            throw ConfigurationError("\(place):\(entry.line): has the secret before the colon; write `APIkey: secret`")
        }
        return try key(id: entry.id, secret: secret, at: "\(place):\(entry.line)")
    }

    /// The names of keys in words.
    ///
    /// One that looks like a secret is only counted: its line may be the wrong way round.
    private static func names(of entries: [KeyFile.Entry]) -> String {
        let shown = entries.filter { !isSwapped($0) }.map(\.id)
        let hidden = entries.count - shown.count
        let more = max(0, shown.count - maximumNames)
        let words =
            shown.prefix(maximumNames) + (more > 0 ? ["\(more) more"] : [])
            + (hidden > 0 ? ["\(hidden) whose name looks like a secret"] : [])
        return words.joined(separator: ", ")
    }

    private static let maximumNames = 10

    /// Whether the name of a key looks like a secret: it is as long as one, or longer than what stands for its secret.
    private static func isSwapped(_ entry: KeyFile.Entry) -> Bool {
        entry.id.utf8.count >= APIKey.minimumSecretLength || entry.id.utf8.count > entry.secret.count
    }

    /// The time when the key file was last changed; `nil` if the key comes from the environment, or the time cannot be
    /// told.
    ///
    /// The time is that of the file beside the configuration: systemd's copy is as old as the service. To look at that
    /// file takes no right to read it.
    package func changedAt(on system: some OperatingSystem) -> NumericDate? {
        guard Self.secretVariables.allSatisfy({ system.variable($0) == nil }) else { return nil }
        return [originalPath, path].lazy.compactMap(\.self).compactMap { system.modificationDate(ofFile: $0) }.first
    }

    private func key(id: String, secret: [UInt8], at place: String) throws(ConfigurationError) -> APIKey {
        do throws(APIKeyError) {
            return try APIKey(id: UTF8String(id), secret: secret, strength: isDevelopment ? .any : .required)
        } catch {
            let way = error == .empty ? "" : "; on a development machine, development: true lets it through"
            throw ConfigurationError("\(place): the secret \(error.problem)\(way)")
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
