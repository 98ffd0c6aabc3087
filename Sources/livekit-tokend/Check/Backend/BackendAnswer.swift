/// The answer of a back end: a status and headers; the body is not looked at, as nginx does not.
struct BackendAnswer: Equatable {
    let status: Int
    /// In their order, the names as they came.
    let headers: [(name: String, value: [UInt8])]
    /// Of the line of the status and the headers, in bytes.
    let length: Int

    private static let end = Array("\r\n\r\n".utf8)

    /// Whether the headers have come to their end.
    static func isWhole(_ bytes: [UInt8]) -> Bool { endOfHeaders(bytes) != nil }

    private static func endOfHeaders(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= end.count else { return nil }
        return (0...bytes.count - end.count).first { bytes[$0] == end[0] && bytes[$0...].starts(with: end) }
    }

    /// Reads an answer (RFC 9112 §4, §5), as strictly as nginx does: `nil` for what nginx answers 502 for.
    init?(_ bytes: [UInt8]) {
        guard let end = Self.endOfHeaders(bytes) else { return nil }
        let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
        guard let first = lines.first, let status = Self.status(first) else { return nil }
        var headers: [(name: String, value: [UInt8])] = []
        for line in lines.dropFirst() {
            // A blank before the colon, a folded line, a NUL and a bare CR are no header.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy({ (0x21...0x7E).contains($0) }), !line.contains(0), !line.contains(0x0D)
            else { return nil }
            headers.append((String(decoding: line[..<colon], as: UTF8.self), Self.trimmed(line[(colon + 1)...])))
        }
        (self.status, self.headers, length) = (status, headers, end + Self.end.count)
    }

    /// The status of a line such as `HTTP/1.1 204 No Content`.
    private static func status(_ line: ArraySlice<UInt8>) -> Int? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[0].count == 8, words[1].count == 3,
            words[1].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(String(decoding: words[1], as: UTF8.self))
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") }
        return Array(value.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// The first value of a header, as nginx's `$upstream_http_…` has it: an underscore of the name that came stands
    /// for a hyphen there.
    func first(_ name: String) -> [UInt8]? {
        headers.first { Self.variable($0.name) == Self.variable(name) }?.value
    }

    private static func variable(_ name: String) -> String {
        name.lowercased().replacing("-", with: "_")
    }

    static func == (one: BackendAnswer, other: BackendAnswer) -> Bool {
        one.status == other.status && one.length == other.length
            && one.headers.elementsEqual(other.headers) { $0 == $1 }
    }
}
