/// A file of `EnvironmentFile=` (systemd.exec(5)): a variable a line, with quotes and escapes as a shell has them.
enum EnvironmentFile {
    /// The variables of a text in their order; a line without `=` is none.
    static func variables(in text: String) -> [(name: String, value: String)] {
        var variables: [(String, String)] = []
        var rest = Substring(text.replacing("\r\n", with: "\n"))
        while !rest.isEmpty {
            rest = rest.drop(while: \.isWhitespace)
            if rest.hasPrefix("#") || rest.hasPrefix(";") {
                // Before version 254 of systemd, one that ends in a backslash goes on in the next line.
                rest = rest.drop { $0 != "\n" }
                continue
            }
            let name = rest.prefix { $0 != "=" && $0 != "\n" }
            rest = rest.dropFirst(name.count)
            guard rest.popFirst() == "=" else { continue }
            variables.append((SystemdUnits.trimmed(name), value(&rest)))
        }
        return variables
    }

    /// Takes a value off with the end of its line: quoted parts, and one without quotes, which ends the value.
    private static func value(_ rest: inout Substring) -> String {
        var value = ""
        while let character = rest.popFirst(), character != "\n" {
            switch character {
            case " ", "\t": continue
            case "'":
                let quoted = rest.prefix { $0 != "'" }
                value += quoted
                rest = rest.dropFirst(quoted.count + 1)
            case "\"": value += doubleQuoted(&rest)
            default: return value + plain(character, &rest)
            }
        }
        return value
    }

    /// Takes off what double quotes hold: a backslash takes a quote, a dollar sign, a grave accent or itself as it is,
    /// and with the end of a line is nothing.
    private static func doubleQuoted(_ rest: inout Substring) -> String {
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\", let next = rest.popFirst() else {
                value.append(character)
                continue
            }
            if next != "\n" { value += "\"\\`$".contains(next) ? String(next) : "\\\(next)" }
        }
        return value
    }

    /// Takes off what stands without quotes, to the end of the line; a backslash with that end is nothing.
    private static func plain(_ first: Character, _ rest: inout Substring) -> String {
        var value = ""
        var next: Character? = first
        // Blanks before the end of the line do not count, but for escaped ones.
        var blanks = ""
        while let character = next, character != "\n" {
            if character == " " || character == "\t" {
                blanks.append(character)
            } else if character == "\\" {
                if let escaped = rest.popFirst(), escaped != "\n" {
                    value += blanks + String(escaped)
                    blanks = ""
                }
            } else {
                value += blanks + String(character)
                blanks = ""
            }
            next = rest.popFirst()
        }
        return value
    }
}
