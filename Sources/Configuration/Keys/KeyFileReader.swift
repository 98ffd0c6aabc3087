/// A reader of a key file: the part of YAML that such files are written in, a mapping in lines or between braces.
struct KeyFileReader {
    let bytes: [UInt8]
    var position = 0
    var line = 1
    private var lineStart = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The keys in their order; none where the file has only blanks and comments.
    mutating func entries() throws(KeyFileProblem) -> [KeyFile.Entry] {
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw problem("is UTF-16; save the file as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = 3
            lineStart = 3
        }
        try skipSpace()
        if isAtMarker("---") {
            position += 3
            let markerLine = line
            try skipSpace()
            guard position == bytes.count || line > markerLine else {
                throw problem("has text after `---`; write it on the next line")
            }
        }
        guard position < bytes.count else { return [] }
        return peek == UInt8(ascii: "{") ? try entriesBetweenBraces() : try entriesInLines()
    }

    // MARK: A key to a line

    private mutating func entriesInLines() throws(KeyFileProblem) -> [KeyFile.Entry] {
        var entries: [KeyFile.Entry] = []
        let (first, indentation) = (line, column)
        while position < bytes.count {
            if isAtMarker("---") || isAtMarker("...") {
                throw problem("ends the document, and what follows is not read; remove it")
            }
            guard peek != UInt8(ascii: "\t") else { throw tab() }
            guard column == indentation else {
                throw problem("is indented otherwise than line \(first); begin all keys in the same column")
            }
            entries.append(try entryInLine())
            try skipSpace()
        }
        return entries
    }

    private mutating func entryInLine() throws(KeyFileProblem) -> KeyFile.Entry {
        let start = position
        if peek == UInt8(ascii: "-"), isBlank(at: position + 1) {
            throw problem("begins with a dash, as an element of a list does; write `APIkey: secret` alone")
        }
        let name = try scalar("name", isBetweenBraces: false)
        guard peek == UInt8(ascii: ":"), isBlank(at: position + 1) else {
            throw withoutColon(after: name, from: start)
        }
        let id = try id(name)
        position += 1
        skipBlanks()
        guard peek != UInt8(ascii: "\t") else { throw tab() }
        guard !isAtEndOfLine, peek != UInt8(ascii: "#") else { throw withoutSecret(id) }
        let secret = try scalar("secret", isBetweenBraces: false)
        let end = position
        skipBlanks()
        let isComment = peek == UInt8(ascii: "#") && position > end
        guard isAtEndOfLine || isComment else { throw textAfter(secret, at: end) }
        return try entry(id, secret)
    }

    // MARK: Between braces, as in JSON

    private mutating func entriesBetweenBraces() throws(KeyFileProblem) -> [KeyFile.Entry] {
        let isTemplate = position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "{")
        guard !isTemplate else { throw problem("is \(SecretText.template)") }
        var entries: [KeyFile.Entry] = []
        position += 1
        try skipSpace()
        while peek != UInt8(ascii: "}") {
            entries.append(try entryBetweenBraces())
            try skipSpace()
            if peek == UInt8(ascii: ",") {
                position += 1
                try skipSpace()
            } else if peek != UInt8(ascii: "}") {
                throw peek == nil
                    ? problem("ends without a closing brace") : problem("lacks a comma or a closing brace\(here)")
            }
        }
        position += 1
        try skipSpace()
        guard position == bytes.count else { throw problem("has text after the closing brace\(here); remove it") }
        return entries
    }

    private mutating func entryBetweenBraces() throws(KeyFileProblem) -> KeyFile.Entry {
        let name = try scalar("name", isBetweenBraces: true)
        if name.quote != .none { skipBlanks() }
        guard peek == UInt8(ascii: ":"), name.quote != .none || isBlank(at: position + 1) else {
            throw problem("has no colon and blank after the name of a key\(here); write \"APIkey\": \"secret\"")
        }
        let id = try id(name)
        position += 1
        try skipSpace()
        if peek == UInt8(ascii: "{") { throw nested() }
        return try entry(id, try scalar("secret", isBetweenBraces: true))
    }

    // MARK: What both have

    private func entry(_ id: String, _ secret: Scalar) throws(KeyFileProblem) -> KeyFile.Entry {
        let entry = KeyFile.Entry(id: id, secret: secret.range, line: line, quote: secret.quote)
        if let words = SecretText.placeholder(bytes[secret.range]) { throw problem("has a secret that is \(words)") }
        return entry
    }

    private func id(_ name: Scalar) throws(KeyFileProblem) -> String {
        guard name.range.count <= KeyFile.maximumIDLength else {
            throw problem("has a name of more than \(KeyFile.maximumIDLength) bytes before the colon")
        }
        guard SecretText.placeholder(bytes[name.range]) == nil else {
            throw problem("has a name of a key that is \(SecretText.template)")
        }
        var position = name.range.lowerBound
        var id = ""
        while let byte = KeyFile.next(at: &position, in: bytes, before: name.range.upperBound, quote: name.quote) {
            id.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return id
    }

    /// The byte at the position; `nil` at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The column of the position, from 1.
    var column: Int { position - lineStart + 1 }

    /// The position in words, as the end of a clause.
    var here: String { ", at column \(column)" }

    func problem(_ words: String) -> KeyFileProblem { KeyFileProblem(line: line, words: words) }

    func tab() -> KeyFileProblem { problem("has a tab\(here); write blanks") }

    /// Whether a blank, the end of a line or the end of the file is at a place.
    func isBlank(at index: Int) -> Bool {
        index >= bytes.count || bytes[index] == 0x20 || bytes[index] == 0x0A || isCarriageReturn(at: index)
    }

    /// Whether the lines end here as on Windows; a carriage return of its own ends a line for YAML alone.
    private func isCarriageReturn(at index: Int) -> Bool {
        bytes[index] == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A
    }

    var isAtEndOfLine: Bool { position >= bytes.count || peek != 0x20 && isBlank(at: position) }

    private func isAtMarker(_ marker: String) -> Bool {
        position == lineStart && bytes[position...].starts(with: marker.utf8) && isBlank(at: position + 3)
    }

    mutating func skipBlanks() {
        while peek == 0x20 { position += 1 }
    }

    /// Goes to the next byte that is neither blank nor in a comment.
    private mutating func skipSpace() throws(KeyFileProblem) {
        while let byte = peek {
            switch byte {
            case 0x20: position += 1
            case 0x0A:
                position += 1
                line += 1
                lineStart = position
            case 0x0D where isCarriageReturn(at: position): position += 1
            case UInt8(ascii: "#") where position == lineStart || bytes[position - 1] == 0x20: try skipComment()
            default: return
            }
        }
    }

    /// Goes to the end of the line.
    ///
    /// YAML wants the characters of comments to be good ones too, and knows more ends of lines than this reader.
    private mutating func skipComment() throws(KeyFileProblem) {
        var decoder = UTF8()
        let rest = bytes[position...].prefix { $0 != 0x0A }
        let text = rest.last == 0x0D && rest.endIndex < bytes.count ? rest.dropLast() : rest
        var iterator = text.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput:
                position = text.endIndex
                return
            case .error: throw problem("has a comment that is not UTF-8; save the file as UTF-8")
            case .scalarValue(let scalar):
                let isGood =
                    scalar == "\t" || (0x20...0x7E).contains(scalar.value)
                    || scalar.value >= 0xA0 && ![0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF].contains(scalar.value)
                guard isGood else { throw problem("has a control character in its comment; remove it") }
            }
        }
    }
}
