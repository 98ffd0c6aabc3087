import Glibc

/// What the process may use.
enum ResourceLimits {
    /// Forbids core files, which would hold the key, and allows as many descriptors as the system does: a connection
    /// takes two.
    static func prepare() {
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(Int32(RLIMIT_CORE.rawValue), &core)
        var descriptors = rlimit()
        guard unsafe getrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors) == 0 else { return }
        descriptors.rlim_cur = descriptors.rlim_max
        _ = unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &descriptors)
    }
}
