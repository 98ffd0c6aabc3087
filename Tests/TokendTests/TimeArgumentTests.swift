import LiveKitToken
import Testing

@testable import livekit_tokend

@Suite struct `A time argument` {
    private static let now = NumericDate(1_795_473_930)  // 2026-11-23T22:45:30Z

    static let times: [(String, Int64)] = [
        ("2026-11-23T22:45:30Z", 1_795_473_930), ("2026-11-23T23:45:30+01:00", 1_795_473_930),
        ("2026-11-23t22:45:30.999z", 1_795_473_930), ("1795473930", 1_795_473_930), ("0", 0),
        ("+90", 1_795_474_020), ("+90s", 1_795_474_020), ("+5m", 1_795_474_230), ("+1h", 1_795_477_530),
        ("+2d", 1_795_646_730), ("+1w", 1_796_078_730), ("2026-11-23", 1_795_392_000), ("+0", 1_795_473_930),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ]

    @Test(arguments: times) func `is that instant`(text: String, seconds: Int64) {
        #expect(TimeArgument.date(text, now: Self.now) == NumericDate(seconds))
    }

    @Test(
        arguments: [
            "", "+", "-1", "-5m", "now", "tomorrow", "5m", "+5y", "+1h30m", "+-5m", "1795473930.5", "1e9", "0x10", " 0",
            "0 ", "2026-11-2", "2026-11-31", "2026-11-23Z", "20261123-1", "2026-11-23T22:45:30", "2026-02-30T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "1969-12-31T23:59:59Z", "1795473930000", "99999999999999999999", "٣", "2026-11-23T22:45:30Z\n",
        ]
    )
    func `is not accepted`(text: String) {
        #expect(TimeArgument.date(text, now: Self.now) == nil)
    }
}
