import CLinux
import Glibc

/// The signals of the process, received one by one on the main thread, so that no handler interrupts other code.
package enum Signals {
    /// The signals that end the service.
    private static let ending = [SIGTERM, SIGINT]
    /// The signals that must neither end the service nor interrupt a worker.
    private static let ignored = [SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM]

    /// Blocks all of them in this thread and in each that is started later; to be called before the first is.
    package static func block() {
        var set = set(of: ending + ignored)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits until a signal arrives, for fewer than 1000 milliseconds.
    ///
    /// - Returns: whether a signal arrived that ends the service.
    package static func endingArrived(within milliseconds: Int) -> Bool {
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
