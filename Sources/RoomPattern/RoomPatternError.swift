/// The reason why a pattern is refused.
package enum RoomPatternError: Error, Equatable {
    /// A part of a pattern that POSIX wants otherwise.
    package enum Syntax: Equatable, Sendable {
        case openParenthesis, openBracket, openBrace, trailingBackslash, badCount, badRange, collation
        /// A `*`, `+`, `?` or `{` with nothing before it.
        case nothingToRepeat(Character)
        /// A name in `[:` and `:]` that is not a class.
        case unknownClass(String)
    }

    case empty
    /// The number of characters.
    case tooLong(Int)
    case notVisibleASCII
    /// The number of positions, at most `Expression.mostPositions`.
    case tooManyPositions(Int)
    case onlyEmptyText
    case syntax(Syntax)
    case doubleRepetition(Character, Character)
    case foreignGroup
    case closingParenthesis
    /// A `^` or `$` inside.
    case anchor(Character)
    /// A letter, a digit or a mark after a backslash.
    case foreignEscape(Character)
    /// A class such as `[:alnum:]` whose outer brackets are missing.
    case bareClass(String)

    /// A predicate whose subject is the pattern: "is empty, …".
    package var problem: String {
        switch self {
        case .empty: "is empty, so it matches nothing"
        case .tooLong(let count): "has \(count) characters; it may have \(RoomPattern.maximumLength)"
        case .notVisibleASCII: "has a character that is not visible ASCII"
        case .tooManyPositions(let count):
            "needs \(Self.grouped(count)) positions, its repetitions written out; it may have "
                + "\(RoomPattern.maximumPositions), so write smaller counts, or + or * for them"
        case .onlyEmptyText: "matches the empty text alone, and an id has at least one character"
        case .syntax(let fault): "is not a POSIX extended regular expression: \(fault.problem)"
        case .doubleRepetition(let first, let second):
            "has \(first)\(second), two repetitions in a row; keep one of them"
        case .foreignGroup: "has (?, which POSIX does not know; it knows ( ) | * + ? { } [ ] ."
        case .closingParenthesis: "has a ) without a ( before it"
        case .anchor(let character):
            "has a \(character) inside; the pattern must match the whole text anyway, so leave it out"
        case .foreignEscape(let character):
            "has \\\(character), which POSIX does not know; write a class such as [0-9]"
        case .bareClass(let name): "has [:\(name):] without brackets around it; write [[:\(name):]]"
        }
    }

    /// A number with a comma before each three digits.
    private static func grouped(_ count: Int) -> String {
        guard count < Expression.mostPositions else { return "more than \(grouped(Expression.mostPositions - 1))" }
        let digits = Array(String(count))
        return digits.indices.map { index in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digits[index])" : String(digits[index])
        }
        .joined()
    }
}

extension RoomPatternError.Syntax {
    fileprivate var problem: String {
        switch self {
        case .openParenthesis: "a ( has no ) after it"
        case .openBracket: "a [ has no ] after it"
        case .openBrace: "a { has no } after it"
        case .trailingBackslash: "it ends with a backslash"
        case .badCount: "a { begins no count; write {2}, {2,} or {2,5}, or \\{ for the character"
        case .badRange: "a range in brackets ends before it begins; for the character - write it last"
        case .collation: "[. and [= in brackets hold one character each"
        case .nothingToRepeat(let character): "a \(character) has nothing before it to repeat"
        case .unknownClass(let name): "there is no class [:\(name):]; there are \(VisibleASCII.classNames)"
        }
    }
}
