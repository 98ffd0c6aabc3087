/// A reader of DER (ITU-T X.690 §10, §11) that takes one element after another off its front.
///
/// It refuses what has a second spelling: lengths that are not the shortest, the indefinite one, integers with an octet
/// too many. An element ends where its length says, within the one that holds it.
struct DERReader {
    /// What stands in the first octet of an element that is read here.
    enum Tag: UInt8 {
        case integer = 0x02
        case bitString = 0x03
        case null = 0x05
        case objectIdentifier = 0x06
        case sequence = 0x30
        /// `[0]`, constructed: the version of a certificate.
        case version = 0xA0
    }

    /// The octets are not DER, or not of the form that is asked for.
    struct Malformed: Error, Equatable {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) {
        rest = ArraySlice(bytes)
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Whether the next element has a tag.
    func isNext(_ tag: Tag) -> Bool { rest.first == tag.rawValue }

    /// The contents of the next element, which has a tag.
    mutating func contents(of tag: Tag) throws(Malformed) -> ArraySlice<UInt8> {
        guard isNext(tag) else { throw Malformed() }
        return try next()
    }

    /// Goes past the next element, of any tag.
    mutating func skip() throws(Malformed) {
        _ = try next()
    }

    /// A reader of the elements of the next element, a sequence.
    mutating func sequence() throws(Malformed) -> DERReader {
        DERReader(try contents(of: .sequence))
    }

    /// The octets of the next element, an integer that is not negative; no zero octet is before them.
    mutating func unsigned() throws(Malformed) -> ArraySlice<UInt8> {
        let octets = try contents(of: .integer)
        guard let first = octets.first, first < 0x80 else { throw Malformed() }
        guard first == 0, octets.count > 1 else { return octets }
        let digits = octets.dropFirst()
        guard digits[digits.startIndex] >= 0x80 else { throw Malformed() }
        return digits
    }

    /// The octets of the next element, a string of whole octets of bits.
    mutating func octetsOfBits() throws(Malformed) -> ArraySlice<UInt8> {
        let contents = try contents(of: .bitString)
        guard contents.first == 0 else { throw Malformed() }
        return contents.dropFirst()
    }

    /// Makes sure that nothing follows.
    func end() throws(Malformed) {
        guard isAtEnd else { throw Malformed() }
    }

    /// Takes the next element off, whose tag is of one octet.
    private mutating func next() throws(Malformed) -> ArraySlice<UInt8> {
        guard let tag = rest.popFirst(), tag & 0x1F != 0x1F, let first = rest.popFirst() else { throw Malformed() }
        var length = Int(first)
        if first >= 0x80 {
            // A key, and a certificate, has less than 16 MiB.
            let count = Int(first & 0x7F)
            guard (1...3).contains(count), rest.count >= count else { throw Malformed() }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(count)
            guard length >= 0x80, length >> (8 * (count - 1)) > 0 else { throw Malformed() }
        }
        guard rest.count >= length else { throw Malformed() }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
