// MARK: - Names and secrets

extension KeyFileReader {
    /// A name or a secret as it is written, without its quotes.
    struct Scalar {
        let range: Range<Int>
        let quote: KeyFile.Quote
    }

    /// Reads a name or a secret, which is on one line.
    mutating func scalar(_ noun: String, isBetweenBraces: Bool) throws(KeyFileProblem) -> Scalar {
        switch peek {
        case UInt8(ascii: "'"): try quoted(noun, .single)
        case UInt8(ascii: "\""): try quoted(noun, .double)
        default: try plain(noun, isBetweenBraces: isBetweenBraces)
        }
    }

    private mutating func quoted(_ noun: String, _ quote: KeyFile.Quote) throws(KeyFileProblem) -> Scalar {
        let mark = bytes[position]
        position += 1
        let start = position
        while true {
            guard let byte = peek, !isAtEndOfLine else { throw problem("has no closing quote for its \(noun)") }
            if byte == mark {
                // Two single quotes stand for one.
                let isDoubled = position + 1 < bytes.count && bytes[position + 1] == mark
                guard quote == .single, isDoubled else { break }
                position += 1
            } else if byte == UInt8(ascii: "\\"), quote == .double {
                guard let escape = KeyFile.escape(at: position + 1, in: bytes, before: bytes.count) else {
                    throw problem("has a backslash that stands for no visible character of ASCII\(here)")
                }
                position += escape.length
            }
            try requireVisible(in: noun)
            position += 1
        }
        guard position > start else { throw problem("has an empty \(noun)\(here)") }
        position += 1
        return Scalar(range: start..<position - 1, quote: quote)
    }

    private mutating func plain(_ noun: String, isBetweenBraces: Bool) throws(KeyFileProblem) -> Scalar {
        let start = position
        guard let first = peek, !isAtEndOfLine else { throw problem("ends where the \(noun) of a key should be") }
        try requireVisible(in: noun)
        if noun == "secret", bytes[position...].starts(with: "{{".utf8) {
            throw problem("has a secret that is \(SecretText.template)")
        }
        let isIndicator =
            ",[]{}#&*!|>'\"%@`".utf8.contains(first)
            || (first == UInt8(ascii: "-") && isBlank(at: position + 1))
            || ("?:".utf8.contains(first) && (isBetweenBraces || isBlank(at: position + 1)))
        guard !isIndicator else {
            let cure = "put the \(noun) in quotes, on the same line"
            throw problem("begins its \(noun) with a character that means something to YAML\(here); \(cure)")
        }
        while let byte = peek, !isBlank(at: position) {
            if byte == UInt8(ascii: ":") {
                let isEnd = isBlank(at: position + 1) || isBetweenBraces && ",[]{}?".utf8.contains(bytes[position + 1])
                if isEnd { break }
            }
            if isBetweenBraces, ",[]{}?".utf8.contains(byte) { break }
            try requireVisible(in: noun)
            position += 1
        }
        let text = bytes[start..<position]
        // A merge key, and what stands for no text at all.
        guard !["<<", "~", "null", "Null", "NULL"].contains(where: { text.elementsEqual($0.utf8) }) else {
            throw problem("has a \(noun) that means something to YAML; put it in quotes")
        }
        return Scalar(range: start..<position, quote: .none)
    }

    /// Throws unless the byte at the position is a visible one of ASCII, and names its kind.
    private func requireVisible(in noun: String) throws(KeyFileProblem) {
        switch bytes[position] {
        case 0x21...0x7E: return
        case 0x20: throw problem("has a blank in its \(noun)\(here)")
        case 0x09: throw tab()
        case 0x00...0x1F, 0x7F: throw problem("has a control character in its \(noun)\(here); remove it")
        default: throw problem("has a character that is not ASCII in its \(noun)\(here)")
        }
    }

    // MARK: What a line that is none of a key file looks like

    func withoutColon(after name: Scalar, from start: Int) -> KeyFileProblem {
        let form = "write `APIkey: secret`"
        let text = bytes[name.range]
        if name.quote != .none, peek == UInt8(ascii: ":") {
            return problem("has no blank after the colon\(here); \(form)")
        }
        if peek == 0x20 {
            let rest = bytes[position...].prefix { $0 != 0x0A }
            if rest.first(where: { $0 != 0x20 }) == UInt8(ascii: ":") {
                return problem("has a blank before the colon\(here); \(form)")
            }
            if rest.contains(UInt8(ascii: ":")) {
                return problem("has a blank in the name of the key\(here); \(form)")
            }
        }
        if name.quote == .none, let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            return problem("has no blank after the colon, at column \(column - position + colon); \(form)")
        }
        if let equals = text.firstIndex(of: UInt8(ascii: "=")), isName(text[..<equals]),
            text[equals...].contains(where: { $0 != UInt8(ascii: "=") })
        {
            return problem("is written KEY=secret; \(form)")
        }
        return problem("has no colon: one of the name and the secret of a key is missing; \(form)")
    }

    func withoutSecret(_ id: String) -> KeyFileProblem {
        if id == "keys" { return nested() }
        return peek == UInt8(ascii: "#")
            ? problem("has nothing but a comment after the colon; put a secret that begins with # in quotes")
            : problem("has nothing after the colon; write the secret there, on the same line")
    }

    func nested() -> KeyFileProblem {
        problem(
            "has keys inside another, as `keys:` of livekit-server's configuration does; a key file has them alone: "
                + "remove what is around them, and the blanks before them"
        )
    }

    func textAfter(_ secret: Scalar, at end: Int) -> KeyFileProblem {
        let place = ", at column \(column - position + end)"
        guard secret.quote == .none else { return problem("has text after the closing quote\(place)") }
        if peek == UInt8(ascii: "\t") { return tab() }
        if bytes[end] == UInt8(ascii: ":") {
            let rest = bytes[(end + 1)...].prefix { $0 != 0x0A }
            return rest.allSatisfy { $0 == 0x20 || $0 == 0x0D }
                ? problem("has a secret that ends with a colon\(place); put the secret in quotes")
                : problem("has a second colon and blank\(place); write each key on a line of its own")
        }
        // No copy of it, which would stay in memory.
        let rest = bytes[end...].prefix { $0 != 0x0A }
        if rest.indices.dropLast().contains(where: { rest[$0] == UInt8(ascii: ":") && rest[$0 + 1] == 0x20 }) {
            return problem("has two keys\(place); write each on a line of its own")
        }
        return problem("has a blank in its secret\(place)")
    }

    private func isName(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty
            && text.allSatisfy { Character(Unicode.Scalar($0)).isLetter || $0 == 0x5F || (0x30...0x39).contains($0) }
    }
}
