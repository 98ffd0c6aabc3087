/// One thing that was looked at.
struct Finding: Equatable, CustomStringConvertible {
    enum Level: String {
        case ok
        case warning
        case error
    }

    let level: Level
    let subject: String
    /// How it is; for a warning or an error also what would be right.
    let message: String
    /// Whether the cure is in the configuration or the key file.
    var isConfiguration = false

    /// A line in three columns.
    var description: String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(level.rawValue, 9) + padded(subject, 15) + message
    }
}

extension [Finding] {
    /// What the command ends with: the configuration first, because nothing works without it.
    var failure: Failure.Status? {
        let errors = filter { $0.level == .error }
        return errors.isEmpty ? nil : errors.contains { $0.isConfiguration } ? .configuration : .unavailable
    }

    /// `1 error, 2 warnings`; `nil` if there are none.
    var summary: String? {
        let counts = [Finding.Level.error, .warning].compactMap { level in
            let count = count { $0.level == level }
            return count == 0 ? nil : counted(count, level.rawValue)
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }
}
