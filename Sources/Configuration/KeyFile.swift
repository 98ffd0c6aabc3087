/// LiveKit's own key file, as `livekit-server --key-file` reads it: lines of `APIkey: secret`.
///
/// It is read as bytes, line by line, so that no YAML library's error message can quote a secret.
package enum KeyFile {
    /// The longest key file that is read, in bytes.
    package static let maximumLength = 65_536

    /// One line of a key file.
    package struct Entry {
        /// The id of the key.
        package let id: String
        /// The place of the secret in the bytes of the file: a copy would have to be wiped.
        package let secret: Range<Int>
        /// The number of the line, from 1.
        package let line: Int
    }

    /// The error for a file without a key and for a missing file alike: systemd can hand over an empty file for a missing
    /// one.
    private static let absence =
        "the key file is empty or missing; write LiveKit's own key into it, as a line `APIkey: secret`, with mode 0600"

    /// Reads a file that only its owner can read, and only root or this process's user can have written.
    static func contents(
        of path: String,
        place: String,
        on system: some OperatingSystem
    ) throws(ConfigurationError) -> [UInt8] {
        do throws(FileError) {
            return try system.contents(ofFile: path, followingLinks: false, atMost: maximumLength) { file in
                objection(to: file, place: place, on: system)
            }
        } catch {
            let problem =
                switch error {
                case .isMissing: absence
                case .isSymbolicLink: "the key file is a symbolic link; name the file itself"
                case .isNotRegular: "the key file is not a regular file"
                case .isTooLong: "the key file is longer than \(maximumLength) bytes"
                case .isRefused(let problem): problem
                case .failed(let words): "the key file cannot be read: \(words)"
                }
            throw ConfigurationError("\(place): \(problem)")
        }
    }

    private static func objection(
        to file: FileAttributes,
        place: String,
        on system: some OperatingSystem
    ) -> String? {
        let own = system.ownIDs.user
        guard file.owner == 0 || file.owner == own else {
            let (owner, own) = (system.name(ofUser: file.owner), system.name(ofUser: own))
            return "the key file belongs to \(owner); it must belong to root or \(own)"
        }
        guard file.permissions & 0o077 == 0 else {
            let mode = String(file.permissions, radix: 8)
            return "the key file has mode 0\(mode), so others can read it; run: chmod 600 \(place)"
        }
        return nil
    }

    /// Reads lines of `APIkey: secret`; quotes around the secret, empty lines and comment lines are allowed.
    ///
    /// - Throws: an error with the place and the line, without any of what stands there.
    package static func parse(_ bytes: [UInt8], place: String) throws(ConfigurationError) -> [Entry] {
        var entries: [Entry] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let content = trimmed(line)
            guard let first = content.first, first != UInt8(ascii: "#") else { continue }
            guard let entry = entry(content, line: index + 1) else {
                throw ConfigurationError("\(place):\(index + 1): is not a line of the form `APIkey: secret`")
            }
            guard !entries.contains(where: { $0.id == entry.id }) else {
                throw ConfigurationError("\(place):\(index + 1): has a key that is there twice; keep one")
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else { throw ConfigurationError("\(place): \(absence)") }
        return entries
    }

    private static func entry(_ content: ArraySlice<UInt8>, line: Int) -> Entry? {
        guard let colon = content.firstIndex(of: UInt8(ascii: ":")), colon + 1 < content.endIndex,
            content[colon + 1] == UInt8(ascii: " ")
        else { return nil }
        let id = unquoted(content[..<colon])
        let secret = unquoted(trimmed(content[(colon + 1)...]))
        guard !id.isEmpty, !secret.isEmpty, id.allSatisfy(isPlain), secret.allSatisfy(isPlain) else { return nil }
        return Entry(id: String(decoding: id, as: UTF8.self), secret: secret.indices, line: line)
    }

    /// Visible ASCII without the characters that YAML reads as more than themselves: quotes, backslash, `#`, braces,
    /// brackets.
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
