import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

@Suite struct `A table of identities` {
    /// Ids of every kind that the derivation knows (RFC 9562 §4, §5.5).
    private enum Kind: CaseIterable {
        case short, long, upper, lower, nameBased, nameBasedUpper, ordered, almost

        func id(_ number: Int, _ generator: inout SeededGenerator) -> String {
            let uuid = UUID.random(using: &generator)
            let text = uuid.description
            return switch self {
            case .short: "u\(number)"
            case .long: "\(number)" + String(repeating: "~", count: 256 - "\(number)".utf8.count)
            case .upper: text.uppercased()
            case .lower: text
            case .nameBased: UUID(namespace: ParticipantIdentity.namespace, name: uuid.octets).description
            case .nameBasedUpper:
                UUID(namespace: ParticipantIdentity.namespace, name: uuid.octets).description.uppercased()
            // Version 7 (§5.7): the first bits are a time, and all alike.
            case .ordered: UUID(high: 0x0197_0000_0000_7000 | UInt64(number & 0xFFF), low: uuid.low).description
            case .almost: String(text.dropLast()) + "g"
            }
        }
    }

    private func ids(_ count: Int, seed: UInt64) -> [Identifier] {
        var generator = SeededGenerator(seed: seed)
        let texts = (0..<count).map { Kind.allCases[$0 % Kind.allCases.count].id($0, &generator) }
        // One UUID is one user, however it is written.
        var seen: Set<String> = []
        return texts.filter { seen.insert($0.lowercased()).inserted }.map { TestSupport.id($0) }
    }

    private func table(_ holders: [IdentityHolder], of subject: IdentitySubject) -> IdentityTable {
        var builder = IdentityTable.Builder(of: subject, like: nil)
        for holder in holders { builder.add(holder.user, holder.session) }
        return builder.finish()
    }

    @Test func `of 100,000 users finds each, as a dictionary does, and nobody else`() {
        let ids = ids(100_000, seed: 1)
        let table = table(ids.map { IdentityHolder(user: $0) }, of: .users)
        let dictionary = Dictionary(uniqueKeysWithValues: ids.map { (ParticipantIdentity(user: $0.text), $0) })
        #expect(table.count == ids.count)
        var wrong = 0
        for (identity, id) in dictionary where table.holder(of: identity) != IdentityHolder(user: id) { wrong += 1 }
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<100_000 {
            let identity = ParticipantIdentity(UUID.random(using: &generator))
            if table.holder(of: identity) != dictionary[identity].map({ IdentityHolder(user: $0) }) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test func `of 100,000 sessions finds each, with its user`() {
        var generator = SeededGenerator(seed: 3)
        let holders = ids(30_000, seed: 4).flatMap { user in
            (0..<Int.random(in: 0...6, using: &generator)).map { number in
                IdentityHolder(user: user, session: digest("\(user) \(number)"))
            }
        }
        let table = table(holders, of: .sessions)
        var wrong = 0
        for holder in holders {
            let digest = holder.session?.bytes ?? []
            let identity = ParticipantIdentity(user: holder.user.text, sessionDigest: digest)
            if table.holder(of: identity) != holder { wrong += 1 }
            // The user's own identity is another.
            if table.holder(of: ParticipantIdentity(user: holder.user.text)) != nil { wrong += 1 }
        }
        #expect(table.count == holders.count && holders.count > 80_000)
        #expect(wrong == 0)
    }

    @Test(arguments: [0, 1, 2, 7, 8, 9, 31, 32, 33, 34, 1000])
    func `of any size finds the first and the last, and nothing beside them`(count: Int) {
        // All in one bucket, as UUIDs of version 7 are (RFC 9562 §5.7), from the last to the first.
        let uuids = (0..<count).map { UUID(high: 0x0197_0000_0000_7000, low: 1 << 63 | UInt64(2 * $0 + 1)) }
        let table = table(uuids.reversed().map { IdentityHolder(user: Identifier($0)) }, of: .users)
        for uuid in uuids {
            #expect(table.holder(of: ParticipantIdentity(uuid))?.user == Identifier(uuid))
            let next = UUID(high: uuid.high, low: uuid.low + 1)
            #expect(table.holder(of: ParticipantIdentity(next)) == nil)
        }
        let ends = [UUID(high: 0, low: 0), UUID(high: .max, low: .max), UUID(high: 0x0197_0000_0000_7000, low: 0)]
        for uuid in ends { #expect(table.holder(of: ParticipantIdentity(uuid)) == nil) }
        #expect(table.count == count)
    }

    @Test func `takes 24 bytes for a user whose id is a UUID, and the id beside them for another`() {
        let uuids = (0..<50_000).map { number in
            IdentityHolder(user: Identifier(UUID(high: UInt64(number) << 40 | 0x4000, low: 1 << 63)))
        }
        let names = (0..<50_000).map { IdentityHolder(user: id("user-\(100_000 + $0)")) }
        let (small, large) = (table(uuids, of: .users), table(names, of: .users))
        #expect(small.size < 50_000 * 26)
        #expect(large.size < 50_000 * (26 + 12 + 2))
    }
}
