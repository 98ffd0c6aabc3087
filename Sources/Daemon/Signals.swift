import CLinux
import Glibc

/// The signals of the process, received one by one on the main thread, so that no handler interrupts other code.
package enum Signals {
    /// What a signal asks of the service.
    package enum Order: Equatable, Sendable {
        /// SIGTERM, SIGINT: to end.
        case end
        /// SIGHUP: to read its configuration again.
        case reload
    }

    /// The signals that end the service.
    private static let ending = [SIGTERM, SIGINT]
    /// The signals that must neither end the service nor interrupt a worker.
    private static let ignored = [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM]

    private static let all = ending + [SIGHUP] + ignored

    /// Blocks all of them in this thread and in each that is started later; to be called before the first is.
    package static func block() {
        var set = set(of: all)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for a signal, for fewer than 1000 milliseconds.
    ///
    /// An order to end goes before each other one, and takes it along.
    ///
    /// - Returns: what it asks; `nil` if none arrived, or one that is ignored.
    package static func nextOrder(within milliseconds: Int) -> Order? {
        let signal = next(of: all, within: milliseconds)
        // The kernel gives the lowest number first: SIGHUPs that keep coming would keep SIGTERM out.
        if ending.contains(signal) || ending.contains(next(of: ending, within: 0)) { return .end }
        return signal == SIGHUP ? .reload : nil
    }

    /// The number of one of the signals; -1 if none arrived.
    private static func next(of signals: [Int32], within milliseconds: Int) -> Int32 {
        var set = set(of: signals)
        var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        return unsafe sigtimedwait(&set, nil, &time)
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal) }
        return set
    }
}
