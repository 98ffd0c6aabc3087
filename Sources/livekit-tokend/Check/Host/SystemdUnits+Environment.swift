import Daemon

// MARK: - The environment that systemd gives to the service

extension SystemdUnits {
    /// The variables of the service: those of `Environment=`, then those of the files of `EnvironmentFile=`, as
    /// systemd.exec(5) orders them; `nil` where the service has no unit.
    var environment: [String: String]? {
        guard has(Self.service) else { return nil }
        var variables: [String: String] = [:]
        for value in values(of: "Environment", in: Self.service) {
            for assignment in Self.words(value) { Self.assign(assignment, in: &variables) }
        }
        for (path, _) in environmentFiles {
            guard let bytes = try? ReadableFile(opening: path).contents(atMost: 65_536),
                let text = String(validating: bytes, as: UTF8.self)
            else { continue }
            for (name, value) in EnvironmentFile.variables(in: text) { variables[name] = value }
        }
        return variables
    }

    /// The files of `EnvironmentFile=`, and whether each may be missing.
    var environmentFiles: [(path: String, isOptional: Bool)] {
        values(of: "EnvironmentFile", in: Self.service).map { value in
            value.hasPrefix("-") ? (String(value.dropFirst()), true) : (value, false)
        }
    }

    private static func assign(_ assignment: String, in variables: inout [String: String]) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
    }

    /// The words of a value: quotes hold a word together, and a backslash takes the next character as it is
    /// (systemd.syntax(7)).
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + (["n": "\n", "t": "\t"][character] ?? String(character))
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character == " " || character == "\t" {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}
