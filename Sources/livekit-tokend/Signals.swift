import Glibc

/// The signals of the process, taken one by one on the main thread: no handler of ours ever runs in the midst of
/// something.
enum Signals {
    /// What ends the service.
    private static let ending = [SIGTERM, SIGINT]
    /// What must not end it, and must not interrupt a worker.
    private static let ignored = [SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM]

    /// Keeps all of them from every thread that is started later; to be called before the first.
    static func block() {
        var set = set(of: ending + ignored)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for so many milliseconds, fewer than 1000, or until one comes that ends the service.
    ///
    /// - Returns: whether it came.
    static func isTimeToStop(within milliseconds: Int) -> Bool {
        var set = set(of: ending + ignored)
        var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        return ending.contains(unsafe sigtimedwait(&set, nil, &time))
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal) }
        return set
    }
}
