import Glibc
import LiveKitToken
import StrictJSON

/// Where the API key comes from.
///
/// Only what signs ever calls `load`; the other commands never see a secret.
struct KeySource {
    /// What a relative `file` starts from.
    var directory: String
    /// The directory of the configuration, which is another one where systemd passes a copy of the key file.
    var originalDirectory: String?
    /// `livekit.key_file`.
    var file: String?
    /// `livekit.api_key`: which of several keys signs; `nil` for the first.
    var id: String?
    /// Whether weak secrets are let through.
    var isDevelopment: Bool

    /// The path of the key file; `nil` if none is named.
    var path: String? {
        path(in: directory)
    }

    /// The variables that hold a secret.
    static let secretVariables = ["LIVEKIT_API_SECRET", "LIVEKIT_KEYS"]

    /// The path of the key file as complaints name it: the one that an administrator would mend.
    var originalPath: String? {
        path(in: originalDirectory ?? directory)
    }

    private func path(in directory: String) -> String? {
        file.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
    }

    /// Reads the key that signs: from `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`, else from `LIVEKIT_KEYS`, else from the
    /// file.
    ///
    /// - Throws: `.configuration`, with the place and the cure, and without any of what stands there.
    func load(environment: (String) -> String? = Environment.value) throws(Failure) -> APIKey {
        let wanted = environment("LIVEKIT_API_KEY") ?? id
        if let secret = environment("LIVEKIT_API_SECRET") {
            guard let wanted else {
                throw Failure(.configuration, "LIVEKIT_API_SECRET is set but LIVEKIT_API_KEY is not; set both")
            }
            return try key(id: wanted, secret: Array(secret.utf8), at: "LIVEKIT_API_SECRET")
        }
        var bytes: [UInt8]
        let place: String
        if let keys = environment("LIVEKIT_KEYS") {
            place = "LIVEKIT_KEYS"
            bytes = Array(keys.utf8)
        } else if let path, let originalPath {
            place = originalPath
            bytes = try KeyFile.read(path, place: place)
        } else {
            throw Failure(
                .configuration,
                "there is no API key: set livekit.key_file to a file with the line `APIkey: secret`"
            )
        }
        defer { bytes.wipe() }
        var entries = try KeyFile.parse(bytes, place: place)
        defer { for index in entries.indices { entries[index].secret.wipe() } }
        guard let index = wanted.map({ id in entries.firstIndex { $0.id == id } }) ?? 0 else {
            // None of its ids is repeated: in a line that is written the wrong way round it is the secret.
            throw Failure(
                .configuration,
                "\(place): has no key \(wanted ?? ""); name one of its \(entries.count)"
            )
        }
        let line = entries[index].line
        return try key(id: entries[index].id, secret: entries[index].secret, at: "\(place):\(line)")
    }

    /// When the key file was changed last; `nil` if the key comes from the environment, or nobody can tell.
    ///
    /// Systemd's copy is as old as the service. The file itself, beside the configuration, may be looked at also by who
    /// may not read it.
    func changedAt(environment: (String) -> String? = Environment.value) -> NumericDate? {
        guard environment("LIVEKIT_API_SECRET") == nil, environment("LIVEKIT_KEYS") == nil else { return nil }
        return [originalPath, path].lazy.compactMap(\.self).compactMap { FileStatus($0)?.changedAt }.first
    }

    private func key(id: String, secret: [UInt8], at place: String) throws(Failure) -> APIKey {
        do throws(APIKeyError) {
            return try APIKey(id: UTF8String(id), secret: secret, strength: isDevelopment ? .any : .required)
        } catch {
            throw Failure(.configuration, "\(place): the secret \(error.problem)")
        }
    }
}

extension APIKeyError {
    /// What is wrong, and what would be right.
    var problem: String {
        switch self {
        case .empty: "is empty; make one with: openssl rand -base64 32"
        case .sample: "is a sample that everybody knows; make one with: openssl rand -base64 32"
        case .tooShort(let bytes):
            "has \(bytes) bytes, and HS256 needs \(APIKey.minimumSecretLength); make one with: openssl rand -base64 32"
        case .notRandom: "is not random; make one with: openssl rand -base64 32"
        }
    }
}

extension [UInt8] {
    /// Overwrites the bytes where they are; they must not be shared with another array.
    fileprivate mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
        }
    }
}

/// LiveKit's own key file, as `livekit-server --key-file` reads it: lines of `APIkey: secret`.
///
/// It is read as bytes, line by line, so that no YAML library's error message can quote a secret.
enum KeyFile {
    struct Entry {
        let id: String
        var secret: [UInt8]
        /// Counted from 1.
        let line: Int
    }

    /// What to do where there is no key: one text for a file and for none, because systemd can hand over an empty file
    /// for one that is missing.
    private static let absence =
        "the key file is empty or missing; write LiveKit's own key into it, as a line `APIkey: secret`, with mode 0600"

    /// Reads a file that nobody else can read or could have put there.
    static func read(_ path: String, place: String) throws(Failure) -> [UInt8] {
        func refuse(_ problem: String) -> Failure { Failure(.configuration, "\(place): \(problem)") }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw refuse(absence)
            case ELOOP: throw refuse("the key file is a symbolic link; name the file itself")
            default: throw refuse("the key file cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refuse("the key file is not a regular file")
        }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            let (owner, own) = (UserDatabase.name(of: status.st_uid), UserDatabase.name(of: geteuid()))
            throw refuse("the key file belongs to \(owner); it must belong to root or \(own)")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw refuse("the key file has mode 0\(mode), so others can read it; run: chmod 600 \(place)")
        }
        guard let bytes = ConfigurationFile.contents(of: descriptor) else {
            throw refuse("the key file is longer than \(ConfigurationFile.maximumLength) bytes")
        }
        return bytes
    }

    /// Reads lines of `APIkey: secret`; quotes around the secret, empty lines and comment lines are allowed.
    static func parse(_ bytes: [UInt8], place: String) throws(Failure) -> [Entry] {
        var entries: [Entry] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let content = trimmed(line)
            guard let first = content.first, first != UInt8(ascii: "#") else { continue }
            guard let entry = entry(content, line: index + 1) else {
                throw Failure(.configuration, "\(place):\(index + 1): is not a line of the form `APIkey: secret`")
            }
            guard !entries.contains(where: { $0.id == entry.id }) else {
                throw Failure(.configuration, "\(place):\(index + 1): this key is there twice; keep one")
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else {
            throw Failure(.configuration, "\(place): \(absence)")
        }
        return entries
    }

    private static func entry(_ content: ArraySlice<UInt8>, line: Int) -> Entry? {
        guard let colon = content.firstIndex(of: UInt8(ascii: ":")), colon + 1 < content.endIndex,
            content[colon + 1] == UInt8(ascii: " ")
        else { return nil }
        let id = unquoted(content[..<colon])
        let secret = unquoted(trimmed(content[(colon + 1)...]))
        guard !id.isEmpty, !secret.isEmpty, id.allSatisfy(isPlain), secret.allSatisfy(isPlain) else { return nil }
        return Entry(id: String(decoding: id, as: UTF8.self), secret: Array(secret), line: line)
    }

    /// Visible ASCII without what would have a meaning in YAML: quotes, backslash, `#`, braces and brackets.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !##""'\#{}[]`&*"##.utf8.contains(byte)
    }

    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.count >= 2, let quote = text.first, quote == text.last,
            [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(quote)
        else { return text }
        return text.dropFirst().dropLast()
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0D].contains($0) }
        var rest = text.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
