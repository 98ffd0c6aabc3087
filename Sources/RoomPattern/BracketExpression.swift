/// A reader of what stands between `[` and `]` (IEEE Std 1003.1, §9.3.5), in the POSIX locale.
struct BracketExpression {
    private let pattern: [UInt8]
    /// Where the reader is: after the `[` at first, after the `]` at last.
    private(set) var index: Int

    init(pattern: [UInt8], index: Int) {
        self.pattern = pattern
        self.index = index
    }

    /// An element: what it stands for, and the character that a range may begin or end with.
    private struct Element {
        let characters: VisibleASCII
        let bound: UInt8?

        init(_ byte: UInt8) {
            (characters, bound) = (VisibleASCII(byte...byte), byte)
        }

        init(_ characters: VisibleASCII) {
            (self.characters, bound) = (characters, nil)
        }
    }

    /// Reads the characters that are matched.
    mutating func characters() throws(RoomPatternError) -> VisibleASCII {
        let isInverted = take("^")
        var characters = VisibleASCII()
        let first = index
        repeat {
            // A `-` that is neither first nor last nor the end of a range is undefined.
            if index > first, next == "-", after != "]" { throw .syntax(after == nil ? .openBracket : .badRange) }
            let element = try element()
            guard let low = element.bound, next == "-", after != "]" else {
                characters.formUnion(element.characters)
                continue
            }
            index += 1
            guard let high = try self.element().bound, low <= high else { throw .syntax(.badRange) }
            characters.formUnion(VisibleASCII(low...high))
        } while next != "]"
        try refuseBareClass(from: first)
        index += 1
        return isInverted ? characters.inverted : characters
    }

    /// A character, which may be the `]` that stands first, or what `[.`, `[=` or `[:` begins.
    private mutating func element() throws(RoomPatternError) -> Element {
        guard let character = next else { throw .syntax(.openBracket) }
        index += 1
        if character == "\\", let escaped = next, PatternParser.isForeign(escaped) { throw .foreignEscape(escaped) }
        guard character == "[", let mark = next, ".=:".contains(mark) else { return Element(pattern[index - 1]) }
        index += 1
        let start = index
        while next != mark || after != "]" {
            guard next != nil else { throw .syntax(.openBracket) }
            index += 1
        }
        let name = pattern[start..<index]
        index += 2
        switch mark {
        case ":":
            let name = String(decoding: name, as: UTF8.self)
            guard let characters = VisibleASCII(class: name) else { throw .syntax(.unknownClass(name)) }
            return Element(characters)
        default:
            guard let byte = name.first, name.count == 1 else { throw .syntax(.collation) }
            // An equivalence class is no end of a range.
            return mark == "." ? Element(byte) : Element(VisibleASCII(byte...byte))
        }
    }

    /// Refuses `[:alnum:]`, which is a set of its letters and the colon.
    private func refuseBareClass(from start: Int) throws(RoomPatternError) {
        let colon = UInt8(ascii: ":")
        let inside = pattern[start..<index]
        guard inside.count > 2, inside.first == colon, inside.last == colon else { return }
        let name = String(decoding: inside.dropFirst().dropLast(), as: UTF8.self)
        if VisibleASCII(class: name) != nil { throw .bareClass(name) }
    }

    private var next: Character? { character(at: index) }
    private var after: Character? { character(at: index + 1) }

    private func character(at index: Int) -> Character? {
        index < pattern.count ? Character(Unicode.Scalar(pattern[index])) : nil
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        index += 1
        return true
    }
}
