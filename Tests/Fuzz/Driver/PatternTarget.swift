import CPatternOracles
import RoomPattern

/// Patterns of rooms: other engines match the same texts, in no more steps than positions and bytes allow.
///
/// An input that begins with a byte below 0x80 is a pattern as it is, up to the first byte that is not visible, and
/// then a text: it is held to the bounds alone. Any other chooses from the grammar, and is written for PCRE2 and RE2
/// too, which read another language. The C library's opinion is one of the Swift tests: of some patterns it takes
/// minutes here.
enum PatternText {
    static func check(_ bytes: [UInt8]) {
        var input = Input(bytes)
        if input.byte() < 0x80 {
            let pattern = bytes.dropFirst().prefix { (0x21...0x7E).contains($0) }
            let text = bytes.dropFirst(pattern.count + 2).prefix(64).map { 0x21 + $0 % 94 }
            compare(Sample(posix: String(decoding: pattern, as: UTF8.self), perl: nil), text)
        } else {
            let sample = Sample.choice(from: &input, depth: 5)
            let text = (0..<Int(input.byte() % 24)).map { _ in letters[Int(input.byte()) % letters.count] }
            compare(sample, text)
        }
    }

    /// What patterns of the grammar and their texts are made of: few, so that many match.
    fileprivate static let letters = Array("aabbcdAZ09-.]^\\:".utf8)

    private static func compare(_ sample: Sample, _ text: [UInt8]) {
        let pattern: RoomPattern
        do throws(RoomPatternError) {
            pattern = try RoomPattern(sample.posix)
        } catch {
            let isPrintable = error.problem.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            want(isPrintable, "it quotes: \(error.problem.debugDescription)")
            return
        }
        want((1...RoomPattern.maximumPositions).contains(pattern.positions), "\(pattern.positions) positions")
        want(pattern.steps(matching: text) <= text.count * pattern.positions, "too many steps")
        let (ours, string) = (pattern.matches(text), String(decoding: text, as: UTF8.self))
        guard let perl = sample.perl, sample.copies <= 2_000 else { return }
        let pcre = unsafe pcre2_opinion("(?:\(perl))", string)
        want(pcre < 0 || (pcre == 1) == ours, "PCRE2 says \(pcre) of \(sample.posix) on \(string)")
        let re2 = unsafe re2_opinion(perl, string)
        want(re2 < 0 || (re2 == 1) == ours, "RE2 says \(re2) of \(sample.posix) on \(string)")
    }
}

/// A pattern in two languages.
private struct Sample {
    var posix: String
    var perl: String?
    /// How many parts it has once its counts are written out, those of empty texts too, which take other engines long.
    var copies = 1

    init(posix: String, perl: String?, copies: Int = 1) {
        (self.posix, self.perl, self.copies) = (posix, perl, copies)
    }

    init(_ both: String) {
        self.init(posix: both, perl: both)
    }

    static func choice(from input: inout Input, depth: Int) -> Sample {
        switch depth == 0 ? input.byte() % 3 : input.byte() % 8 {
        case 0: literal(PatternText.letters[Int(input.byte()) % PatternText.letters.count])
        case 1: brackets(from: &input)
        case 2: Sample(".")
        case 3: joined((0..<input.byte() % 4).map { _ in choice(from: &input, depth: depth - 1) }, by: "").inParentheses
        case 4:
            joined((0...input.byte() % 3).map { _ in choice(from: &input, depth: depth - 1) }, by: "|").inParentheses
        case 5: Sample("()")
        default: counted(choice(from: &input, depth: depth - 1).inParentheses, from: &input)
        }
    }

    private var inParentheses: Sample { Sample(posix: "(\(posix))", perl: perl.map { "(?:\($0))" }, copies: copies) }

    private static func joined(_ parts: [Sample], by separator: String) -> Sample {
        Sample(
            posix: parts.map(\.posix).joined(separator: separator),
            perl: parts.compactMap(\.perl).joined(separator: separator),
            copies: parts.reduce(0) { $0 + $1.copies }
        )
    }

    private static func literal(_ letter: UInt8) -> Sample {
        let character = String(Unicode.Scalar(letter))
        return Sample(".^\\".contains(character) ? "\\\(character)" : character)
    }

    private static func counted(_ part: Sample, from input: inout Input) -> Sample {
        let (least, more) = (Int(input.byte() % 4), Int(input.byte() % 4))
        let counts = ["*", "+", "?", "{\(least)}", "{\(least),}", "{\(least),\(least + more)}", "{,\(more)}", "{0,40}"]
        let count = counts[Int(input.byte() % 8)]
        return Sample(
            posix: part.posix + count,
            perl: part.perl.map { $0 + (count.hasPrefix("{,") ? "{0" + count.dropFirst() : count) },
            copies: part.copies * (count == "{0,40}" ? 40 : least + more + 1)
        )
    }

    private static func brackets(from input: inout Input) -> Sample {
        let start = input.byte() % 2 == 0 ? "[^" : "["
        var whole = Sample(input.byte() % 4 == 0 ? start + "]" : start)
        for _ in 0...input.byte() % 3 {
            let part =
                switch input.byte() % 8 {
                case 0: Sample("a-c")
                case 1: Sample("0-9")
                case 2: Sample("[:alpha:]")
                case 3: Sample("[:punct:]")
                case 4: Sample("[:upper:]")
                case 5: Sample(posix: "\\", perl: "\\\\")
                case 6: Sample(".")
                default: Sample("bc")
                }
            whole = joined([whole, part], by: "")
        }
        return joined([whole, Sample(input.byte() % 2 == 0 ? "-]" : "]")], by: "")
    }
}
