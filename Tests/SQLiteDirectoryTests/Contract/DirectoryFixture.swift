import LiveKitToken
import StrictJSON
import TokenEndpoint

/// A directory that a contract case fills, changes and asks; each adapter brings its own.
///
/// What `add` and `change` do has committed when they return, and the look-ups know of it only what the store tells
/// them.
protocol DirectoryFixture {
    var directory: any Directory { get }

    func add(_ fact: Fact) throws
    func add(_ facts: [Fact]) throws
    func change(_ change: Change) throws
}

/// Something that a directory can hold.
enum Fact {
    case user(String, did: String? = nil, name: String? = nil, disabled: Bool = false)
    case session(String, user: String, expires: NumericDate = noon(3600), revoked: NumericDate? = nil)
    case room(String, Room.Access = .restricted)
    case member(String, room: String, Membership)
    case streamSession(String, room: String, StreamSession)
}

/// Something that an administrator does to a directory.
enum Change {
    case revoke(String, at: NumericDate)
    case disable(String)
    case enable(String)
    case removeUser(String)
    case removeRoom(String)
    case removeMember(String, room: String)
    case prolong(String, room: String, Membership)
    case end(String, at: NumericDate)
}

extension DirectoryFixture {
    func add(_ facts: [Fact]) throws {
        for fact in facts { try add(fact) }
    }

    func session(_ bearer: String) throws -> Session? {
        try directory.snapshot().session(digest(bearer))
    }

    func room(_ room: String, _ user: String, at now: NumericDate = noon) throws -> Room? {
        try directory.snapshot().room(id(room), user: id(user), at: now)
    }
}
