import CRegex
import RoomPattern
import TestSupport
import Testing

/// A pattern as a tree, with a matcher that follows the definition of each operator and nothing else.
private indirect enum Sample {
    case letters(String, written: String)
    case sequence([Sample])
    case choice([Sample])
    case count(Sample, least: Int, most: Int?, written: String)

    static func random(depth: Int, _ generator: inout SeededGenerator) -> Sample {
        let letters = [
            ("a", "a"), ("b", "b"), (".", "abc"), ("[ab]", "ab"), ("[^a]", "bc"), ("[^[:upper:]b]", "ac"),
            ("[a-b]", "ab"),
            ("[c]", "c"),
        ]
        switch depth == 0 ? 0 : Int.random(in: 0..<8, using: &generator) {
        case 0...2:
            let (written, letters) = letters[Int.random(in: 0..<letters.count, using: &generator)]
            return .letters(letters, written: written)
        case 3...4:
            return .sequence(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in random(depth: depth - 1, &generator) }
            )
        case 5:
            return .choice(
                (0..<Int.random(in: 1...3, using: &generator)).map { _ in random(depth: depth - 1, &generator) }
            )
        default:
            let counts: [(Int, Int?, String)] = [
                (0, nil, "*"), (1, nil, "+"), (0, 1, "?"), (2, 2, "{2}"), (0, 2, "{0,2}"), (1, 3, "{1,3}"),
                (2, nil, "{2,}"),
                (0, 2, "{,2}"), (0, 0, "{0}"), (3, 4, "{3,4}"),
            ]
            let (least, most, written) = counts[Int.random(in: 0..<counts.count, using: &generator)]
            return .count(random(depth: depth - 1, &generator), least: least, most: most, written: written)
        }
    }

    var text: String {
        switch self {
        case .letters(_, let written): written
        case .sequence(let parts):
            parts.map { part in if case .choice = part { "(\(part.text))" } else { part.text } }.joined()
        case .choice(let branches): branches.map(\.text).joined(separator: "|")
        case .count(let part, _, _, let written): "(\(part.text))\(written)"
        }
    }

    /// The places where a match that begins at one of some places can end.
    func ends(from starts: Set<Int>, in text: [Character]) -> Set<Int> {
        switch self {
        case .letters(let letters, _):
            return Set(starts.filter { $0 < text.count && letters.contains(text[$0]) }.map { $0 + 1 })
        case .sequence(let parts): return parts.reduce(starts) { $1.ends(from: $0, in: text) }
        case .choice(let branches): return branches.reduce(into: []) { $0.formUnion($1.ends(from: starts, in: text)) }
        case .count(let part, let least, let most, _):
            var (places, all) = (starts, least == 0 ? starts : [])
            // Beyond one for each character and the least, more of them reach no other place.
            for count in 1...max(1, most ?? least + text.count) where count <= most ?? .max {
                places = part.ends(from: places, in: text)
                if count >= least { all.formUnion(places) }
            }
            return all
        }
    }

    func matches(_ text: [Character]) -> Bool {
        ends(from: [0], in: text).contains(text.count)
    }
}

@Suite struct `A second opinion on patterns` {
    /// Every text of `a`, `b` and `c` with at most four of them.
    private static let texts: [[Character]] = (0...4).flatMap { length in
        (0..<length).reduce([[]]) { (texts: [[Character]], _) in texts.flatMap { text in "abc".map { text + [$0] } } }
    }

    @Test(arguments: 1...4) func `is that of the operators' definitions, on every short text`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var taken = 0
        for _ in 0..<100 {
            let sample = Sample.random(depth: 4, &generator)
            let pattern: RoomPattern
            do throws(RoomPatternError) {
                pattern = try RoomPattern(sample.text)
            } catch {
                switch error {
                case .empty, .onlyEmptyText, .tooLong, .tooManyPositions: continue
                default: Issue.record("\(sample.text) \(error.problem)")
                }
                continue
            }
            taken += 1
            for text in Self.texts {
                let ours = pattern.matches(Array(String(text).utf8))
                if ours != sample.matches(text) { Issue.record("\(sample.text) on \(String(text)): \(ours)") }
            }
        }
        #expect(taken > 50)
    }

    /// Whether the C library takes what we refuse with an error.
    private func isStricter(_ error: RoomPatternError) -> Bool {
        switch error {
        case .empty, .onlyEmptyText, .doubleRepetition, .foreignGroup, .closingParenthesis, .anchor, .foreignEscape,
            .bareClass, .tooManyPositions:
            true
        case .tooLong, .notVisibleASCII, .syntax: false
        }
    }

    @Test(arguments: 1...4) func `is the C library's, on random characters`(seed: UInt64) throws {
        let marks = Array("aab-[]^.\\{}(),|*+?:=12$[[:alpha:]]")
        var generator = SeededGenerator(seed: seed)
        var (taken, matched) = (0, 0)
        for _ in 0..<4_000 {
            let length = Int.random(in: 1...14, using: &generator)
            let source = String((0..<length).map { _ in marks[Int.random(in: 0..<marks.count, using: &generator)] })
            let pattern: RoomPattern?
            do throws(RoomPatternError) {
                pattern = try RoomPattern(source)
            } catch {
                if isStricter(error) { continue }
                pattern = nil
            }
            let theirs = unsafe regex_oracle_new(source)
            defer { if let theirs = unsafe theirs { unsafe regex_oracle_free(theirs) } }
            let isTakenByBoth = unsafe (pattern != nil) == (theirs != nil)
            if !isTakenByBoth { Issue.record("\(source) \(refusal(of: source)?.problem ?? "is taken by us alone")") }
            guard let pattern, let theirs = unsafe theirs else { continue }
            taken += 1
            for _ in 0..<12 {
                let count = Int.random(in: 0...8, using: &generator)
                let text = String((0..<count).map { _ in "aab-]^1:\\"[Int.random(in: 0..<9, using: &generator)] })
                let opinion = unsafe regex_oracle_matches(theirs, text)
                if opinion { matched += 1 }
                if pattern.matches(Array(text.utf8)) != opinion {
                    Issue.record("\(source) on \(text): theirs is \(opinion)")
                }
            }
        }
        #expect(taken > 200 && matched > 100, "\(taken) patterns, \(matched) matches")
    }
}

extension String {
    fileprivate subscript(offset: Int) -> Character { self[index(startIndex, offsetBy: offset)] }
}
