import Glibc

/// A system call that failed: which one, and `errno`.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let code: Int32

    /// Takes `errno` as the failed call left it.
    init(_ call: String) {
        self.init(call, code: errno)
    }

    init(_ call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String {
        "\(call): \(unsafe String(cString: strerror(code)))"
    }
}

/// The monotonic clock, which no change of the date moves.
package enum MonotonicClock {
    /// Nanoseconds since some instant before the process began.
    package static var nanoseconds: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
