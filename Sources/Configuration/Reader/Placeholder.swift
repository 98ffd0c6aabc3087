/// A place in a text that a shell, Docker Compose or a template would have filled in.
enum Placeholder {
    /// The first `${NAME}` or `{{ name }}` in a text, at most 40 characters of it, or the text if it is `$NAME`.
    static func first(in text: String) -> String? {
        let bytes = Array(text.utf8)
        let isName: (UInt8) -> Bool = { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
        }
        if bytes.count > 1, bytes[0] == UInt8(ascii: "$"), isName(bytes[1]),
            bytes.dropFirst().allSatisfy({ isName($0) || (0x30...0x39).contains($0) })
        {
            return String(text.prefix(40))
        }
        for index in bytes.indices.dropLast(2) {
            let begins =
                bytes[index] == UInt8(ascii: "$") && bytes[index + 1] == UInt8(ascii: "{") && isName(bytes[index + 2])
                || bytes[index] == UInt8(ascii: "{") && bytes[index + 1] == UInt8(ascii: "{")
            guard begins else { continue }
            // Where this one has no end, none after it has one.
            guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
            let isDoubled = bytes[index] == UInt8(ascii: "{") && end + 1 < bytes.count && bytes[end + 1] == bytes[end]
            return String(decoding: bytes[index...(isDoubled ? end + 1 : end)].prefix(40), as: UTF8.self)
        }
        return nil
    }
}
