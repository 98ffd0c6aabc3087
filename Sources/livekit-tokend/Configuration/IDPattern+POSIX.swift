import Glibc
import StrictJSON
import TokenEndpoint

extension IDPattern {
    /// The ids that a POSIX extended regular expression (regex(7)) matches from their first byte to their last.
    ///
    /// It is matched byte by byte, in time that is linear in the id, whatever the pattern.
    ///
    /// - Throws: what is wrong with the pattern, and what would be right.
    init(posixExtended pattern: String) throws(PatternError) {
        let expression = try POSIXExpression(matchingWhole: pattern)
        self.init { expression.matches($0) }
    }
}

/// What is wrong with a pattern.
struct PatternError: Error, Equatable {
    let problem: String
}

/// A compiled regular expression.
///
/// `regexec` does not change it, and locks what it caches.
@safe
private final class POSIXExpression: @unchecked Sendable {
    /// No pattern for ids is longer, and the time to compile one grows faster than its length.
    private static let maximumLength = 256

    private let compiled: UnsafeMutablePointer<regex_t>

    init(matchingWhole pattern: String) throws(PatternError) {
        guard !pattern.isEmpty else { throw PatternError(problem: "is empty; it would allow no id at all") }
        try Self.refuseForeignSyntax(in: pattern)
        // First by itself: the parentheses below must not lend meaning to a pattern.
        unsafe Self.free(try Self.compile(pattern))
        // And without `$`: see `matches`.
        unsafe compiled = try Self.compile("^(\(pattern))")
    }

    deinit {
        unsafe Self.free(compiled)
    }

    private static func compile(_ pattern: String) throws(PatternError) -> UnsafeMutablePointer<regex_t> {
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        unsafe compiled.initialize(to: regex_t())
        let code = unsafe regcomp(compiled, pattern, REG_EXTENDED)
        guard code == 0 else {
            unsafe compiled.deallocate()
            throw PatternError(problem: "is not a POSIX extended regular expression: \(message(for: code))")
        }
        return unsafe compiled
    }

    private static func free(_ compiled: UnsafeMutablePointer<regex_t>) {
        unsafe regfree(compiled)
        unsafe compiled.deallocate()
    }

    /// Whether the longest match, which is the one that POSIX wants, ends where the id does.
    ///
    /// To ask that with a `$` takes the C library ten times as long: it would look whether the id ends after each byte.
    func matches(_ id: Identifier) -> Bool {
        var match = regmatch_t()
        var characters = id.text.utf8
        characters.append(0)
        return unsafe characters.withUnsafeBytes {
            unsafe regexec(compiled, $0.assumingMemoryBound(to: CChar.self).baseAddress, 1, &match, 0) == 0
        } && match.rm_so == 0 && Int(match.rm_eo) == id.text.utf8.count
    }

    /// Refuses what the C library takes for something else than whoever writes it means, or has no good answer to.
    private static func refuseForeignSyntax(in pattern: String) throws(PatternError) {
        let characters = Array(pattern)
        guard characters.count <= maximumLength else {
            throw PatternError(problem: "has \(characters.count) characters; it may have \(maximumLength)")
        }
        guard pattern.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw PatternError(problem: "has a character that no id can have; ids are visible ASCII")
        }
        var index = 0
        var depth = 0
        var repetition: Character?
        while index < characters.count {
            let character = characters[index]
            // The C library takes hours over a hundred of them, and POSIX gives two no meaning.
            if let repetition, "*+?{".contains(character) {
                throw PatternError(problem: "has \(repetition)\(character), two repetitions in a row; keep one of them")
            }
            repetition = "*+?}".contains(character) ? character : nil
            switch character {
            case "\\":
                try refuseEscape(at: index, in: characters)
                index += 1
            case "[": index = try endOfBrackets(from: index, in: characters)
            case "(":
                depth += 1
                guard index + 1 == characters.count || characters[index + 1] != "?" else {
                    throw PatternError(
                        problem: "has (?, which POSIX does not know; it takes ( ) | * + ? { } [ ] . alone"
                    )
                }
            case ")":
                depth -= 1
                // It would be taken for a character, and end the parentheses that are put around the pattern.
                guard depth >= 0 else { throw PatternError(problem: "has a ) without a ( before it") }
            // Elsewhere the C library is wrong about them: it lets `(^c)+` match `cc`.
            case "^" where index > 0, "$" where index < characters.count - 1:
                throw PatternError(
                    problem: "has a \(character) inside; it is the whole id that must match, so leave it out"
                )
            default: break
            }
            index += 1
        }
    }

    /// It takes `\d` for a `d`, and `\<` for no character at all.
    private static func refuseEscape(at index: Int, in characters: [Character]) throws(PatternError) {
        guard index + 1 < characters.count else { return }
        let escaped = characters[index + 1]
        if escaped.isLetter || escaped.isNumber || "<>`'".contains(escaped) {
            throw PatternError(problem: "has \\\(escaped), which POSIX does not know; write a class such as [0-9]")
        }
    }

    /// Where the `]` is of a bracket expression; between the two every character stands for itself, a `]` only if it is
    /// the first of them.
    private static func endOfBrackets(from start: Int, in characters: [Character]) throws(PatternError) -> Int {
        var index = start + 1
        if index < characters.count, characters[index] == "^" { index += 1 }
        if index < characters.count, characters[index] == "]" { index += 1 }
        while index < characters.count, characters[index] != "]" {
            if characters[index] == "\\" { try refuseEscape(at: index, in: characters) }
            // A class, as in `[[:alnum:]_-]`.
            if characters[index] == "[", index + 1 < characters.count, ":.=".contains(characters[index + 1]) {
                let mark = characters[index + 1]
                index += 2
                while index + 1 < characters.count, characters[index] != mark || characters[index + 1] != "]" {
                    index += 1
                }
                index += 1
            }
            index += 1
        }
        return index
    }

    private static func message(for code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = unsafe regerror(code, nil, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, length - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
