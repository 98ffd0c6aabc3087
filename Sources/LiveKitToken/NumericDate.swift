package import StrictJSON

/// A NumericDate (RFC 7519 §2): seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct NumericDate: Hashable, Sendable {
    package let seconds: Int64

    package init(_ seconds: Int64) {
        self.seconds = seconds
    }

    /// Reads a time that is 1 to 18 digits and nothing else; `nil` for other text.
    package init?(digits text: [UInt8]) {
        guard (1...18).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.init(text.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
    }

    /// The instant that many seconds later.
    ///
    /// It stays at the end of time rather than wrap around.
    package func advanced(by seconds: Int64) -> NumericDate {
        let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
        return NumericDate(overflow ? (seconds > 0 ? .max : .min) : sum)
    }

    /// The seconds from another instant to this one, negative if that one is later.
    package func seconds(since other: NumericDate) -> Int64 {
        let (difference, overflow) = seconds.subtractingReportingOverflow(other.seconds)
        return overflow ? (seconds > other.seconds ? .max : .min) : difference
    }
}

extension NumericDate: Comparable {
    package static func < (left: NumericDate, right: NumericDate) -> Bool {
        left.seconds < right.seconds
    }
}

extension NumericDate {
    /// The years that RFC 3339 can write: 0001-01-01T00:00:00Z … 9999-12-31T23:59:59Z.
    package static let writable = NumericDate(-62_135_596_800)...NumericDate(253_402_300_799)

    /// The instant as RFC 3339 writes it in UTC, `2026-11-23T22:45:30Z`; beyond the writable years the nearest of them.
    package var rfc3339: UTF8String {
        rfc3339(milliseconds: nil)
    }

    /// The instant as RFC 3339 writes it, with three digits of a fraction if they are given (0–999).
    package func rfc3339(milliseconds: Int?) -> UTF8String {
        let clamped = min(max(self, Self.writable.lowerBound), Self.writable.upperBound).seconds
        let (day, second) = clamped.quotientAndRemainderFlooring(dividingBy: 86_400)
        let (year, month, dayOfMonth) = Self.civilDate(daysSinceEpoch: day)
        return UTF8String(
            ascii: [UInt8](capacity: 24) { text in
                text.append(digits: year, 4)
                text.append(UInt8(ascii: "-"))
                text.append(digits: month, 2)
                text.append(UInt8(ascii: "-"))
                text.append(digits: dayOfMonth, 2)
                text.append(UInt8(ascii: "T"))
                text.append(digits: second / 3600, 2)
                text.append(UInt8(ascii: ":"))
                text.append(digits: second / 60 % 60, 2)
                text.append(UInt8(ascii: ":"))
                text.append(digits: second % 60, 2)
                if let milliseconds {
                    text.append(UInt8(ascii: "."))
                    text.append(digits: Int64(milliseconds), 3)
                }
                text.append(UInt8(ascii: "Z"))
            }
        )
    }

    /// Reads an instant as RFC 3339 §5.6 writes it, with any offset, a fraction being cut off; `nil` for anything else,
    /// also for a day that the month does not have and for a leap second.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("Tt "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2)
        else { return nil }
        if reader.take(".") { guard reader.skipDigits() else { return nil } }
        var offset: Int64 = 0
        if !reader.take("Zz") {
            let isWest = reader.next == UInt8(ascii: "-")
            guard reader.take("+-"), let hours = reader.number(2), reader.take(":"), let minutes = reader.number(2),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        guard reader.isAtEnd, year >= 1, (1...12).contains(month), hour < 24, minute < 60, second < 60,
            day >= 1, Self.civilDate(daysSinceEpoch: days) == (year, month, day)
        else { return nil }
        self.init(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
    }

    /// The date in the proleptic Gregorian calendar, counted in eras of 400 years that begin on the first of March.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).quotientAndRemainderFlooring(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.quotientAndRemainderFlooring(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderFlooring(dividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number of at most so many digits, with zeros before it.
    fileprivate mutating func append(digits value: Int64, _ width: Int) {
        if width > 1 { append(digits: value / 10, width - 1) }
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}

/// Reads a text of fixed-width numbers and separators from the front.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    mutating func number(_ width: Int) -> Int64? {
        guard bytes.count - position >= width else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + width] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += width
        return value
    }

    mutating func take(_ oneOf: String) -> Bool {
        guard let next, oneOf.utf8.contains(next) else { return false }
        position += 1
        return true
    }

    mutating func skipDigits() -> Bool {
        let start = position
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { position += 1 }
        return position > start
    }
}
