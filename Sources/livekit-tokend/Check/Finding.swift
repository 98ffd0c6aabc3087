/// A line of a check: the state of one thing that the service needs.
struct Finding: Equatable, CustomStringConvertible {
    enum Level: String {
        case ok
        case warning
        case error
    }

    let level: Level
    let subject: String
    /// The state; for a warning or an error also what to do.
    let message: String
    /// Whether the configuration or the key file must change.
    var isConfiguration = false

    /// The level, the subject and the message in three columns.
    var description: String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(level.rawValue, 9) + padded(subject, 15) + message
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
