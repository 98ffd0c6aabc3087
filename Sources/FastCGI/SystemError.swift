import Glibc

/// A failed system call: its name and `errno`.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The call, and what it was about where that helps.
    package let call: String
    /// One of errno(3).
    package let code: Int32

    /// Takes `errno` as the failed call left it.
    init(_ call: String) {
        self.init(call, code: errno)
    }

    init(_ call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The call, and the C library's words for the code.
    package var description: String {
        "\(call): \(unsafe String(cString: strerror(code)))"
    }
}
