import LiveKitToken
import RoomAccess
import Synchronization

/// What was noted of identities lately, in two generations: the older one goes as a whole when the younger is full.
final class IdentityNotes: Sendable {
    /// How many notes a generation holds.
    private let capacity: Int
    private let generations = Mutex(Generations())

    private struct Generations {
        var younger: [UUID: IdentityHolder] = [:]
        var older: [UUID: IdentityHolder] = [:]
    }

    init(capacity: Int = 16_384) {
        self.capacity = capacity
    }

    func add(_ holder: IdentityHolder, of identity: ParticipantIdentity) {
        generations.withLock { generations in
            if generations.younger.count >= capacity, generations.younger[identity.uuid] == nil {
                generations.older = generations.younger
                generations.younger = [:]
            }
            generations.younger[identity.uuid] = holder
        }
    }

    func holder(of identity: ParticipantIdentity) -> IdentityHolder? {
        generations.withLock { $0.younger[identity.uuid] ?? $0.older[identity.uuid] }
    }
}
