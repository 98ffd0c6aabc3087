import LiveKitToken
import StrictJSON

extension NumericDate {
    /// RFC 3339 where that can write the time, else the number that it is.
    var words: String {
        NumericDate.writable.contains(self) ? rfc3339.description : "second \(seconds) of Unix"
    }

    /// The length of a time, of either sign, in its two largest units.
    static func span(_ seconds: Int64) -> String {
        let seconds = seconds.magnitude
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        return parts.drop { $0.0 == 0 && $0.1 != "s" }.prefix(2).map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
