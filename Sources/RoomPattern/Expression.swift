/// A regular expression as a tree: what it matches, without how it is written.
indirect enum Expression: Equatable {
    /// The empty text.
    case empty
    /// One character of a set.
    case character(VisibleASCII)
    case concatenation([Expression])
    case alternation([Expression])
    /// A number of copies in a row; without a most, any number.
    case repetition(Expression, atLeast: Int, atMost: Int?)

    /// The number of positions at which counting ends; no count of the tree is larger.
    static let mostPositions = 1_000_000_000

    /// The number of characters once each repetition is written out as so many copies; `{2,}` takes two, `*` one.
    var positions: Int {
        switch self {
        case .empty: 0
        case .character: 1
        // Neither overflows: a pattern has at most 256 parts, and each is at most a billion.
        case .concatenation(let parts), .alternation(let parts):
            min(parts.reduce(0) { $0 + $1.positions }, Self.mostPositions)
        case .repetition(let part, let least, let most):
            min(part.positions * (most ?? max(least, 1)), Self.mostPositions)
        }
    }
}
