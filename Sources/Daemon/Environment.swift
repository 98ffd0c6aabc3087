import Glibc

/// The process environment (environ(7)).
package enum Environment {
    /// The value of a variable; `nil` if the variable is unset or empty.
    package static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The working directory of the process (getcwd(3)); `.` if it has none any more.
    package static var workingDirectory: String {
        guard let path = unsafe getcwd(nil, 0) else { return "." }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    /// Removes variables, and wipes their values where the kernel shows them to root (`/proc/PID/environ`).
    ///
    /// The process must have one thread.
    package static func forget(_ names: [String]) {
        for name in names {
            guard let value = unsafe getenv(name) else { continue }
            unsafe explicit_bzero(value, strlen(value))
            unsafe unsetenv(name)
        }
    }
}
