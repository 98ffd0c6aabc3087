import StrictJSON

/// LiveKit's own key file, as `livekit-server --key-file` reads it: a YAML mapping of names to secrets, in lines of
/// `APIkey: secret` or as JSON.
///
/// It is read as bytes, by a reader of its own, so that no YAML library's error message can quote a secret. What it
/// takes means the same to YAML; what it refuses may be YAML still.
package enum KeyFile {
    /// The longest key file that is read, in bytes.
    package static let maximumLength = 65_536

    /// The longest name of a key, in bytes.
    static let maximumIDLength = 256

    /// One key of a key file.
    package struct Entry {
        /// The id of the key.
        package let id: String
        /// The place of the secret in the bytes of the file, as it is written between its quotes, if it has any: a copy
        /// would have to be wiped.
        package let secret: Range<Int>
        /// The number of the line, from 1.
        package let line: Int
        let quote: Quote
    }

    /// The way in which a text is written.
    enum Quote {
        case none
        case single
        case double
    }

    /// The error for a file without a key and for a missing file alike: systemd can hand over an empty file for a
    /// missing one.
    static let absence =
        "the key file is empty or missing; write LiveKit's own key into it, as a line `APIkey: secret`, with mode 0600"

    /// Reads the keys of a file.
    ///
    /// - Throws: an error with the place and the line, without any of what stands there.
    package static func parse(_ bytes: [UInt8], place: String) throws(ConfigurationError) -> [Entry] {
        let entries: [Entry]
        do throws(KeyFileProblem) {
            var reader = KeyFileReader(bytes)
            entries = try reader.entries()
        } catch {
            throw ConfigurationError("\(place):\(error.line): \(error.words)")
        }
        guard !entries.isEmpty else { throw ConfigurationError("\(place): \(absence)") }
        var ids: Set<String> = []
        for entry in entries where !ids.insert(entry.id).inserted {
            throw ConfigurationError("\(place):\(entry.line): has a key that is there twice; keep one")
        }
        return entries
    }

    /// A secret without quotes and escapes, in memory that nothing else shares: it is for the caller to wipe.
    package static func secret(of entry: Entry, in bytes: [UInt8]) -> [UInt8] {
        // All the memory at once: an array that grows leaves copies behind.
        var secret: [UInt8] = []
        secret.reserveCapacity(entry.secret.count)
        var position = entry.secret.lowerBound
        while let byte = next(at: &position, in: bytes, before: entry.secret.upperBound, quote: entry.quote) {
            secret.append(byte)
        }
        return secret
    }

    /// The next character of a text that has been found to be well-formed; `nil` at its end.
    static func next(at position: inout Int, in bytes: [UInt8], before end: Int, quote: Quote) -> UInt8? {
        guard position < end else { return nil }
        let byte = bytes[position]
        position += 1
        switch (quote, byte) {
        case (.single, UInt8(ascii: "'")):
            position += 1
            return byte
        case (.double, UInt8(ascii: "\\")):
            guard let (value, length) = escape(at: position, in: bytes, before: end) else { return nil }
            position += length
            return value
        default: return byte
        }
    }

    /// The character that the escape after a backslash stands for, and the bytes that it takes; `nil` unless it is a
    /// visible one of ASCII.
    static func escape(at position: Int, in bytes: [UInt8], before end: Int) -> (value: UInt8, length: Int)? {
        guard position < end else { return nil }
        let digits: Int
        switch bytes[position] {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "/"): return (bytes[position], 1)
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        default: return nil
        }
        guard position + digits < end else { return nil }
        var value = 0
        for byte in bytes[position + 1...position + digits] {
            guard let digit = byte.hexDigitValue else { return nil }
            value = value * 16 + Int(digit)
        }
        return (0x21...0x7E).contains(value) ? (UInt8(value), 1 + digits) : nil
    }
}

/// What is wrong with a line of a key file.
struct KeyFileProblem: Error {
    let line: Int
    /// A predicate whose subject is the line, with what would be right.
    let words: String
}
