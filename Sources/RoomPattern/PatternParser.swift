/// A reader of POSIX extended regular expressions by recursive descent: each level is a parenthesis of at most 256.
///
/// It refuses what POSIX leaves undefined, and what the author of a pattern is likely to mean otherwise; it takes an
/// empty branch (`(a|)`), `{,5}` and an escaped punctuation mark, as the C library does.
struct PatternParser {
    private let pattern: [UInt8]
    private var index = 0

    /// Reads a pattern as a whole.
    static func expression(_ source: String) throws(RoomPatternError) -> Expression {
        guard !source.isEmpty else { throw .empty }
        guard source.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .notVisibleASCII }
        guard source.utf8.count <= RoomPattern.maximumLength else { throw .tooLong(source.utf8.count) }
        var parser = PatternParser(pattern: Array(source.utf8))
        let expression = try parser.alternation()
        guard parser.index == parser.pattern.count else { throw .closingParenthesis }
        guard expression.positions > 0 else { throw .onlyEmptyText }
        return expression
    }

    private init(pattern: [UInt8]) {
        self.pattern = pattern
    }

    /// Branches up to the end, or to a `)`.
    private mutating func alternation() throws(RoomPatternError) -> Expression {
        var branches: [Expression] = []
        repeat {
            let branch = try concatenation()
            // One empty branch says as much as many.
            if branch != .empty || !branches.contains(.empty) { branches.append(branch) }
        } while take("|")
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(RoomPatternError) -> Expression {
        // Around the whole pattern they say nothing, as it must match the whole text.
        if index == 0 { _ = take("^") }
        var parts: [Expression] = []
        while let next, next != "|", next != ")" {
            if next == "$", index == pattern.count - 1 {
                index += 1
                break
            }
            let part = try repeated(atom())
            // What is always empty is left out, so that copies of it cost nothing.
            if part.positions > 0 { parts.append(part) }
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    private mutating func atom() throws(RoomPatternError) -> Expression {
        guard let character = next else { return .empty }
        switch character {
        case "(":
            index += 1
            guard next != "?" else { throw .foreignGroup }
            let inner = try alternation()
            guard take(")") else { throw .syntax(.openParenthesis) }
            return inner
        case "[":
            var brackets = BracketExpression(pattern: pattern, index: index + 1)
            let characters = try brackets.characters()
            index = brackets.index
            return .character(characters)
        case ".":
            index += 1
            return .character(.all)
        case "\\":
            index += 1
            guard let escaped = next else { throw .syntax(.trailingBackslash) }
            if Self.isForeign(escaped) { throw .foreignEscape(escaped) }
            return literal()
        case "*", "+", "?", "{": throw .syntax(.nothingToRepeat(character))
        // Elsewhere the C library is wrong about them: it lets `(^c)+` match `cc`.
        case "^", "$": throw .anchor(character)
        default: return literal()
        }
    }

    /// Whether an escape means something elsewhere: the C library takes `\d` for a `d`, and `\<` for no character at
    /// all.
    static func isForeign(_ escaped: Character) -> Bool {
        escaped.isLetter || escaped.isNumber || "<>`'".contains(escaped)
    }

    private mutating func literal() -> Expression {
        defer { index += 1 }
        return .character(VisibleASCII(pattern[index]...pattern[index]))
    }

    private mutating func repeated(_ part: Expression) throws(RoomPatternError) -> Expression {
        guard let repetition = next, let (least, most) = try count() else { return part }
        // POSIX gives two no meaning, and elsewhere `*?` and `*+` have another.
        if let second = next, "*+?{".contains(second) {
            throw .doubleRepetition(repetition == "{" ? "}" : repetition, second)
        }
        let whole = Expression.repetition(part, atLeast: least, atMost: most)
        return whole.positions == 0 ? .empty : whole
    }

    /// How often what stands before is repeated; `nil` if no repetition stands here.
    private mutating func count() throws(RoomPatternError) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        let least = number()
        let hasComma = take(",")
        let most = hasComma ? number() : least
        guard take("}") else { throw .syntax(pattern[index...].contains(UInt8(ascii: "}")) ? .badCount : .openBrace) }
        guard least != nil || hasComma, least ?? 0 <= most ?? .max else { throw .syntax(.badCount) }
        return (least ?? 0, most)
    }

    /// Decimal digits; `nil` if none stands here.
    private mutating func number() -> Int? {
        var number: Int?
        while let digit = next?.wholeNumberValue {
            number = min((number ?? 0) * 10 + digit, Expression.mostPositions)
            index += 1
        }
        return number
    }

    private var next: Character? {
        index < pattern.count ? Character(Unicode.Scalar(pattern[index])) : nil
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        index += 1
        return true
    }
}
