import Crypto

/// A universally unique identifier (RFC 9562).
package struct UUID: Hashable, Sendable {
    /// The 16 octets, in network order.
    package let octets: [UInt8]

    /// Reads the 36 characters of RFC 9562 §4 in either case; `nil` for anything else.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == 36 else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(16)
        var high: UInt8?
        for (index, character) in text.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
            if let first = high {
                octets.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        self.octets = octets
    }

    /// A UUID of version 5 (RFC 9562 §5.5): the same for the same namespace and name, on every machine.
    package init(namespace: UUID, name: [UInt8]) {
        var digest = Insecure.SHA1()
        digest.update(data: namespace.octets)
        digest.update(data: name)
        self.init(octets: Array(digest.finalize().prefix(16)), version: 5)
    }

    /// A UUID of version 4 (RFC 9562 §5.4): unguessable if the generator is.
    package static func random(using generator: inout some RandomNumberGenerator) -> UUID {
        UUID(octets: UUID(high: generator.next(), low: generator.next()).octets, version: 4)
    }

    /// The UUID of two words of eight octets each.
    package init(high: UInt64, low: UInt64) {
        octets = [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    private init(octets: [UInt8], version: UInt8) {
        var octets = octets
        octets[6] = octets[6] & 0x0F | version << 4
        octets[8] = octets[8] & 0x3F | 0x80
        self.octets = octets
    }
}

extension UUID: CustomStringConvertible {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// The 36 characters, in lower case.
    package var description: String {
        var characters: [UInt8] = []
        characters.reserveCapacity(36)
        for (index, octet) in octets.enumerated() {
            if [4, 6, 8, 10].contains(index) { characters.append(UInt8(ascii: "-")) }
            characters.append(Self.hexDigits[Int(octet >> 4)])
            characters.append(Self.hexDigits[Int(octet & 0x0F)])
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
