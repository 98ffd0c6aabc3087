import LiveKitToken

/// A block of textual encoding (RFC 7468), between a line BEGIN and a line END.
struct PEMBlock: Equatable {
    let label: String
    let contents: [UInt8]

    private static let (begin, end, close) = ("-----BEGIN ", "-----END ", "-----")

    /// The blocks of a text, in their order; text around them is not looked at.
    static func blocks(of text: [UInt8]) throws(PublicKeyFileError) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var (label, base64): (String?, [UInt8]) = (nil, [])
        for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let words = String(decoding: line, as: UTF8.self).trimmingBlanks
            if let name = words.enclosed(begin, close) {
                guard label == nil else { throw .pem }
                (label, base64) = (name, [])
            } else if let open = label {
                if let name = words.enclosed(end, close) {
                    guard name == open, let contents = decode(base64) else { throw .pem }
                    blocks.append(PEMBlock(label: name, contents: contents))
                    label = nil
                } else {
                    base64 += words.utf8
                }
            }
        }
        guard label == nil else { throw .pem }
        return blocks
    }

    /// Base64 with its padding (RFC 4648 §4), in its one spelling; `nil` for anything else.
    private static func decode(_ text: [UInt8]) -> [UInt8]? {
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let characters = text.dropLast(padding)
        guard text.count % 4 == 0, padding <= 2,
            !characters.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
        else { return nil }
        return Base64URL.decode(
            characters.map { character in
                switch character {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: character
                }
            }
        )
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    fileprivate func enclosed(_ start: String, _ end: String) -> String? {
        guard hasPrefix(start), hasSuffix(end), count >= start.count + end.count else { return nil }
        return String(dropFirst(start.count).dropLast(end.count))
    }
}
