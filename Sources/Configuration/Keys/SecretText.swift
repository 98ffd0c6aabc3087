/// The text of a secret or of a key's name, as a variable of the environment has it.
enum SecretText {
    /// What a text is that a program should have filled in, as the end of a clause.
    static let template = "a template that was not filled in"

    private static let standIns = [
        "changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me", "yoursecret", "your-secret",
        "your_secret",
    ]

    /// What a text is, if it stands in the place of a secret: a template, or a word such as `changeme`.
    static func placeholder(_ text: ArraySlice<UInt8>) -> String? {
        let frames = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">"), ("%{", "}")]
        let isFramed = frames.contains { first, last in
            text.starts(with: first.utf8) && text.reversed().starts(with: last.utf8.reversed())
        }
        let isVariable =
            text.count > 1 && text.first == UInt8(ascii: "$")
            && text.dropFirst().allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        if isFramed || isVariable { return template }
        return standIns.contains { isIn(text, $0) } ? "a word that stands in the place of one" : nil
    }

    /// Whether a text holds a word in small letters, in any case of its letters.
    private static func isIn(_ text: ArraySlice<UInt8>, _ word: String) -> Bool {
        guard text.count >= word.utf8.count else { return false }
        return (text.startIndex...text.endIndex - word.utf8.count).contains { start in
            zip(text[start...], word.utf8).allSatisfy { byte, letter in
                byte == letter || (0x41...0x5A).contains(byte) && byte + 0x20 == letter
            }
        }
    }

    /// What is wrong with the value of a variable: a predicate with the cure, and without any of the value; `nil` if
    /// nothing is.
    ///
    /// The rules are those of a key file, where YAML takes off what surrounds a text.
    static func problem(of value: [UInt8]) -> String? {
        if value.last == 0x0A { return "ends with a line end: remove it (printf instead of echo)" }
        if value.last == 0x0D { return "ends with a carriage return: remove it, and save its file with Unix line ends" }
        if value.starts(with: [0xEF, 0xBB, 0xBF]) { return "begins with a byte order mark: remove it" }
        if let first = value.first, [0x20, 0x09].contains(first) { return "begins with a blank: remove it" }
        if let last = value.last, [0x20, 0x09].contains(last) { return "ends with a blank: remove it" }
        if value.count > 1, let first = value.first, [0x22, 0x27].contains(first), value.last == first {
            return "is in quotes, which are a part of it here: remove them"
        }
        if let placeholder = placeholder(value[...]) { return "is \(placeholder)" }
        guard let index = value.firstIndex(where: { !(0x21...0x7E).contains($0) }) else { return nil }
        let kind =
            switch value[index] {
            case 0x20, 0x09: "a blank"
            case 0x0A: "a line end"
            case 0x00...0x1F, 0x7F: "a control character"
            default: "a character that is not ASCII"
            }
        return "has \(kind) in place \(index + 1)"
    }
}
