package import LiveKitToken
package import RoomAccess
import TestSupport

/// A directory that a contract case fills, changes and asks; each adapter brings its own.
///
/// What `add` and `change` do has committed when they return, and a snapshot knows of it only what the directory
/// tells.
package protocol DirectoryFixture {
    var directory: any Directory { get }

    func add(_ fact: Fact) throws
    func add(_ facts: [Fact]) throws
    func change(_ change: Change) throws
}

/// Something that a directory can hold.
package enum Fact {
    case user(String, did: String? = nil, name: String? = nil, disabled: Bool = false)
    case session(String, user: String, expires: NumericDate = noon(3600), revoked: NumericDate? = nil)
    case room(String, RoomEntry.Access = .restricted)
    case member(String, room: String, Membership)
    case streamSession(String, room: String, StreamSession)
    case block(String, room: String? = nil, until: NumericDate? = nil, why: String? = nil)
}

/// Something that an administrator does to a directory.
package enum Change {
    case revoke(String, at: NumericDate)
    case disable(String)
    case enable(String)
    case removeUser(String)
    case removeRoom(String)
    case removeMember(String, room: String)
    case prolong(String, room: String, Membership)
    case end(String, at: NumericDate)
    case clear(room: String)
    /// A block that is there gets this end.
    case block(String, room: String? = nil, until: NumericDate?)
    case unblock(String, room: String? = nil)
}

extension DirectoryFixture {
    package func add(_ facts: [Fact]) throws {
        for fact in facts { try add(fact) }
    }

    package func session(_ bearer: String) throws -> DirectorySession? {
        try directory.snapshot().session(digest(bearer))
    }

    package func room(_ room: String, _ user: String, at now: NumericDate = noon) throws -> RoomEntry? {
        try directory.snapshot().room(id(room), user: id(user), at: now)
    }

    /// The block that keeps a person out of a room.
    package func block(_ user: String, in room: String = "r", at now: NumericDate = noon) throws -> Block? {
        try directory.snapshot().block(of: ParticipantIdentity(user: id(user).text), in: id(room), at: now)
    }
}
