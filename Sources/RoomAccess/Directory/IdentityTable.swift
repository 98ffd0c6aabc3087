package import LiveKitToken
import StrictJSON

/// A table of identities, with whose each one is: two arrays, however many there are.
///
/// The entries are in the order of their UUIDs, in buckets by the first bits: most UUIDs are random or derived, so that
/// a bucket holds about eight. One whose bits are all alike is searched in the time of a binary search.
package final class IdentityTable: Sendable {
    private let entries: [Entry]
    /// The first entry of each bucket, and the end of the last.
    private let buckets: [UInt32]
    /// The ids, and the digests of sessions, as `Builder` has written them.
    private let text: [UInt8]
    private let subject: IdentitySubject
    private let bits: Int

    /// An identity, and where the text says whose it is.
    fileprivate struct Entry {
        let uuid: UUID
        let place: UInt64
    }

    fileprivate init(_ entries: [Entry], text: [UInt8], of subject: IdentitySubject) {
        bits = Self.bits(for: entries.count)
        (self.entries, buckets) = Self.sorted(entries, bits: bits)
        self.text = text
        self.subject = subject
    }

    /// The number of identities.
    package var count: Int { entries.count }

    /// The bytes that the table takes.
    package var size: Int {
        entries.capacity * MemoryLayout<Entry>.stride + buckets.capacity * MemoryLayout<UInt32>.stride + text.capacity
    }

    /// Who has an identity; `nil` if the table has it not.
    package func holder(of identity: ParticipantIdentity) -> IdentityHolder? {
        let uuid = identity.uuid
        let bucket = Self.bucket(of: uuid, bits: bits)
        var (low, high) = (Int(buckets[bucket]), Int(buckets[bucket + 1]))
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].uuid < uuid { low = middle + 1 } else { high = middle }
        }
        guard low < buckets[bucket + 1], entries[low].uuid == uuid else { return nil }
        return holder(entries[low])
    }

    private func holder(_ entry: Entry) -> IdentityHolder? {
        switch subject {
        case .users: return user(at: entry.place, uuid: entry.uuid).map { IdentityHolder(user: $0) }
        case .sessions:
            let place = Int(entry.place)
            let end = place + Self.digestLength
            guard let digest = SessionDigest(bytes: Array(text[place..<end])) else { return nil }
            let user = text[end..<(end + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return self.user(at: user, uuid: entry.uuid).map { IdentityHolder(user: $0, session: digest) }
        }
    }

    private func user(at place: UInt64, uuid: UUID) -> Identifier? {
        if place == Self.isUUID { return Identifier(uuid) }
        let start = Int(place) + 1
        return Identifier(UTF8String(ascii: Array(text[start...(start + Int(text[start - 1]))])))
    }

    private static let digestLength = 32
    /// The place of a user whose id is the UUID of the identity, which needs no other.
    private static let isUUID = UInt64.max
}

// MARK: - Order

extension IdentityTable {
    /// The bits that choose a bucket, for buckets of about eight.
    private static func bits(for count: Int) -> Int {
        min(24, max(0, Int.bitWidth - count.leadingZeroBitCount - 3))
    }

    private static func bucket(of uuid: UUID, bits: Int) -> Int { Int(uuid.high >> UInt64(64 - bits)) }

    /// Sorts in time that grows with the number alone where the first bits differ.
    private static func sorted(_ entries: [Entry], bits: Int) -> (entries: [Entry], buckets: [UInt32]) {
        var ends = [UInt32](repeating: 0, count: 1 << bits + 1)
        for entry in entries { ends[bucket(of: entry.uuid, bits: bits) + 1] += 1 }
        for index in 1..<ends.count { ends[index] += ends[index - 1] }
        let buckets = ends
        var sorted = [Entry](repeating: Entry(uuid: UUID(high: 0, low: 0), place: 0), count: entries.count)
        for entry in entries {
            let bucket = bucket(of: entry.uuid, bits: bits)
            sorted[Int(ends[bucket])] = entry
            ends[bucket] += 1
        }
        for bucket in 0..<(1 << bits) { sort(&sorted, from: Int(buckets[bucket]), to: Int(buckets[bucket + 1])) }
        return (sorted, buckets)
    }

    private static func sort(_ entries: inout [Entry], from start: Int, to end: Int) {
        guard end - start <= 32 else {
            entries[start..<end].sort { $0.uuid < $1.uuid }
            return
        }
        for index in start..<end {
            let entry = entries[index]
            var place = index
            while place > start, entry.uuid < entries[place - 1].uuid {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
        }
    }
}

// MARK: - Building

extension IdentityTable {
    /// What makes a table, of one user or session after the other.
    package struct Builder {
        private let subject: IdentitySubject
        private var entries: [Entry] = []
        private var text: [UInt8] = []
        private var latest: (user: Identifier, place: UInt64)?

        /// - Parameter former: a table that is about as large.
        package init(of subject: IdentitySubject, like former: IdentityTable?) {
            self.subject = subject
            guard let former else { return }
            entries.reserveCapacity(former.entries.count + former.entries.count / 64)
            text.reserveCapacity(former.text.count + former.text.count / 64)
        }

        /// Adds a user, or a session of one.
        package mutating func add(_ user: Identifier, _ session: SessionDigest?) {
            if let session {
                let place = place(of: user)
                let uuid = ParticipantIdentity.uuid(ofUser: user.text, sessionDigest: session.bytes)
                entries.append(Entry(uuid: uuid, place: UInt64(text.count)))
                text += session.bytes
                for shift in stride(from: UInt64(56), through: 0, by: -8) {
                    text.append(UInt8(truncatingIfNeeded: place >> shift))
                }
            } else {
                let uuid = ParticipantIdentity.uuid(ofUser: user.text)
                let isUUID = user.text.utf8.count == 36 && user.text == uuid.text
                entries.append(Entry(uuid: uuid, place: isUUID ? IdentityTable.isUUID : append(user)))
            }
        }

        /// The table of all that was added.
        package consuming func finish() -> IdentityTable {
            if text.capacity > text.count + text.count / 8 {
                var exact: [UInt8] = []
                exact.reserveCapacity(text.count)
                exact += text
                text = exact
            }
            return IdentityTable(entries, text: text, of: subject)
        }

        /// The place of the user of a session, whose sessions share it.
        private mutating func place(of user: Identifier) -> UInt64 {
            if let latest, latest.user == user { return latest.place }
            let place = append(user)
            latest = (user, place)
            return place
        }

        /// Writes an id: a byte that is its length less one, and its bytes.
        private mutating func append(_ user: Identifier) -> UInt64 {
            let place = UInt64(text.count)
            text.append(UInt8(user.text.utf8.count - 1))
            text += user.text.utf8
            return place
        }
    }
}

extension UUID {
    fileprivate static func < (left: UUID, right: UUID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
