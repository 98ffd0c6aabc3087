import Synchronization

/// The connections that look-ups leave behind for the next ones.
///
/// A caller claims a slot for the time of a snapshot, and is alone with it. Claiming is one atomic exchange and never
/// waits: a lock around a list of connections, held for nanoseconds, cost more than the look-ups themselves where
/// there are more threads than cores.
struct ConnectionSlots: Sendable {
    private let slots: [Slot]

    init(count: Int) {
        slots = (0..<count).map { _ in Slot() }
    }

    /// A slot for the caller alone until it is released: if all of them are taken, a new one that nobody comes back to.
    ///
    /// It is the first that is free, so that few callers use few connections, whose pages they find in memory.
    func claim() -> Slot {
        slots.first { $0.claim() } ?? Slot()
    }

    /// A place for one connection.
    ///
    /// It is unchecked because of the connection in it, which only the caller touches who has claimed the slot.
    final class Slot: @unchecked Sendable {
        var connection: LookUps?
        private let isTaken = Atomic(false)

        fileprivate func claim() -> Bool {
            isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        }

        func release() {
            isTaken.store(false, ordering: .releasing)
        }
    }
}
