/// A stream that is UTF-8 and has no character that YAML does not allow, without its byte order mark.
struct SourceText {
    let bytes: ArraySlice<UInt8>
    private var lines: [[Unicode.Scalar]] = [[]]

    init(_ stream: [UInt8]) throws(YAMLError) {
        guard ![[0xFF, 0xFE], [0xFE, 0xFF]].contains(stream.prefix(2)) else { throw YAMLError(kind: .utf16, line: 1) }
        // libyaml 0.2.5 takes the mark only where it is to guess the encoding.
        bytes = stream.starts(with: [0xEF, 0xBB, 0xBF]) ? stream.dropFirst(3) : stream[...]
        var (decoder, rest, previous) = (UTF8(), bytes.makeIterator(), Unicode.Scalar(0x20))
        while true {
            switch decoder.decode(&rest) {
            case .emptyInput: return
            case .error: throw YAMLError(kind: .notUTF8, line: lines.count)
            case .scalarValue(let scalar):
                // YAML 1.2 §5.1, but for DEL, which 1.1 and libyaml do not allow.
                switch scalar.value {
                case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x10000...: break
                default: throw YAMLError(kind: .character(scalar), line: lines.count)
                }
                // Lines as libyaml counts them (YAML 1.1 §4.1.4).
                if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
                    if (previous, scalar) != ("\r", "\n") { lines.append([]) }
                } else {
                    lines[lines.count - 1].append(scalar)
                }
                previous = scalar
            }
        }
    }

    /// A line, from 1, without its break; empty beyond the last.
    func line(_ number: Int) -> [Unicode.Scalar] {
        lines.indices.contains(number - 1) ? lines[number - 1] : []
    }

    /// The last of some lines that has a no-break space for a space.
    func misuse(in range: ClosedRange<Int>) -> Int? {
        range.last { Self.misusesNoBreakSpace(line($0)) }
    }

    /// Whether a no-break space begins a text, or stands where a space ends an indicator or begins a comment.
    static func misusesNoBreakSpace(_ line: [Unicode.Scalar]) -> Bool {
        let text = [":"] + line.drop { $0 == " " || $0 == "\t" } + [" "]
        let comment = text.indices.first { text[$0] == "#" && ($0 == 1 || [" ", "\t"].contains(text[$0 - 1])) }
        return text.indices.dropFirst().prefix { $0 != comment }.contains { index in
            text[index] == "\u{A0}"
                && (text[index - 1] == ":" || text[index + 1] == "#" || index == 2 && ["-", "?"].contains(text[1]))
        }
    }
}
