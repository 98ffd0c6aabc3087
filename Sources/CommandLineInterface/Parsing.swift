/// Parses the words after a command as getopt_long(3) does: options and operands in any order, `--name=value` and
/// `--name value`, `--` before operands that begin with `-`.
///
/// It refuses three forms that getopt_long takes: an abbreviated option, letters after `-h`, and a separate value that
/// begins with `--`, because that is nearly always the next option.
///
/// - Returns: The values by the labels of their parameters; help or the version alone, if asked for.
/// - Throws: The first option that is unknown or misused; else the first extra operand; else the first missing one.
func parse(_ words: ArraySlice<String>, for command: Node) throws(UsageError) -> [String: String] {
    let (options, places) = (command.options, command.operands)
    var (words, operands, values) = (words, [String](), [String: String]())

    while let word = words.popFirst() {
        if word == "--" {
            operands += words
            break
        }
        guard word.isOption else {
            if !command.isGroup, let child = command.child(word) {
                let place = child.path.joined(separator: " ")
                throw UsageError("\(word) is a command, which is \(place); an operand of that name comes after --")
            }
            operands.append(word)
            continue
        }
        // Bytes, because "=" and a combining accent after it are one `Character`.
        let parts = word.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let label = parts[0] == "-h" ? Parameter.help.label : parts[0]
        guard let option = options.first(where: { $0.label.isSame(as: label) }) else {
            let meant = suggestion(for: label, among: options.map(\.label)) ?? ""
            throw UsageError("unknown option \(label.quoted)\(meant)")
        }
        if option.value == nil {
            guard parts.count == 1 else { throw UsageError("\(label) takes no value") }
            if [Parameter.help.label, Parameter.version.label].contains(label) { return [label: ""] }
            values[label] = ""
        } else if parts.count == 2 {
            values[label] = parts[1]
        } else {
            guard let value = words.popFirst() else { throw UsageError("\(option.form) lacks its value") }
            guard !value.utf8.starts(with: "--".utf8) else {
                throw UsageError("\(option.form) lacks its value; one that begins with -- comes after \(label)=")
            }
            values[label] = value
        }
    }

    if places.last?.isRepeated ?? false, operands.count > places.count {
        operands = operands.prefix(places.count - 1) + [operands.dropFirst(places.count - 1).joined(separator: "\0")]
    }
    for (place, operand) in zip(places, operands) { values[place.label] = operand }
    if let extra = operands.dropFirst(places.count).first {
        let advice = command.command.operandAdvice
        throw UsageError("unexpected argument \(extra.quoted)\(advice.isEmpty ? "" : "; \(advice)")")
    }
    if let missing = command.parameters.first(where: { $0.isRequired && values[$0.label] == nil }) {
        throw UsageError("missing \(missing.form): \(missing.help)")
    }
    return values
}
