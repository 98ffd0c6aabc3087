/// A set of characters of visible ASCII (0x21–0x7E).
struct VisibleASCII: Equatable {
    private var bits: UInt128 = 0

    static let all = VisibleASCII(0x21...0x7E)

    init() {}

    /// Takes the visible ones of a range.
    init(_ range: ClosedRange<UInt8>) {
        for byte in range.clamped(to: 0x21...0x7E) where range.contains(byte) { bits |= 1 << UInt128(byte) }
    }

    var bytes: [UInt8] {
        (0x21...0x7E).filter { bits >> UInt128($0) & 1 == 1 }
    }

    var inverted: VisibleASCII {
        var others = Self.all
        others.bits &= ~bits
        return others
    }

    mutating func formUnion(_ other: VisibleASCII) {
        bits |= other.bits
    }
}

extension VisibleASCII {
    /// The characters of a class of the POSIX locale (IEEE Std 1003.1, §7.3.1); `nil` if there is no such class.
    init?(class name: String) {
        guard let ranges = Self.classes.first(where: { $0.name == name })?.ranges else { return nil }
        for range in ranges { formUnion(VisibleASCII(range)) }
    }

    /// The names of all classes.
    static var classNames: String { classes.map(\.name).joined(separator: ", ") }

    /// `space`, `blank` and `cntrl` have no visible character.
    private static let classes: [(name: String, ranges: [ClosedRange<UInt8>])] = {
        let (upper, lower, digits): (ClosedRange<UInt8>, ClosedRange<UInt8>, ClosedRange<UInt8>) =
            (0x41...0x5A, 0x61...0x7A, 0x30...0x39)
        return [
            ("alnum", [upper, lower, digits]), ("alpha", [upper, lower]), ("blank", []), ("cntrl", []),
            ("digit", [digits]), ("graph", [0x21...0x7E]), ("lower", [lower]), ("print", [0x21...0x7E]),
            ("punct", [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]), ("space", []), ("upper", [upper]),
            ("xdigit", [digits, 0x41...0x46, 0x61...0x66]),
        ]
    }()
}
