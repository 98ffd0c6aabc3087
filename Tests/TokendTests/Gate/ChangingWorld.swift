import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport

@testable import livekit_tokend

/// A directory's contents as a test knows them, to which the same changes are made as to the real one.
struct ChangingWorld {
    struct Opened {
        let user: Identifier
        var end: NumericDate
        var isRevoked = false
    }

    struct Barred: Hashable {
        let identity: ParticipantIdentity
        let room: Identifier?
    }

    struct Stream {
        let room: Identifier
        var session: StreamSession
    }

    /// Whether each is disabled.
    var users: [Identifier: Bool] = [:]
    var sessions: [SessionDigest: Opened] = [:]
    var rooms: [Identifier: RoomEntry.Access] = [:]
    var members: [Identifier: [Identifier: [Membership]]] = [:]
    var streams: [Identifier: Stream] = [:]
    /// The ends of blocks.
    var blocks: [Barred: NumericDate?] = [:]
    /// The number of ids given away: none is used twice.
    var made = 0

    /// A kind of change.
    enum Kind: CaseIterable {
        case addUser, removeUser, disable, enable, addSession, revokeSession, revokeSessions, addRoom, removeRoom
        case addMember, removeMember, changeRole, addStream, endStream, clearStreams, block, unblock

        /// How often it comes up: what lets in oftener than what keeps out, so that there is somebody to keep out.
        var weight: Int {
            switch self {
            case .addUser, .addSession, .addRoom, .enable, .unblock: 8
            case .addMember: 16
            case .changeRole: 6
            case .clearStreams, .addStream, .endStream, .removeMember: 3
            case .revokeSession, .disable, .block: 2
            case .removeUser, .revokeSessions, .removeRoom: 1
            }
        }

        static let weighted = allCases.flatMap { Array(repeating: $0, count: $0.weight) }
    }

    /// A change, with all that it takes to make it.
    enum Change {
        case addUser(Identifier)
        case removeUser(Identifier)
        case disable(Identifier, Bool)
        case addSession(SessionDigest, Identifier, NumericDate)
        case revokeSession(SessionDigest)
        case revokeSessions(Identifier)
        case addRoom(Identifier, RoomEntry.Access)
        case removeRoom(Identifier)
        case addMember(Identifier, Identifier, Membership)
        case removeMember(Identifier, Identifier, Membership)
        case changeRole(Identifier, Identifier, Membership, Identifier)
        case addStream(Identifier, Identifier, StreamSession)
        case endStream(Identifier)
        case clearStreams(Identifier)
        case block(Block)
        case unblock(Identifier, Identifier?)
    }

    /// A time that the clock of this program's release may show.
    static let now = WallClock.earliest.advanced(by: 86_400)

    /// The last two are one UUID, in letters of both cases.
    static let people: [Identifier] = [
        "ada", "bob", "user-1", "11111111-1111-4111-8111-111111111111",
        "018f3a52-7c1b-7d2e-9a3f-0123456789ab", "018F3A52-7C1B-7D2E-9A3F-0123456789AB",
    ]
    static let places: [Identifier] = ["stage", "lobby"]
    static let scenes: [Identifier] = ["intro", "finale"]
    static let events: [Identifier] = ["gala"]
    /// The latter is in no configuration.
    static let roleNames: [Identifier] = ["host", "host", "speaker", "viewer", "moderator", "wizard"]
    /// Each person has so many sessions at most, whose digests are the same in each run.
    static let devices = 3

    static func device(_ index: Int, of user: Identifier) -> SessionDigest { digest("\(user) at \(index)") }

    /// A change that is possible now, of any kind.
    mutating func change(using generator: inout SeededGenerator) -> (Kind, Change) {
        while true {
            let kind = generator.pick(Kind.weighted)
            if let change = change(of: kind, using: &generator) { return (kind, change) }
        }
    }

    private mutating func change(of kind: Kind, using generator: inout SeededGenerator) -> Change? {
        let (user, room) = (generator.pick(Self.people), generator.pick(Self.places))
        let isThere = users[user] != nil && rooms[room] != nil
        let end = generator.pick([nil, nil, 0, 1, 900] as [Int64?]).map { Self.now.advanced(by: $0) }
        let limits = (generator.pick([nil, nil] + Self.scenes), generator.pick([nil, nil] + Self.events))
        switch kind {
        case .addUser:
            let isAlike = users.keys.contains { identity($0) == identity(user) }
            return isAlike ? nil : .addUser(user)
        case .removeUser: return users[user] == nil ? nil : .removeUser(user)
        case .disable: return users[user] == false ? .disable(user, true) : nil
        case .enable: return users[user] == true ? .disable(user, false) : nil
        case .addSession:
            let device = Self.device(generator.pick(Array(0..<Self.devices)), of: user)
            guard users[user] != nil, sessions[device] == nil else { return nil }
            return .addSession(device, user, Self.now.advanced(by: generator.pick([1, 900, 900])))
        case .revokeSession:
            return sessions.keys.sorted { $0.hex < $1.hex }.randomElement(using: &generator).map { .revokeSession($0) }
        case .revokeSessions: return users[user] == nil ? nil : .revokeSessions(user)
        case .addRoom: return rooms[room] == nil ? .addRoom(room, generator.pick([.open, .restricted])) : nil
        case .removeRoom: return rooms[room] == nil ? nil : .removeRoom(room)
        case .addMember:
            let membership = Membership(
                role: generator.pick(Self.roleNames),
                scene: limits.0,
                event: limits.1,
                expiresAt: end
            )
            return isThere ? .addMember(user, room, membership) : nil
        case .removeMember:
            return members[room]?[user]?.randomElement(using: &generator).map { .removeMember(user, room, $0) }
        case .changeRole:
            return members[room]?[user]?.randomElement(using: &generator).map {
                .changeRole(user, room, $0, generator.pick(Self.roleNames))
            }
        case .addStream:
            guard rooms[room] != nil else { return nil }
            made += 1
            let opening = generator.pick([nil, nil, 0, 60] as [Int64?]).map { Self.now.advanced(by: $0) }
            let closing = generator.pick([nil, 900] as [Int64?]).map { Self.now.advanced(by: $0) }
            let session = StreamSession(scene: limits.0, event: limits.1, opensAt: opening, closesAt: closing)
            return .addStream(id("stream-\(made)"), room, session)
        case .endStream: return streams.keys.sorted().randomElement(using: &generator).map { .endStream($0) }
        case .clearStreams: return rooms[room] == nil ? nil : .clearStreams(room)
        case .block: return .block(Block(user: user, room: generator.pick([nil, room]), until: end))
        case .unblock:
            let barred = blocks.keys.filter { $0.identity == identity(user) }
            guard !barred.isEmpty else { return nil }
            return .unblock(user, barred.contains { $0.room == room } ? room : nil)
        }
    }

    mutating func apply(_ change: Change) {
        switch change {
        case .addUser(let user): users[user] = false
        case .removeUser(let user):
            if users[user] == true { blocks[Barred(identity: identity(user), room: nil)] = .some(nil) }
            users[user] = nil
            sessions = sessions.filter { $0.value.user != user }
            for room in members.keys { members[room]?[user] = nil }
        case .disable(let user, let isDisabled): users[user] = isDisabled
        case .addSession(let digest, let user, let end): sessions[digest] = Opened(user: user, end: end)
        case .revokeSession(let digest): sessions[digest]?.isRevoked = true
        case .revokeSessions(let user):
            for (digest, session) in sessions where session.user == user { sessions[digest]?.isRevoked = true }
        case .addRoom(let room, let access): rooms[room] = access
        case .removeRoom(let room):
            rooms[room] = nil
            members[room] = nil
            streams = streams.filter { $0.value.room != room }
        case .addMember(let user, let room, let membership): add(membership, of: user, in: room)
        case .removeMember(let user, let room, let membership): remove(membership, of: user, in: room)
        case .changeRole(let user, let room, let membership, let role):
            remove(membership, of: user, in: room)
            add(membership.with(role), of: user, in: room)
        case .addStream(let id, let room, let session): streams[id] = Stream(room: room, session: session)
        case .endStream(let id):
            guard let session = streams[id]?.session else { return }
            streams[id]?.session = StreamSession(
                scene: session.scene,
                event: session.event,
                opensAt: session.opensAt.map { min($0, Self.now) },
                closesAt: min(session.closesAt ?? Self.now, Self.now)
            )
        case .clearStreams(let room): streams = streams.filter { $0.value.room != room }
        case .block(let block): blocks[Barred(identity: block.identity, room: block.room)] = .some(block.until)
        case .unblock(let user, let room):
            blocks = blocks.filter { $0.key.identity != identity(user) || room != nil && $0.key.room != room }
        }
    }

    private mutating func add(_ membership: Membership, of user: Identifier, in room: Identifier) {
        members[room, default: [:]][user, default: []].removeAll { $0.isSame(as: membership) }
        members[room, default: [:]][user, default: []].append(membership)
    }

    private mutating func remove(_ membership: Membership, of user: Identifier, in room: Identifier) {
        members[room]?[user]?.removeAll { $0.isWithin(membership.filter) }
    }
}

func identity(_ user: Identifier) -> ParticipantIdentity { ParticipantIdentity(user: user.text) }

extension Membership {
    var filter: MembershipFilter { MembershipFilter(role: role, scene: scene, event: event) }

    func with(_ role: Identifier) -> Membership {
        Membership(role: role, scene: scene, event: event, expiresAt: expiresAt)
    }

    /// Whether the two are one row, which has one end.
    func isSame(as other: Membership) -> Bool {
        role == other.role && scene == other.scene && event == other.event
    }

    /// Whether a filter takes it: what a filter leaves out takes all.
    func isWithin(_ filter: MembershipFilter) -> Bool {
        [nil, role].contains(filter.role) && (filter.scene == nil || filter.scene == scene)
            && (filter.event == nil || filter.event == event)
    }
}

extension DirectoryWriter {
    /// Makes a change, in one transaction.
    func make(_ change: ChangingWorld.Change) throws {
        let now = ChangingWorld.now
        switch change {
        case .addUser(let user): try addUser(user, did: nil, name: nil, at: now)
        case .removeUser(let user): _ = try removeUser(user)
        case .disable(let user, let isDisabled): _ = try setUser(user, disabled: isDisabled)
        case .addSession(let digest, let user, let end): try addSession(digest, user: user, from: now, until: end)
        case .revokeSession(let digest): _ = try revokeSession(digest, at: now)
        case .revokeSessions(let user): _ = try revokeSessions(of: user, at: now)
        case .addRoom(let room, let access): try addRoom(room, access: access, at: now)
        case .removeRoom(let room): _ = try removeRoom(room)
        case .addMember(let user, let room, let membership): _ = try addMember(user, to: room, membership)
        case .removeMember(let user, let room, let membership):
            _ = try removeMember(user, from: room, membership.filter)
        case .changeRole(let user, let room, let membership, let role):
            try atomically {
                _ = try removeMember(user, from: room, membership.filter)
                _ = try addMember(user, to: room, membership.with(role))
            }
        case .addStream(let id, let room, let session): try addStreamSession(id, room: room, session)
        case .endStream(let id): _ = try endStreamSession(id, at: now)
        case .clearStreams(let room): _ = try clearStreamSessions(of: room)
        case .block(let block): _ = try self.block(block, at: now)
        case .unblock(let user, let room): _ = try unblock(user, in: room)
        }
    }
}
