import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization

/// The logins of tokens that were verified, by the digest of each token, as it is looked up without being compared.
///
/// There are two generations of at most half the capacity each: when the young one is full it becomes the old one, and
/// what was in the old one is forgotten. So the logins that are asked for stay, without a list in order of use.
final class RememberedLogins: Sendable {
    static let capacity = 16_384
    /// The most that one may take in memory, by a rough measure; a login that takes more is verified each time.
    private static let maximumWeight = 4_096

    struct Entry: Sendable {
        let session: Session
        /// The place of its issuer in the settings.
        let issuer: Int
        /// The generation of the key set with which the verification began.
        let generation: Int
    }

    fileprivate struct Generations {
        var young: [SessionDigest: Entry] = [:]
        var old: [SessionDigest: Entry] = [:]
    }

    private let generations = Mutex(Generations())

    /// The login of a token; whether it still counts is the caller's to say.
    func login(of token: SessionDigest) -> Entry? {
        generations.withLock { generations in
            if let entry = generations.young[token] { return entry }
            guard let entry = generations.old.removeValue(forKey: token) else { return nil }
            generations.add(entry, for: token)
            return entry
        }
    }

    /// Remembers the login of a token.
    func remember(_ entry: Entry, for token: SessionDigest) {
        guard Self.weight(of: entry.session.claim) <= Self.maximumWeight else { return }
        generations.withLock { $0.add(entry, for: token) }
    }

    /// Forgets a login that counts no more.
    func forget(_ token: SessionDigest) {
        generations.withLock {
            $0.young[token] = nil
            $0.old[token] = nil
        }
    }

    /// How many are remembered.
    var count: Int { generations.withLock { $0.young.count + $0.old.count } }

    /// The memory of a claim, roughly, in bytes.
    private static func weight(of claim: JSONValue?) -> Int {
        switch claim {
        case nil, .null, .bool, .integer, .number: 32
        case .string(let text): 64 + text.utf8.count
        case .array(let elements): elements.reduce(64) { $0 + weight(of: $1) }
        case .object(let members): members.reduce(64) { $0 + 64 + $1.name.utf8.count + weight(of: $1.value) }
        }
    }
}

extension RememberedLogins.Generations {
    fileprivate mutating func add(_ entry: RememberedLogins.Entry, for token: SessionDigest) {
        if young.count >= RememberedLogins.capacity / 2 {
            old = young
            young = [:]
        }
        young[token] = entry
        old[token] = nil
    }
}
