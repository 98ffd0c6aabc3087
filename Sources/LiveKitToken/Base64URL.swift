/// The base64url alphabet without padding (RFC 4648 §5, RFC 7515 §2).
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each character of the alphabet; `0xFF` for every other byte.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Encodes any bytes; the result has ⌈4n/3⌉ characters.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        encode(Array(bytes).span)
    }

    /// Encodes any bytes; the result has ⌈4n/3⌉ characters.
    package static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        let alphabet = alphabet
        return [UInt8](capacity: (bytes.count * 4 + 2) / 3) { characters in
            let alphabet = alphabet.span
            var index = 0
            while index + 2 < bytes.count {
                let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
                characters.append(alphabet[group >> 18 & 0x3F])
                characters.append(alphabet[group >> 12 & 0x3F])
                characters.append(alphabet[group >> 6 & 0x3F])
                characters.append(alphabet[group & 0x3F])
                index += 3
            }
            switch bytes.count - index {
            case 1:
                characters.append(alphabet[Int(bytes[index]) >> 2 & 0x3F])
                characters.append(alphabet[Int(bytes[index]) << 4 & 0x3F])
            case 2:
                let group = Int(bytes[index]) << 8 | Int(bytes[index + 1])
                characters.append(alphabet[group >> 10 & 0x3F])
                characters.append(alphabet[group >> 4 & 0x3F])
                characters.append(alphabet[group << 2 & 0x3F])
            default: break
            }
        }
    }

    /// Decodes what `encode` gives and nothing else: padding, other characters, an impossible length and non-zero
    /// trailing bits (RFC 4648 §3.5) are `nil`, so every value has one spelling.
    package static func decode(_ characters: some Collection<UInt8>) -> [UInt8]? {
        decode(ArraySlice(characters))
    }

    private static func decode(_ characters: ArraySlice<UInt8>) -> [UInt8]? {
        let values = values
        // Of all values together: above 0x3F if any of the characters is none.
        var union: UInt8 = 0
        // What the last character has beyond the last byte.
        var rest: UInt8 = 0
        let bytes = [UInt8](capacity: characters.count * 3 / 4) { bytes in
            let (values, characters) = (values.span, characters.span)
            func value(_ index: Int) -> UInt8 { values[Int(characters[index])] }
            var index = 0
            while index + 3 < characters.count {
                let (first, second, third, fourth) = (
                    value(index), value(index + 1), value(index + 2), value(index + 3)
                )
                union |= first | second | third | fourth
                bytes.append(first << 2 | second >> 4)
                bytes.append(second << 4 | third >> 2)
                bytes.append(third << 6 | fourth)
                index += 4
            }
            guard characters.count - index > 1 else { return }
            let (first, second) = (value(index), value(index + 1))
            union |= first | second
            bytes.append(first << 2 | second >> 4)
            rest = second & 0xF
            guard characters.count - index > 2 else { return }
            let third = value(index + 2)
            union |= third
            bytes.append(second << 4 | third >> 2)
            rest = third & 0x3
        }
        return characters.count % 4 != 1 && union <= 0x3F && rest == 0 ? bytes : nil
    }
}
