import Configuration
import Foundation
import TestSupport
import Testing

@Suite struct `A key file that is taken` {
    /// The variable that names a Python in which PyYAML is installed; `Tests/run.sh` sets it.
    private static let python = ProcessInfo.processInfo.environment["SECOND_OPINIONS"]

    /// Parts of key files, and what comes near them.
    private static let parts = [
        "\u{FEFF}", "---", "...", "# c", " #", "#", "\n", "\n", "\n", "\r\n", "\r", " ", " ", "  ", "\t", "A", "b1",
        "API2: ",
        "C: ", "\"D\": ", "'E':", ": ", ":", "x", "y#z", "\"q\"", "'q'", "\"", "'", "''", "\\", "\\\"", "\\u0041",
        "\\x42",
        "\\/", "\\n", "{", "}", "{", "}", ",", ", ", "[", "]", "&", "*", "!", "|", ">", "%", "@", "`", "-", "- ", "?",
        "? ",
        "~", "null", "<<", "=", "ä", "\u{85}", "\u{2028}", "$", "s3cr3t",
    ]

    private static func any(_ texts: [String], _ generator: inout SeededGenerator) -> String {
        texts[Int.random(in: texts.indices, using: &generator)]
    }

    private static func file(_ generator: inout SeededGenerator) -> [UInt8] {
        let noise = { (generator: inout SeededGenerator) in
            (0..<Int.random(in: 0...2, using: &generator)).map { _ in any(parts, &generator) }.joined()
        }
        var text = Bool.random(using: &generator) ? noise(&generator) : ""
        let isFlow = Bool.random(using: &generator)
        if isFlow { text += "{" }
        for number in 0..<Int.random(in: 1...3, using: &generator) {
            if isFlow, number > 0 { text += ", " }
            text += any(["K\(number): ", "'K\(number)': ", "\"K\(number)\":"], &generator)
            let quote = any(["", "'", "\""], &generator)
            text += quote + "s" + noise(&generator) + quote + (isFlow ? "" : "\n")
            if Int.random(in: 0..<4, using: &generator) == 0 { text += noise(&generator) }
        }
        return Array((text + (isFlow ? "}" : "") + (Bool.random(using: &generator) ? noise(&generator) : "")).utf8)
    }

    @Test(.enabled(if: python != nil, "SECOND_OPINIONS must name a Python with PyYAML"))
    func `means the same to PyYAML`() throws {
        var generator = SeededGenerator(seed: 20_261_130)
        var files: [String] = []
        var ours: [[String]] = []
        var refused = 0
        while files.count < 20_000 {
            let bytes = Self.file(&generator)
            guard let entries = try? KeyFile.parse(bytes, place: "k") else {
                refused += 1
                continue
            }
            files.append(Data(bytes).base64EncodedString())
            ours.append(
                entries.flatMap { [$0.id, String(decoding: KeyFile.secret(of: $0, in: bytes), as: UTF8.self)] }
            )
        }
        #expect(refused > 1000)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../SecondOpinions/keys.py")
        let input = try JSONEncoder().encode(files)
        let python = try CompletedProcess(try #require(Self.python), [script.path()], input: input)
        try #require(python.status == 0, "\(python.complaint)")
        let theirs = try JSONDecoder().decode([[String]?].self, from: python.output)
        try #require(theirs.count == ours.count)
        for (index, (mine, other)) in zip(ours, theirs).enumerated() where mine != other {
            let text = Data(base64Encoded: files[index]).map { String(decoding: $0, as: UTF8.self) } ?? ""
            Issue.record("\(text.debugDescription): \(mine), and to PyYAML \(String(describing: other))")
        }
    }
}
