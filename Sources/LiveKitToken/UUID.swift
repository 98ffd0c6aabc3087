import Cryptography
package import StrictJSON

/// A universally unique identifier (RFC 9562).
package struct UUID: Hashable, Sendable {
    /// The first eight octets, in network order.
    package let high: UInt64
    /// The last eight octets, in network order.
    package let low: UInt64

    /// The UUID of two words of eight octets each.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 36 characters of RFC 9562 §4 in either case; `nil` for anything else.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (index, character) in text.enumerated() {
            if Self.isHyphen(at: index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = character.hexDigitValue else { return nil }
            words.high = words.high << 4 | words.low >> 60
            words.low = words.low << 4 | UInt64(digit)
        }
        self.init(high: words.high, low: words.low)
    }

    /// A UUID of version 5 (RFC 9562 §5.5): the same for the same namespace and name, on every machine.
    package init(namespace: UUID, name: [UInt8]) {
        let digest = SHA1.digest(of: (namespace.octets + name).span)
        self.init(
            high: Self.word(digest.span.extracting(0..<8)),
            low: Self.word(digest.span.extracting(8..<16)),
            version: 5
        )
    }

    /// A UUID of version 4 (RFC 9562 §5.4): unguessable if the generator is.
    package static func random(using generator: inout some RandomNumberGenerator) -> UUID {
        UUID(high: generator.next(), low: generator.next(), version: 4)
    }

    private init(high: UInt64, low: UInt64, version: UInt64) {
        self.init(high: high & ~0xF000 | version << 12, low: low & ~0 >> 2 | 1 << 63)
    }

    /// Whether it is of version 5 (RFC 9562 §5.5), in the variant that has versions (§4.1).
    package var isNameBased: Bool { high & 0xF000 == 0x5000 && low >> 62 == 0b10 }

    /// The 16 octets, in network order.
    package var octets: [UInt8] {
        (0..<16).map(octet)
    }

    private func octet(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (index < 8 ? high : low) &>> UInt64(56 - 8 * (index & 7)))
    }

    private static func word(_ octets: Span<UInt8>) -> UInt64 {
        octets.indices.reduce(0) { $0 << 8 | UInt64(octets[$1]) }
    }

    private static func isHyphen(at index: Int) -> Bool {
        index == 8 || index == 13 || index == 18 || index == 23
    }
}

extension UUID: CustomStringConvertible {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// The 36 characters, in lower case.
    package var text: UTF8String {
        UTF8String(ascii: [UInt8](capacity: 36, initializingWith: append(to:)))
    }

    /// Appends the 36 characters, in lower case.
    func append(to characters: inout OutputSpan<UInt8>) {
        let hexDigits = Self.hexDigits
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { characters.append(UInt8(ascii: "-")) }
            let octet = Int(octet(index))
            characters.append(hexDigits[octet >> 4])
            characters.append(hexDigits[octet & 0xF])
        }
    }

    package var description: String {
        text.description
    }
}
