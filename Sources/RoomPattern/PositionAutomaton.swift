/// A nondeterministic automaton whose states are the positions of an expression (Glushkov 1961), as bits.
///
/// It is in a position once that has taken a byte. The vector has a bit for each position.
struct PositionAutomaton<Positions: SIMD & Sendable>: Sendable where Positions.Scalar == UInt64 {
    /// The most positions.
    static var capacity: Int { Positions.scalarCount * UInt64.bitWidth }

    /// The positions that may come first.
    private let first: Positions
    /// The positions that may come last.
    private let last: Positions
    private let matchesEmptyText: Bool
    /// The positions that may come after each position.
    private let following: [Positions]
    /// The positions that take each byte.
    private let taking: [Positions]
    /// The number of scalars that have positions.
    private let width: Int

    /// Takes an expression of at most so many positions as the vector has bits.
    init(_ expression: Expression) {
        var builder = Builder()
        let whole = builder.fragment(expression)
        (first, last, matchesEmptyText) = (whole.first, whole.last, whole.matchesEmptyText)
        (following, taking) = (builder.following, builder.taking)
        width = (following.count + UInt64.bitWidth - 1) / UInt64.bitWidth
    }

    /// Whether a text is matched as a whole; each position that is left for the next byte is a step.
    @inline(__always)
    func matches(_ text: [UInt8], step: () -> Void) -> Bool {
        guard let head = text.first else { return matchesEmptyText }
        var active = first & taking[Int(head)]
        for byte in text.dropFirst() {
            var next = Positions.zero
            var isAlive = false
            for index in 0..<width {
                var rest = active[index]
                while rest != 0 {
                    next |= following[index * UInt64.bitWidth + rest.trailingZeroBitCount]
                    rest &= rest - 1
                    isAlive = true
                    step()
                }
            }
            guard isAlive else { return false }
            active = next & taking[Int(byte)]
        }
        return active & last != .zero
    }

    /// The number of bytes at the start of a text with which a text that is matched could begin as well.
    func promise(of text: [UInt8]) -> Int {
        var candidates = first
        for (index, byte) in text.enumerated() {
            let active = candidates & taking[Int(byte)]
            guard active != .zero else { return index }
            candidates = .zero
            for position in following.indices {
                let (word, bit) = position.quotientAndRemainder(dividingBy: UInt64.bitWidth)
                if active[word] >> UInt64(bit) & 1 == 1 { candidates |= following[position] }
            }
        }
        return text.count
    }
}

extension PositionAutomaton {
    /// A part of the automaton, and how others join it.
    private struct Fragment {
        var first = Positions.zero
        var last = Positions.zero
        var matchesEmptyText = true
    }

    /// Gives each character of an expression its position, from left to right.
    private struct Builder {
        var following: [Positions] = []
        var taking = [Positions](repeating: .zero, count: 256)

        mutating func fragment(_ expression: Expression) -> Fragment {
            switch expression {
            case .empty: return Fragment()
            case .character(let characters):
                let position = position(taking: characters)
                return Fragment(first: position, last: position, matchesEmptyText: false)
            case .concatenation(let parts):
                var whole = Fragment()
                for part in parts { whole = joined(whole, fragment(part)) }
                return whole
            case .alternation(let branches):
                var whole = Fragment(matchesEmptyText: false)
                for branch in branches {
                    let next = fragment(branch)
                    whole.first |= next.first
                    whole.last |= next.last
                    whole.matchesEmptyText = whole.matchesEmptyText || next.matchesEmptyText
                }
                return whole
            case .repetition(let part, let least, let most): return repeated(part, atLeast: least, atMost: most)
            }
        }

        private mutating func position(taking characters: VisibleASCII) -> Positions {
            var position = Positions.zero
            position[following.count / UInt64.bitWidth] = 1 << UInt64(following.count % UInt64.bitWidth)
            following.append(.zero)
            for byte in characters.bytes { taking[Int(byte)] |= position }
            return position
        }

        private mutating func joined(_ left: Fragment, _ right: Fragment) -> Fragment {
            link(left.last, to: right.first)
            return Fragment(
                first: left.matchesEmptyText ? left.first | right.first : left.first,
                last: right.matchesEmptyText ? left.last | right.last : right.last,
                matchesEmptyText: left.matchesEmptyText && right.matchesEmptyText
            )
        }

        /// A chain of copies, `x(x(x)?)?` for `x{1,3}`: a text of fewer copies takes the foremost of them, so that each
        /// is followed by the next alone.
        private mutating func repeated(_ part: Expression, atLeast least: Int, atMost most: Int?) -> Fragment {
            var whole = Fragment(matchesEmptyText: least == 0)
            var before: Fragment?
            for copy in 1...(most ?? max(least, 1)) {
                let next = fragment(part)
                if let before {
                    link(before.last, to: next.first)
                } else {
                    whole.first = next.first
                    // Where a copy may be empty, fewer of them are as good as all.
                    whole.matchesEmptyText = least == 0 || next.matchesEmptyText
                }
                if whole.matchesEmptyText || copy >= least { whole.last |= next.last }
                before = next
            }
            if most == nil, let before { link(before.last, to: before.first) }
            return whole
        }

        private mutating func link(_ ends: Positions, to starts: Positions) {
            for index in 0..<Positions.scalarCount {
                var rest = ends[index]
                while rest != 0 {
                    following[index * UInt64.bitWidth + rest.trailingZeroBitCount] |= starts
                    rest &= rest - 1
                }
            }
        }
    }
}
