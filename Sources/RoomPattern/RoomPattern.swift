/// A POSIX extended regular expression (IEEE Std 1003.1, §9.4) that is matched against whole texts of visible ASCII.
///
/// The expression is an automaton of positions (Glushkov 1961): each character, `.` or bracket expression is one,
/// with counted repetitions written out. Of a text each byte takes at most one step for each position, and nothing is
/// allocated or kept: memory and time are bounded by the pattern and the text, never by the texts before.
package struct RoomPattern: Sendable {
    /// The most characters of a pattern.
    package static let maximumLength = 256
    /// The most positions of a pattern.
    package static let maximumPositions = 512

    /// The pattern as it was written.
    package let source: String
    /// The number of positions.
    package let positions: Int
    private let automaton: Automaton

    private enum Automaton: Sendable {
        case narrow(PositionAutomaton<SIMD2<UInt64>>)
        case wide(PositionAutomaton<SIMD8<UInt64>>)
    }

    /// Reads a pattern.
    ///
    /// - Throws: what is wrong with the pattern. Its positions are counted before any repetition is written out.
    package init(_ source: String) throws(RoomPatternError) {
        let expression = try PatternParser.expression(source)
        positions = expression.positions
        guard positions <= Self.maximumPositions else { throw .tooManyPositions(positions) }
        self.source = source
        automaton =
            positions <= PositionAutomaton<SIMD2<UInt64>>.capacity
            ? .narrow(PositionAutomaton(expression)) : .wide(PositionAutomaton(expression))
    }

    /// Whether the pattern matches a text from its first byte to its last.
    package func matches(_ text: [UInt8]) -> Bool {
        switch automaton {
        case .narrow(let automaton): automaton.matches(text) {}
        case .wide(let automaton): automaton.matches(text) {}
        }
    }

    /// The number of bytes at the start of a text with which a text that the pattern matches could begin as well: where
    /// it is less than all, the byte after them is the first that is out of place.
    package func promise(of text: [UInt8]) -> Int {
        switch automaton {
        case .narrow(let automaton): automaton.promise(of: text)
        case .wide(let automaton): automaton.promise(of: text)
        }
    }

    /// The number of steps that matching a text takes: at most one for each of its bytes and each position.
    package func steps(matching text: [UInt8]) -> Int {
        var steps = 0
        switch automaton {
        case .narrow(let automaton): _ = automaton.matches(text) { steps += 1 }
        case .wide(let automaton): _ = automaton.matches(text) { steps += 1 }
        }
        return steps
    }
}
