import Synchronization

/// A pool of connections for look-ups.
///
/// A caller claims a slot for the time of a snapshot, and is alone with it. Claiming is one atomic exchange and never
/// waits: a lock around a list of connections, held for nanoseconds, cost more than the look-ups themselves where
/// there are more threads than cores.
struct ConnectionPool: Sendable {
    private let slots: [Slot]

    init(count: Int) {
        slots = (0..<count).map { _ in Slot() }
    }

    /// Claims a slot until it is released; if all are taken, a new one that is not kept.
    ///
    /// It is the first that is free, so that few callers use few connections, whose pages they find in memory.
    func claim() -> Slot {
        slots.first { $0.claim() } ?? Slot()
    }

    /// A slot for one connection.
    ///
    /// It is unchecked because of the connection in it, which only the caller touches who has claimed the slot.
    final class Slot: @unchecked Sendable {
        var connection: ReadConnection?
        private let isTaken = Atomic(false)

        fileprivate func claim() -> Bool {
            isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        }

        func release() {
            isTaken.store(false, ordering: .releasing)
        }
    }
}
