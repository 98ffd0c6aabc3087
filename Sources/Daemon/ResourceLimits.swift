import CLinux
import Glibc

/// The resource limits of the process (setrlimit(2)).
package enum ResourceLimits {
    /// Keeps secrets in this process, and raises the limit of descriptors as far as the system allows.
    ///
    /// From here on the process writes no core files, and other processes of the same user cannot look into its memory.
    package static func prepare() {
        _ = forbid_inspection()
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(Int32(RLIMIT_CORE.rawValue), &core)
        var descriptors = rlimit()
        guard unsafe getrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors) == 0 else { return }
        descriptors.rlim_cur = descriptors.rlim_max
        _ = unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors)
    }
}
