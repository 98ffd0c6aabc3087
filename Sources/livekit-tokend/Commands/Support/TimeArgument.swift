import Configuration
import LiveKitToken

/// A point in time as an argument of the command line.
enum TimeArgument {
    /// The times that the directory can hold: 1970-01-01T00:00:00Z … 9999-12-31T23:59:59Z.
    private static let allowed = NumericDate(0)...NumericDate.writable.upperBound

    /// Reads RFC 3339 with any offset, a date alone, which begins at 00:00:00Z, Unix seconds, or `+` and a duration
    /// from now; `nil` for anything else.
    static func date(_ text: String, now: NumericDate) -> NumericDate? {
        let date: NumericDate?
        if text.hasPrefix("+") {
            date = DurationText.seconds(String(text.dropFirst())).map { now.advanced(by: $0) }
        } else if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            date = Int64(text).map { NumericDate($0) }
        } else {
            date = NumericDate(rfc3339: text.utf8.count == 10 ? text + "T00:00:00Z" : text)
        }
        return date.flatMap { allowed.contains($0) ? $0 : nil }
    }
}
