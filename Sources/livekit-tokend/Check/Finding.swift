/// A line of a check: the state of one thing that the service needs.
struct Finding: Equatable, CustomStringConvertible {
    enum Level: String {
        case ok
        case warning
        case error

        /// The colour on a terminal (ECMA-48, SGR): green, yellow, red.
        fileprivate var color: String {
            switch self {
            case .ok: "32"
            case .warning: "33"
            case .error: "31"
            }
        }
    }

    let level: Level
    let subject: String
    /// The state; for a warning or an error also what to do.
    let message: String
    /// Whether the configuration or the key file must change.
    var isConfiguration = false

    /// The level, the subject and the message in three columns.
    var description: String { line(isColored: false) }

    /// The three columns, the level in its colour if wanted.
    func line(isColored: Bool) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        let word = padded(level.rawValue, 9)
        let shown = isColored ? "\u{1B}[\(level.color)m\(word)\u{1B}[0m" : word
        return shown + padded(subject, 15) + message
    }
}

extension [Finding] {
    /// The exit status; the configuration comes first, because the service needs it for all else.
    var failure: Failure.Status? {
        let errors = filter { $0.level == .error }
        return errors.isEmpty ? nil : errors.contains { $0.isConfiguration } ? .configuration : .unavailable
    }

    /// `1 error, 2 warnings`; `nil` without either.
    var summary: String? {
        let counts = [Finding.Level.error, .warning].compactMap { level in
            let count = count { $0.level == level }
            return count == 0 ? nil : counted(count, level.rawValue)
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }
}
