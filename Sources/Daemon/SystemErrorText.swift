import Glibc

/// The C library's words for error numbers (strerror(3)).
enum SystemErrorText {
    static func of(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}
