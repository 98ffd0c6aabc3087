import LiveKitToken
import StrictJSON
import Synchronization

/// The ids of keys of one issuer that tokens have named and no set has had, and the fetches that were asked for them.
///
/// Providers sign with a new key the moment they publish it. Until a fetch that began after an id was first seen has
/// confirmed or replaced the set, nothing is known of that id.
final class UnknownKeyIDs: Sendable {
    /// The most ids that are kept.
    static let capacity = 64
    /// The fetches that may be asked for at once, and the seconds after which there is one more.
    static let burst = 3
    static let refill: Int64 = 60
    /// The seconds after which one id asks again, since a fetch may fail.
    fileprivate static let patience: Int64 = 15

    /// What is known of an id.
    enum Verdict: Equatable {
        /// Nothing yet; whether a fetch is to be asked for now.
        case pending(isFetchWanted: Bool)
        /// No set has it.
        case unknown
    }

    fileprivate struct Entry {
        var firstSeen: NumericDate
        var askedAt: NumericDate?

        /// Whether a fetch that began in a second was able to bring the key.
        ///
        /// One that began in the very second in which the id was seen may have begun before that. The fetches that are
        /// asked for here begin in a later one (`KeySetSource`), so that the first of them decides.
        func isDecided(byFetchOf second: NumericDate?) -> Bool { second.map { firstSeen < $0 } ?? false }

        /// Whether a fetch that was asked for may still be under way.
        func isWaiting(at now: NumericDate) -> Bool {
            askedAt.map { (0..<UnknownKeyIDs.patience).contains(now.seconds(since: $0)) } ?? false
        }
    }

    fileprivate struct State {
        var entries: [UTF8String: Entry] = [:]
        var tokens = UnknownKeyIDs.burst
        var refilledAt: NumericDate?
    }

    private let state = Mutex(State())

    /// Judges an id that the set in use does not have.
    ///
    /// - Parameter confirmedAt: when the fetch began that confirmed the set.
    func verdict(on id: UTF8String, confirmedAt: NumericDate?, at now: NumericDate) -> Verdict {
        // A time that has not come yet is of a clock that was set back since: it says nothing of what was seen.
        let lastFetch = confirmedAt.flatMap { $0 <= now ? $0 : nil }
        return state.withLock { state in
            state.follow(now)
            if let entry = state.entries[id], entry.isDecided(byFetchOf: lastFetch) { return .unknown }
            state.keep(id, seenAt: now, after: lastFetch)
            if let entry = state.entries[id], entry.isWaiting(at: now) { return .pending(isFetchWanted: false) }
            // One that finds no room may ask too: the fetches of the others may be over, and no request may name their
            // ids again.
            guard state.take(at: now) else { return .pending(isFetchWanted: false) }
            state.entries[id]?.askedAt = now
            return .pending(isFetchWanted: true)
        }
    }

    /// Whether a fetch may be asked for where there is no set at all.
    func isFetchWanted(at now: NumericDate) -> Bool {
        state.withLock { $0.take(at: now) }
    }
}

extension UnknownKeyIDs.State {
    /// Lets no id have been seen long after now, where the clock was set back: no fetch would be later for as long.
    ///
    /// Requests that began in two seconds may come here in the other order: a step of a minute is none of theirs.
    fileprivate mutating func follow(_ now: NumericDate) {
        let latest = now.advanced(by: UnknownKeyIDs.refill)
        for (id, entry) in entries where latest < entry.firstSeen { entries[id]?.firstSeen = now }
    }

    /// Keeps an id, if it is new and there is room; what a fetch has decided makes room.
    fileprivate mutating func keep(_ id: UTF8String, seenAt now: NumericDate, after lastFetch: NumericDate?) {
        guard entries[id] == nil else { return }
        if entries.count >= UnknownKeyIDs.capacity {
            entries = entries.filter { !$0.value.isDecided(byFetchOf: lastFetch) }
        }
        if entries.count < UnknownKeyIDs.capacity { entries[id] = UnknownKeyIDs.Entry(firstSeen: now) }
    }

    /// Takes one fetch off the budget, if there is one.
    fileprivate mutating func take(at now: NumericDate) -> Bool {
        if let refilledAt {
            let due = now.seconds(since: refilledAt) / UnknownKeyIDs.refill
            if due > 0 {
                tokens = Int(min(Int64(UnknownKeyIDs.burst), Int64(tokens) + due))
                self.refilledAt = refilledAt.advanced(by: due * UnknownKeyIDs.refill)
            } else if now < refilledAt {
                // The clock was set back.
                self.refilledAt = now
            }
        }
        guard tokens > 0 else { return false }
        // The time to the next one begins with the first that is taken.
        if tokens == UnknownKeyIDs.burst { refilledAt = now }
        tokens -= 1
        return true
    }
}
