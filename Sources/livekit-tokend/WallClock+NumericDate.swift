import Daemon
import LiveKitToken
import StrictJSON

extension WallClock {
    /// A time before which no clock is right: a token issued then would be of the past, or of a clock that jumps.
    static var earliest: NumericDate { Program.releasedAt }
}

extension WallClock.Time {
    var date: NumericDate { NumericDate(seconds) }

    var rfc3339: UTF8String { date.rfc3339(milliseconds: milliseconds) }
}
