import CLinux
import Glibc

/// What the process may use.
enum ResourceLimits {
    /// Keeps the key in this process, and allows as many descriptors as the system does: a connection takes two.
    ///
    /// There are no core files from here on, and other processes of the same user cannot look into this one.
    static func prepare() {
        _ = forbid_inspection()
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(Int32(RLIMIT_CORE.rawValue), &core)
        var descriptors = rlimit()
        guard unsafe getrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors) == 0 else { return }
        descriptors.rlim_cur = descriptors.rlim_max
        _ = unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors)
    }
}
