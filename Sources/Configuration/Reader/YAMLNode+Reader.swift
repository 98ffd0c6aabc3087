import YAML

extension YAMLNode {
    /// The text of a scalar without quotes; `nil` for any other node.
    var plainText: String? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return text
    }

    /// The text of a scalar, with quotes or without; `nil` for any other node, and for YAML's null.
    var text: String? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? nil : text
    }

    /// The list in one line that somebody meant who wrote the node without brackets, of a plain text with each part
    /// between commas as an element; `nil` where that cannot be told in a few words.
    ///
    /// - Parameter element: the element that a text stands for.
    func asList(_ element: (String) -> String = { $0 }) -> String? {
        let elements: [String]
        switch content {
        case .scalar(_, let isPlain):
            guard let text else { return nil }
            let parts = isPlain ? text.split(separator: ",").map { String($0).trimmingBlanks } : [text]
            elements = parts.filter { !isPlain || !$0.isEmpty }.map { element(Self.flow($0)) }
        case .mapping(let pairs):
            // A mapping of mappings may have been meant for anything.
            let members = pairs.compactMap { pair -> String? in
                guard let (name, value) = pair.key.text.flatMap({ name in pair.value.text.map { (name, $0) } }) else {
                    return nil
                }
                return "\(Self.flow(name)): \(Self.flow(value))"
            }
            guard !members.isEmpty, members.count == pairs.count else { return nil }
            elements = ["{\(members.joined(separator: ", "))}"]
        case .sequence: return nil
        }
        let list = "[\(elements.joined(separator: ", "))]"
        let scalars = list.unicodeScalars
        let isShown = scalars.count <= 100 && scalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return elements.isEmpty || !isShown ? nil : list
    }

    /// A text as it may stand within brackets, in quotes if it must.
    private static func flow(_ text: String) -> String {
        let isPlain = text.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
            // The latter may be indicators at the beginning.
            default: "_/".utf8.contains(byte) || index > 0 && "-.*@ ".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty && text.last != " " ? text : "'\(text.replacing("'", with: "''"))'"
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
