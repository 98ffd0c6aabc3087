import CLinux
import Glibc

/// The real-time clock (CLOCK_REALTIME), which tells the date.
package enum WallClock {
    /// A time since 1970-01-01T00:00:00Z.
    package struct Time: Sendable {
        /// Whole seconds.
        package let seconds: Int64
        /// 0–999.
        package let milliseconds: Int

        /// Takes both.
        package init(seconds: Int64, milliseconds: Int) {
            (self.seconds, self.milliseconds) = (seconds, milliseconds)
        }
    }

    /// The present time, as the machine has it: it may be wrong, and may jump.
    package static var now: Time {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Time(seconds: Int64(time.tv_sec), milliseconds: Int(time.tv_nsec) / 1_000_000)
    }

    /// Waits until a second is over; at once, where it is another by now.
    package static func waitForEnd(ofSecond second: Int64) {
        var time = now
        while time.seconds == second {
            usleep(UInt32(1000 - time.milliseconds) * 1000)
            time = now
        }
    }
}

/// The monotonic clock (CLOCK_MONOTONIC), which no change of the date moves.
package enum MonotonicClock {
    /// Nanoseconds since an instant before the process began.
    package static var nanoseconds: Int64 { monotonic_nanoseconds() }
}
