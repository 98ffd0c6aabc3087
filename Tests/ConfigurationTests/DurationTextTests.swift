import Configuration
import Testing

@Suite struct `A duration` {
    @Test(arguments: [
        ("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("2w", 1_209_600), ("0", 0), ("007", 7),
    ])
    func `is a number of seconds, or of the unit after it`(text: String, seconds: Int64) {
        #expect(DurationText.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "s", "5 m", "-5", "+5", "1.5h", "5M", "1W", "5218w", "5min", "٥m", "99999999999", "999999d", "1h30m",
        "5m\n",
    ])
    func `is nothing else`(text: String) {
        #expect(DurationText.seconds(text) == nil)
    }

    @Test(arguments: [(300, "5m"), (90, "90s"), (3600, "1h"), (86_400, "1d"), (0, "0s"), (5400, "90m")])
    func `is written the shortest way`(seconds: Int64, text: String) {
        #expect(DurationText.text(seconds) == text)
        #expect(DurationText.seconds(text) == seconds)
    }
}
