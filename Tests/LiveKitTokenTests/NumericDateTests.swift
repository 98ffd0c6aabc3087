import LiveKitToken
import StrictJSON
import Testing

@Suite struct `a numeric date` {
    struct Instant: CustomTestStringConvertible, Sendable {
        let seconds: Int64
        let text: String

        init(_ seconds: Int64, _ text: String) {
            self.seconds = seconds
            self.text = text
        }

        var testDescription: String { text }
    }

    /// By Python's `datetime`.
    static let instants: [Instant] = [
        Instant(-62_135_596_800, "0001-01-01T00:00:00Z"),
        Instant(-12_187_753_077, "1583-10-15T01:02:03Z"),
        Instant(-11_670_955_200, "1600-02-29T12:00:00Z"),
        Instant(-8_520_336_001, "1699-12-31T23:59:59Z"),
        Instant(-2_203_891_201, "1900-02-28T23:59:59Z"),
        Instant(-2_203_891_200, "1900-03-01T00:00:00Z"),
        Instant(-1, "1969-12-31T23:59:59Z"),
        Instant(0, "1970-01-01T00:00:00Z"),
        Instant(68_169_601, "1972-02-29T00:00:01Z"),
        Instant(946_684_799, "1999-12-31T23:59:59Z"),
        Instant(951_782_400, "2000-02-29T00:00:00Z"),
        Instant(951_868_800, "2000-03-01T00:00:00Z"),
        Instant(1_709_251_199, "2024-02-29T23:59:59Z"),
        Instant(1_795_473_930, "2026-11-23T22:45:30Z"),
        Instant(2_147_483_647, "2038-01-19T03:14:07Z"),
        Instant(2_147_483_648, "2038-01-19T03:14:08Z"),
        Instant(4_107_542_399, "2100-02-28T23:59:59Z"),
        Instant(4_107_542_400, "2100-03-01T00:00:00Z"),
        Instant(4_294_967_295, "2106-02-07T06:28:15Z"),
        Instant(4_294_967_296, "2106-02-07T06:28:16Z"),
        Instant(13_574_585_228, "2400-02-29T06:07:08Z"),
        Instant(253_402_300_799, "9999-12-31T23:59:59Z"),
    ]

    @Test(arguments: instants)
    func `an instant is written and read as RFC 3339 §5.6 has it`(_ instant: Instant) {
        #expect(NumericDate(instant.seconds).rfc3339.description == instant.text)
        #expect(NumericDate(rfc3339: instant.text) == NumericDate(instant.seconds))
    }

    /// Counts days on its fingers from 1970-01-01.
    @Test func `every day of two centuries follows the one before`() {
        var (year, month, day) = (1970, 1, 1)
        for count in 0..<Int64(73_050) {
            func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let text = "\(year)-\(padded(month))-\(padded(day))T23:59:59Z"
            let date = NumericDate(count * 86_400 + 86_399)
            #expect(date.rfc3339.description == text)
            #expect(NumericDate(rfc3339: text) == date)
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] {
                (month, day) = (month + 1, 1)
            }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2170)
    }

    @Test(arguments: [
        Instant(1_795_473_930, "2026-11-23T22:45:30+00:00"), Instant(1_795_473_930, "2026-11-23T22:45:30-00:00"),
        Instant(1_795_473_930, "2026-11-24T00:45:30+02:00"), Instant(1_795_473_930, "2026-11-23T17:15:30-05:30"),
        Instant(1_795_473_930, "2026-11-24T22:44:30+23:59"), Instant(1_795_473_930, "2026-11-22T22:46:30-23:59"),
        Instant(1_795_473_930, "2026-11-23t22:45:30z"), Instant(1_795_473_930, "2026-11-23 22:45:30Z"),
        Instant(1_795_473_930, "2026-11-23T22:45:30.9Z"), Instant(1_795_473_930, "2026-11-23T22:45:30.000000001Z"),
        Instant(1_795_473_930, "2026-11-24T00:45:30.5+02:00"), Instant(-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `offsets are applied, fractions cut off, and letters of either case read`(_ instant: Instant) {
        #expect(NumericDate(rfc3339: instant.text) == NumericDate(instant.seconds))
    }

    @Test(arguments: [
        "", "now", "1795473930", "2026-11-23", "22:45:30Z", "2026-11-23T22:45:30", "2026-11-23T22:45Z",
        "2026-11-23T22:45:30.Z", "2026-11-23T22:45:30,5Z", "2026-11-23T22:45:30ZZ", "2026-11-23T22:45:30Z ",
        " 2026-11-23T22:45:30Z", "2026-11-23T22:45:30Z\n", "2026-11-23  22:45:30Z", "2026-11-23_22:45:30Z",
        "2026-11-23T22:45:30+02", "2026-11-23T22:45:30+0200", "2026-11-23T22:45:30+24:00", "2026-11-23T22:45:30+02:60",
        "2026-11-23T22:45:30 +02:00", "2026-11-23T22:45:30UTC", "2026-11-23T22:45:30\u{2212}02:00",
        "2026-00-23T22:45:30Z", "2026-13-23T22:45:30Z", "2026-11-00T22:45:30Z", "2026-11-31T22:45:30Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T22:60:30Z", "2026-11-23T22:45:60Z", "2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z",
        "26-11-23T22:45:30Z", "12026-11-23T22:45:30Z", "-026-11-23T22:45:30Z", "+2026-11-23T22:45:30Z",
        "2026-1-23T22:45:30Z", "2026-11-23T2:45:30Z", "2026/11/23T22:45:30Z", "20261123T224530Z",
        "2026-W48-1T22:45:30Z",
        "２026-11-23T22:45:30Z", "2026-11-23T22:45:30Ｚ", "2026-11-23T22:45:3٠Z", "2026-11-23T22:45:30Z\0",
    ])
    func `anything else is no date`(_ text: String) {
        #expect(NumericDate(rfc3339: text) == nil)
    }

    @Test(arguments: [(0, "000"), (7, "007"), (45, "045"), (999, "999")])
    func `milliseconds have three digits`(_ milliseconds: Int, _ digits: String) {
        #expect(NumericDate(0).rfc3339(milliseconds: milliseconds) == UTF8String("1970-01-01T00:00:00.\(digits)Z"))
    }

    @Test(arguments: [
        Instant(253_402_300_800, "9999-12-31T23:59:59Z"), Instant(.max, "9999-12-31T23:59:59Z"),
        Instant(-62_135_596_801, "0001-01-01T00:00:00Z"), Instant(.min, "0001-01-01T00:00:00Z"),
    ])
    func `beyond the writable years the nearest is written`(_ instant: Instant) {
        #expect(NumericDate(instant.seconds).rfc3339.description == instant.text)
    }

    @Test func `time does not wrap around`() {
        #expect(NumericDate(5).advanced(by: -7) == NumericDate(-2))
        #expect(NumericDate(.max - 1).advanced(by: 1) == NumericDate(.max))
        #expect(NumericDate(.max).advanced(by: 1) == NumericDate(.max))
        #expect(NumericDate(.min).advanced(by: -1) == NumericDate(.min))
        #expect(NumericDate(7).seconds(since: NumericDate(10)) == -3)
        #expect(NumericDate(.max).seconds(since: NumericDate(-1)) == .max)
        #expect(NumericDate(.min).seconds(since: NumericDate(1)) == .min)
    }
}
