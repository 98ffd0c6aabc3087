import Glibc
import LiveKitToken
import StrictJSON

/// The date, which tokens and sessions live by.
enum WallClock {
    /// Before this was written no clock is right: a token issued then would be one of the past, or of a clock that jumps.
    static let earliest = NumericDate(1_793_491_200)  // 2026-11-01T00:00:00Z

    struct Time {
        let date: NumericDate
        /// 0–999.
        let milliseconds: Int

        var rfc3339: UTF8String { date.rfc3339(milliseconds: milliseconds) }
    }

    static var now: Time {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Time(date: NumericDate(Int64(time.tv_sec)), milliseconds: Int(time.tv_nsec) / 1_000_000)
    }
}
