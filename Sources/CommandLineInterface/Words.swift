extension String {
    /// Whether the word is an option, or `--`; a single `-` is an operand.
    var isOption: Bool { utf8.starts(with: "-".utf8) && utf8.count > 1 }

    /// Whether the bytes are the same; `==` compares characters, which have several spellings.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// The text with a `?` for each character that could command a terminal or deceive its reader: control characters,
    /// separators of lines and paragraphs, controls of the direction of writing.
    package var harmless: String {
        let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
        return String(
            unicodeScalars.map {
                breaks.contains($0.properties.generalCategory) || $0.properties.isBidiControl ? "?" : Character($0)
            }
        )
    }

    /// The word as an error quotes it: visible even if empty, and cut at 100 code points, more than any name here has.
    var quoted: String { isEmpty ? "''" : String(String.UnicodeScalarView(unicodeScalars.prefix(100))) }
}

/// The question whether a known word was meant, of which at least two thirds match, from its beginning and to its end.
func suggestion(for word: String, among known: [String]) -> String? {
    func likeness(_ other: String) -> Int {
        let start = zip(word.utf8, other.utf8).prefix { $0 == $1 }.count
        let ends = zip(word.utf8.dropFirst(start).reversed(), other.utf8.dropFirst(start).reversed())
        return start + ends.prefix { $0 == $1 }.count
    }
    let near = known.filter { likeness($0) * 3 >= max($0.utf8.count, word.utf8.count) * 2 }
    return near.max { likeness($0) < likeness($1) }.map { "; did you mean \($0)?" }
}
