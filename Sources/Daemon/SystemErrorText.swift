import Glibc

/// The C library's words for error numbers (strerror(3)).
package enum SystemErrorText {
    package static func of(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}
