/// The notation of durations: a whole number of seconds, or a whole number and a unit (`90`, `90s`, `5m`, `1h`, `2d`,
/// `1w`).
package enum DurationText {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// The seconds that a text names; `nil` if the text is not a duration, or is one of more than a hundred years.
    package static func seconds(_ text: String) -> Int64? {
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard (1...10).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(digits), number * (unit ?? 1) <= 3_155_760_000
        else { return nil }
        return number * (unit ?? 1)
    }

    /// The shortest text for a number of seconds that is not negative, without weeks: `5m`, not `300s`.
    package static func text(_ seconds: Int64) -> String {
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)] where seconds > 0 && seconds % length == 0
        {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
