import CommandLineInterface
import Daemon
import Glibc

/// The terminal of a person, where standard streams lead to one.
enum Terminal {
    /// Whether a person reads standard output.
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person can be asked: reads standard error, and types standard input.
    private static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether standard output shows colours, and the person wants them (no-color.org).
    static var hasColors: Bool {
        isOutput && Environment.value("NO_COLOR") == nil && Environment.value("TERM") ?? "dumb" != "dumb"
    }

    /// A text in bold, where there are colours.
    static func strong(_ text: String) -> String {
        hasColors ? "\u{1B}[1m\(text)\u{1B}[0m" : text
    }

    /// Whether a person says yes to a question; without a person to ask, yes.
    static func agrees(to question: String) -> Bool {
        guard canAsk else { return true }
        var prompt = Array("\(question) [y/N] ".harmless.utf8)
        _ = unsafe prompt.withUnsafeMutableBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// Lines of cells in columns that line up, under their names; an empty cell is a dash.
    static func table(_ columns: [String], _ rows: [[String]]) -> String {
        let cells = rows.map { $0.map { $0.isEmpty ? "-" : $0 } }
        let widths = columns.indices.map { index in
            ([columns] + cells).map { width(of: $0[index]) }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - width(of: $0)) }
            return padded.joined(separator: "  ").trimmingEnd
        }
        return ([strong(line(columns))] + cells.map(line)).map { $0 + "\n" }.joined()
    }

    /// The columns that a text takes: two for each character of East Asia, and for each emoji.
    private static func width(of text: String) -> Int {
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return text.reduce(0) { width, character in
            let scalar = character.unicodeScalars.first?.value ?? 0
            return width + (wide.contains { $0.contains(scalar) } ? 2 : 1)
        }
    }
}

extension String {
    /// The text without the spaces at its end.
    fileprivate var trimmingEnd: String {
        String(decoding: utf8.reversed().drop { $0 == UInt8(ascii: " ") }.reversed(), as: UTF8.self)
    }
}
