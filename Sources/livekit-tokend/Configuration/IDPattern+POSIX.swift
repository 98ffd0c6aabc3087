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
        // First by itself: the parentheses below must not lend meaning to a pattern such as `a)|(b`.
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
        } && Int(match.rm_eo) == id.text.utf8.count
    }

    /// The C library takes `\d` for a `d` and `(?i)` for nothing: whoever writes them means something else.
    private static func refuseForeignSyntax(in pattern: String) throws(PatternError) {
        let characters = Array(pattern)
        guard characters.count <= maximumLength else {
            throw PatternError(problem: "has \(characters.count) characters; it may have \(maximumLength)")
        }
        guard pattern.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw PatternError(problem: "has a character that no id can have; ids are visible ASCII")
        }
        var isInBrackets = false
        var isEscaped = false
        for (first, second) in zip(characters, characters.dropFirst()) {
            if first == "\\", second.isLetter || second.isNumber {
                throw PatternError(problem: "has \\\(second), which POSIX does not know; write a class such as [0-9]")
            }
            // Between brackets `*` and `+` are characters; a bracket behind a backslash is one itself.
            if isInBrackets || first == "[" && !isEscaped {
                isInBrackets = first != "]"
                isEscaped = false
                continue
            }
            isEscaped = first == "\\" && !isEscaped
            // The C library takes hours over a hundred of them, and POSIX gives two no meaning.
            if "*+?}".contains(first), "*+?{".contains(second) {
                throw PatternError(problem: "has \(first)\(second), two repetitions in a row; keep one of them")
            }
            if first == "(", second == "?" {
                throw PatternError(problem: "has (?, which POSIX does not know; it takes ( ) | * + ? { } [ ] . alone")
            }
        }
    }

    private static func message(for code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = unsafe regerror(code, nil, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, length - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
