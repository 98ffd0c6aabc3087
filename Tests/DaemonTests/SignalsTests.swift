import Daemon
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct `Signals of the process` {
    /// What is asked of a thread for which these signals wait, one order after the other.
    private func orders(after signals: [Int32]) -> [Signals.Order?] {
        let orders = Mutex<[Signals.Order?]>([])
        inThreads(1) {
            Signals.block()
            // To the thread alone: another one of the test's would take a signal of the process.
            for signal in signals { _ = pthread_kill(pthread_self(), signal) }
            for _ in signals { orders.withLock { $0.append(Signals.nextOrder(within: 0)) } }
        }
        return orders.withLock(\.self)
    }

    @Test(arguments: [(SIGTERM, Signals.Order.end), (SIGINT, .end), (SIGHUP, .reload)])
    func `are orders to end or to reload`(_ signal: Int32, _ order: Signals.Order) {
        #expect(orders(after: [signal]) == [order])
    }

    @Test(arguments: [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM])
    func `are no order otherwise, and end nothing`(_ signal: Int32) {
        #expect(orders(after: [signal]) == [nil])
    }

    @Test(arguments: [SIGTERM, SIGINT], [SIGHUP, SIGUSR1, SIGPIPE])
    func `that order to end go before all others, however low the number of those is`(_ end: Int32, _ other: Int32) {
        #expect(orders(after: [other, end]).first == .end)
        #expect(orders(after: [end, other]).first == .end)
    }
}
