/// The bounds of one JSON text (RFC 8259 §9), beside its length, which is the caller's to bound.
package struct JSONLimits: Equatable, Sendable {
    /// The most levels of arrays and objects.
    package let depth: Int
    /// The most members of one object.
    package let members: Int
    /// Whether a name may not occur twice even where neither value is kept.
    package let refuseEveryDuplicate: Bool

    /// Those of requests and of what this program writes, which has four levels at most.
    package static let own = JSONLimits(depth: 8, members: 64, refuseEveryDuplicate: false)

    /// Those of tokens and key sets that others make: providers put a member for each client, or whole records of their
    /// users, into one.
    package static let token = JSONLimits(depth: 16, members: 1024, refuseEveryDuplicate: true)

    /// The most bytes of a number with a fraction or an exponent, as converting one may take more than linear time.
    ///
    /// None needs more than 767 digits to be told from its neighbours.
    static let numberLength = 1024
}

/// The names of one object so far.
///
/// They are compared one by one while they are few, and by a set once they are many. The seed of its hashes is the
/// process's own, so that no text can be made slow.
struct SeenNames {
    private var few: [UTF8String] = []
    private var many: Set<UTF8String> = []

    /// Takes a name; whether it is new.
    mutating func insert(_ name: UTF8String) -> Bool {
        if !many.isEmpty { return many.insert(name).inserted }
        guard !few.contains(name) else { return false }
        few.append(name)
        if few.count == 16 { many = Set(few) }
        return true
    }
}
