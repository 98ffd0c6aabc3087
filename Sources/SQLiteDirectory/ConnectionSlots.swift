import Synchronization

/// The connections that look-ups leave behind for the next ones.
///
/// A caller claims a slot for the time of a look-up, and is alone with it. Claiming is one atomic exchange and never
/// waits: a lock around a list of connections, held for nanoseconds, cost more than the look-ups themselves where
/// there are more threads than cores.
final class ConnectionSlots: Sendable {
    private let slots: [Slot]

    init(count: Int) {
        slots = (0..<count).map { _ in Slot() }
    }

    /// Lends a connection, or `nil` where none was left behind; what the body leaves in its place is kept, unless it
    /// throws or all slots are taken.
    func withConnection<Found, Failure: Error>(
        _ body: (inout LookUps?) throws(Failure) -> Found
    ) throws(Failure) -> Found {
        // From the front, so that few callers use few connections, whose pages they find in memory.
        guard let slot = slots.first(where: { $0.claim() }) else {
            var none: LookUps?
            return try body(&none)
        }
        defer { slot.release() }
        // A connection that failed is closed and not used again: what broke it may have been mended by then.
        var connection = slot.connection.take()
        let found = try body(&connection)
        slot.connection = connection
        return found
    }

    /// A place for one connection.
    ///
    /// It is unchecked because of the connection in it, which only the caller touches who has claimed the slot.
    private final class Slot: @unchecked Sendable {
        var connection: LookUps?
        private let isTaken = Atomic(false)

        func claim() -> Bool {
            isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        }

        func release() {
            isTaken.store(false, ordering: .releasing)
        }
    }
}
