import YAML

/// YAML: a document within its bounds, or a fault with a line that there is.
enum YAMLText {
    static func check(_ bytes: [UInt8]) {
        // Each break has one of these; what is missing at the end is missed on the line after.
        let lines = 1...bytes.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 2
        do throws(YAMLError) {
            guard let root = try YAMLNode(parsing: bytes) else { return }
            var count = 0
            check(root, level: 1, lines: lines, count: &count)
        } catch {
            want(lines.contains(error.line), "line \(error.line) of \(lines.upperBound)")
            if case .duplicateKey = error.kind { return }
            want(
                error.problem.utf8.allSatisfy { (0x20...0x7E).contains($0) },
                "it quotes: \(error.problem.debugDescription)"
            )
        }
    }

    /// Answers a line for each line of hexadecimal on standard input, for a second parser to judge: the kind and the
    /// line of the fault after a `-`, else the nodes, each with its line, and with its text in hexadecimal.
    static func answer() {
        while let bytes = readHexadecimalLine() {
            do throws(YAMLError) {
                print(try YAMLNode(parsing: bytes).map(written) ?? "nothing")
            } catch {
                let kind = "\(error.kind)".prefix { $0 != "(" }
                print("-\(kind) \(error.line)")
            }
        }
    }

    private static func check(_ node: YAMLNode, level: Int, lines: ClosedRange<Int>, count: inout Int) {
        count += 1
        want(level <= YAMLNode.maximumDepth && count <= YAMLNode.maximumCount, "beyond the bounds")
        want(lines.contains(node.line), "line \(node.line) of \(lines.upperBound)")
        switch node.content {
        case .scalar: break
        case .sequence(let elements):
            for element in elements { check(element, level: level + 1, lines: lines, count: &count) }
        case .mapping(let pairs):
            var keys: Set<[UInt8]> = []
            for pair in pairs {
                check(pair.key, level: level + 1, lines: lines, count: &count)
                check(pair.value, level: level + 1, lines: lines, count: &count)
                guard case .scalar(let text, _) = pair.key.content else { continue }
                want(keys.insert(Array(text.utf8)).inserted, "a key comes twice: \(text)")
            }
        }
    }

    private static func written(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let text, let isPlain):
            let digits = text.utf8.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
            return "\(isPlain ? "plain" : "quoted") \(node.line) \(digits)."
        case .sequence(let elements): return "sequence \(node.line) \(elements.map(written).joined(separator: " ")) end"
        case .mapping(let pairs):
            let parts = pairs.map { "\(written($0.key)) \(written($0.value))" }
            return "mapping \(node.line) \(parts.joined(separator: " ")) end"
        }
    }
}
