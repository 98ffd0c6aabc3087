import Conformance
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import TestSupport

/// A directory that this program's own writing side fills and changes.
struct WriterFixture: DirectoryFixture {
    let directory: any Directory
    let folder: TemporaryFolder
    private let writer: SQLiteDirectoryWriter

    init() throws {
        folder = try TemporaryFolder()
        writer = try SQLiteDirectoryWriter(path: folder.directory)
        directory = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
    }

    func add(_ fact: Fact) throws {
        switch fact {
        case .user(let user, let did, let name, let disabled):
            let (did, name) = (did.flatMap { DID(UTF8String($0)) }, name.flatMap { UserName(UTF8String($0)) })
            try writer.addUser(id(user), did: did, name: name, at: noon)
            if disabled { try change(.disable(user)) }
        case .session(let bearer, let user, let expires, let revoked):
            try writer.addSession(digest(bearer), user: id(user), from: noon, until: expires)
            if let revoked { try change(.revoke(bearer, at: revoked)) }
        case .room(let room, let access): try writer.addRoom(id(room), access: access, at: noon)
        case .member(let user, let room, let membership):
            _ = try writer.addMember(id(user), to: id(room), membership)
        case .streamSession(let session, let room, let times):
            try writer.addStreamSession(id(session), room: id(room), times)
        case .block(let user, let room, let until, let why):
            let why = why.map { UTF8String($0) }
            _ = try writer.block(Block(user: id(user), room: room.map(id), until: until, why: why), at: noon)
        }
    }

    func change(_ change: Change) throws {
        switch change {
        case .revoke(let bearer, let time): _ = try writer.revokeSession(digest(bearer), at: time)
        case .disable(let user): _ = try writer.setUser(id(user), disabled: true)
        case .enable(let user): _ = try writer.setUser(id(user), disabled: false)
        case .removeUser(let user): _ = try writer.removeUser(id(user))
        case .removeRoom(let room): _ = try writer.removeRoom(id(room))
        case .removeMember(let user, let room):
            _ = try writer.removeMember(id(user), from: id(room), MembershipFilter())
        case .prolong(let user, let room, let membership):
            _ = try writer.addMember(id(user), to: id(room), membership)
        case .end(let session, let time): _ = try writer.endStreamSession(id(session), at: time)
        case .clear(let room): _ = try writer.clearStreamSessions(of: id(room))
        case .block(let user, let room, let until):
            _ = try writer.block(Block(user: id(user), room: room.map(id), until: until), at: noon)
        case .unblock(let user, let room): _ = try writer.unblock(id(user), in: room.map(id))
        }
    }
}

/// A directory that other processes fill and change, as a site's scripts do: by `sqlite3`, which leaves foreign keys
/// off.
struct ShellFixture: DirectoryFixture {
    let directory: any Directory
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        directory = try SQLiteDirectoryReader(path: folder.directory, readers: 1)
    }

    struct Failed: Error {
        let errors: String
    }

    private func run(_ sql: String) throws {
        let outcome = try Shell.sqlite3(folder.directory, sql)
        guard outcome.status == 0 else { throw Failed(errors: outcome.errors) }
    }

    /// All at once: a process for each would take its time.
    func add(_ facts: [Fact]) throws {
        try run(facts.map(Self.sql).joined(separator: "\n"))
    }

    func add(_ fact: Fact) throws {
        try run(Self.sql(fact))
    }

    private static func sql(_ fact: Fact) -> String {
        switch fact {
        case .user(let user, let did, let name, let disabled):
            insert("users", "user_id, did, name, disabled", quoted(user), text(did), text(name), disabled ? "1" : "0")
        case .session(let bearer, let user, let expires, let revoked):
            insert(
                "sessions",
                "token_sha256, user_id, expires_at, revoked_at",
                "x'\(digest(bearer).hex)'",
                quoted(user),
                time(expires),
                time(revoked)
            )
        case .room(let room, let access): insert("rooms", "room_id, access", quoted(room), quoted(access.rawValue))
        case .member(let user, let room, let membership):
            insert(
                "members",
                "room_id, user_id, role, scene_id, event_id, expires_at",
                quoted(room),
                quoted(user),
                text(membership.role.description),
                quoted(membership.scene?.description ?? ""),
                quoted(membership.event?.description ?? ""),
                time(membership.expiresAt)
            )
        case .streamSession(let session, let room, let times):
            insert(
                "stream_sessions",
                "stream_session_id, room_id, scene_id, event_id, opens_at, closes_at",
                quoted(session),
                quoted(room),
                text(times.scene?.description),
                text(times.event?.description),
                time(times.opensAt),
                time(times.closesAt)
            )
        case .block(let user, let room, let until, let why):
            insert(
                "blocks",
                "identity, user_id, room_id, expires_at, why",
                identity(user),
                quoted(user),
                quoted(room ?? ""),
                time(until),
                text(why)
            )
        }
    }

    func change(_ change: Change) throws {
        switch change {
        case .revoke(let bearer, let at):
            try run("UPDATE sessions SET revoked_at = \(at.seconds) WHERE token_sha256 = x'\(digest(bearer).hex)';")
        case .disable(let user): try run("UPDATE users SET disabled = 1 WHERE user_id = \(quoted(user));")
        case .enable(let user): try run("UPDATE users SET disabled = 0 WHERE user_id = \(quoted(user));")
        case .removeUser(let user): try run("DELETE FROM users WHERE user_id = \(quoted(user));")
        case .removeRoom(let room): try run("DELETE FROM rooms WHERE room_id = \(quoted(room));")
        case .removeMember(let user, let room):
            try run("DELETE FROM members WHERE room_id = \(quoted(room)) AND user_id = \(quoted(user));")
        case .prolong(let user, let room, let membership):
            try run(
                """
                UPDATE members SET expires_at = \(Self.time(membership.expiresAt))
                WHERE room_id = \(quoted(room)) AND user_id = \(quoted(user))
                AND role = \(quoted(membership.role.description)) AND scene_id = '' AND event_id = '';
                """
            )
        case .end(let session, let at):
            try run(
                """
                UPDATE stream_sessions SET opens_at = min(opens_at, \(at.seconds)), closes_at = \(at.seconds)
                WHERE stream_session_id = \(quoted(session));
                """
            )
        case .clear(let room): try run("DELETE FROM stream_sessions WHERE room_id = \(quoted(room));")
        case .block(let user, let room, let until):
            try run("UPDATE blocks SET expires_at = \(Self.time(until)) \(Self.wherePersonIs(user, in: room));")
        case .unblock(let user, let room): try run("DELETE FROM blocks \(Self.wherePersonIs(user, in: room));")
        }
    }

    private static func wherePersonIs(_ user: String, in room: String?) -> String {
        "WHERE identity = \(identity(user)) AND room_id = \(quoted(room ?? ""))"
    }

    private static func identity(_ user: String) -> String {
        quoted(ParticipantIdentity(user: id(user).text).text.description)
    }

    private static func insert(_ table: String, _ columns: String, _ values: String...) -> String {
        "INSERT INTO \(table) (\(columns)) VALUES (\(values.joined(separator: ", ")));"
    }

    private static func text(_ value: String?) -> String {
        value.map(quoted) ?? "NULL"
    }

    private static func time(_ value: NumericDate?) -> String {
        value.map { "\($0.seconds)" } ?? "NULL"
    }
}
