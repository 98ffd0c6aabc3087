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
}
