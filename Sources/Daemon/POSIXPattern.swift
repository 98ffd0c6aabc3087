import Glibc

/// A POSIX extended regular expression (regex(7)) that is matched against whole texts.
///
/// A text is matched byte by byte, in time that is linear in its length for every pattern that is accepted.
@safe
package final class POSIXPattern: @unchecked Sendable {  // regexec does not change what it reads, and locks its cache
    /// In characters; the time to compile a pattern grows faster than its length.
    private static let maximumLength = 256

    private let compiled: UnsafeMutablePointer<regex_t>

    /// Compiles a pattern for texts of visible ASCII.
    ///
    /// - Throws: what is wrong with the pattern, and what would be right.
    package init(_ pattern: String) throws(POSIXPatternError) {
        guard !pattern.isEmpty else { throw POSIXPatternError(problem: "is empty, so it matches nothing") }
        try Self.refuseForeignSyntax(in: pattern)
        // First alone: the parentheses below must not lend meaning to a pattern.
        unsafe Self.free(try Self.compile(pattern))
        // And without `$`: see `matches`.
        unsafe compiled = try Self.compile("^(\(pattern))")
    }

    deinit {
        unsafe Self.free(compiled)
    }

    private static func compile(_ pattern: String) throws(POSIXPatternError) -> UnsafeMutablePointer<regex_t> {
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        unsafe compiled.initialize(to: regex_t())
        let code = unsafe regcomp(compiled, pattern, REG_EXTENDED)
        guard code == 0 else {
            unsafe compiled.deallocate()
            throw POSIXPatternError(problem: "is not a POSIX extended regular expression: \(message(for: code))")
        }
        return unsafe compiled
    }

    private static func free(_ compiled: UnsafeMutablePointer<regex_t>) {
        unsafe regfree(compiled)
        unsafe compiled.deallocate()
    }

    /// Whether the pattern matches a text from its first byte to its last; the text holds no NUL.
    ///
    /// The longest match, which is the one that POSIX wants, must end where the text does. A `$` would ask the same and
    /// take the C library ten times as long: it looks whether the text ends after each byte.
    package func matches(_ text: [UInt8]) -> Bool {
        var match = regmatch_t()
        var characters = text
        characters.append(0)
        return unsafe characters.withUnsafeBytes {
            unsafe regexec(compiled, $0.assumingMemoryBound(to: CChar.self).baseAddress, 1, &match, 0) == 0
        } && match.rm_so == 0 && Int(match.rm_eo) == text.count
    }

    /// Refuses what the C library reads otherwise than the author of a pattern means it, or has no good answer to.
    private static func refuseForeignSyntax(in pattern: String) throws(POSIXPatternError) {
        let characters = Array(pattern)
        guard characters.count <= maximumLength else {
            throw POSIXPatternError(problem: "has \(characters.count) characters; it may have \(maximumLength)")
        }
        guard pattern.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw POSIXPatternError(problem: "has a character that is not visible ASCII")
        }
        var index = 0
        var depth = 0
        var repetition: Character?
        while index < characters.count {
            let character = characters[index]
            // The C library takes hours over a hundred of them, and POSIX gives two no meaning.
            if let repetition, "*+?{".contains(character) {
                throw POSIXPatternError(
                    problem: "has \(repetition)\(character), two repetitions in a row; keep one of them"
                )
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
                    throw POSIXPatternError(
                        problem: "has (?, which POSIX does not know; it knows ( ) | * + ? { } [ ] ."
                    )
                }
            case ")":
                depth -= 1
                // It would be taken for a character, and end the parentheses that are put around the pattern.
                guard depth >= 0 else { throw POSIXPatternError(problem: "has a ) without a ( before it") }
            // Elsewhere the C library is wrong about them: it lets `(^c)+` match `cc`.
            case "^" where index > 0, "$" where index < characters.count - 1:
                throw POSIXPatternError(
                    problem: "has a \(character) inside; the pattern must match the whole text anyway, so leave it out"
                )
            default: break
            }
            index += 1
        }
    }

    /// The C library takes `\d` for a `d`, and `\<` for no character at all.
    private static func refuseEscape(at index: Int, in characters: [Character]) throws(POSIXPatternError) {
        guard index + 1 < characters.count else { return }
        let escaped = characters[index + 1]
        if escaped.isLetter || escaped.isNumber || "<>`'".contains(escaped) {
            throw POSIXPatternError(problem: "has \\\(escaped), which POSIX does not know; write a class such as [0-9]")
        }
    }

    /// The index of the `]` that ends a bracket expression.
    ///
    /// Between the two every character stands for itself, a `]` only if it is the first of them.
    private static func endOfBrackets(from start: Int, in characters: [Character]) throws(POSIXPatternError) -> Int {
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

/// What is wrong with a pattern.
package struct POSIXPatternError: Error, Equatable {
    /// A predicate whose subject is the pattern: "is empty, …".
    package let problem: String
}
