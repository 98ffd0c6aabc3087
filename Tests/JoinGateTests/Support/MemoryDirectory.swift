import LiveKitToken
import RoomAccess
import Synchronization
import TestSupport

/// A directory in memory, which a test writes row by row, and which fails at the question that the test names.
final class MemoryDirectory: Directory, IdentityIndex {
    enum Question: String, CaseIterable {
        case identity, successor, user, users, block, session, openSession, room
    }

    struct Room {
        var access = RoomEntry.Access.restricted
        var members: [Identifier: [Membership]] = [:]
        var streams: [StreamSession]?
    }

    struct Contents {
        var users: [Identifier: User] = [:]
        var sessions: [SessionDigest: DirectorySession] = [:]
        var rooms: [Identifier: Room] = [:]
        var blocks: [Block] = []
        /// Whether each session has an identity of its own.
        var hasIdentityOfSessions = false
        var failing: Question?
        var isIndexLate = false
        /// What the index has found before.
        var remembered: IdentityHolder?
    }

    private let contents: Mutex<Contents>
    /// What was asked, in order, `end` included.
    private let asked = Mutex<[String]>([])

    init(_ contents: Contents) {
        self.contents = Mutex(contents)
    }

    /// Changes what is committed.
    func change(_ change: (inout sending Contents) -> Void) { contents.withLock { change(&$0) } }

    /// Has the index answer with somebody, whatever the directory says.
    func remember(_ holder: IdentityHolder) { change { $0.remembered = holder } }

    var questions: [String] { asked.withLock { $0 } }

    func snapshot() -> any DirectorySnapshot { Snapshot(of: self) }

    func probe() {}

    func note(_ holder: IdentityHolder, of identity: ParticipantIdentity) {}

    func holder(of identity: ParticipantIdentity) throws(IdentityIndexError) -> IdentityHolder? {
        let contents = try look(.identity)
        return contents.remembered ?? holder(of: identity, in: contents)
    }

    func successor(
        of former: IdentityHolder,
        as identity: ParticipantIdentity
    ) throws(IdentityIndexError) -> IdentityHolder? {
        holder(of: identity, in: try look(.successor))
    }

    private func look(_ question: Question) throws(IdentityIndexError) -> Contents {
        let contents: Contents
        do throws(DirectoryError) {
            contents = try answer(question)
        } catch {
            throw .directory(error)
        }
        if contents.isIndexLate { throw .notInTime }
        return contents
    }

    private func holder(of identity: ParticipantIdentity, in contents: Contents) -> IdentityHolder? {
        if contents.hasIdentityOfSessions {
            return contents.sessions.first { digest, session in
                ParticipantIdentity(user: session.user.id.text, sessionDigest: digest.bytes) == identity
            }.map { IdentityHolder(user: $1.user.id, session: $0) }
        }
        return contents.users.keys.first { ParticipantIdentity(user: $0.text) == identity }.map {
            IdentityHolder(user: $0)
        }
    }

    fileprivate func answer(_ question: Question) throws(DirectoryError) -> Contents {
        asked.withLock { $0.append(question.rawValue) }
        let contents = contents.withLock { $0 }
        if contents.failing == question { throw DirectoryError("the disk is gone") }
        return contents
    }

    fileprivate func end() { asked.withLock { $0.append("end") } }

    private final class Snapshot: DirectorySnapshot {
        private let directory: MemoryDirectory

        init(of directory: MemoryDirectory) {
            self.directory = directory
        }

        func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
            try directory.answer(.session).sessions[digest]
        }

        func user(_ id: Identifier) throws(DirectoryError) -> User? {
            try directory.answer(.user).users[id]
        }

        func hasUsers() throws(DirectoryError) -> Bool {
            try !directory.answer(.users).users.isEmpty
        }

        func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
            try directory.answer(.room).rooms[room].map {
                RoomEntry(
                    access: $0.access,
                    memberships: $0.members[user] ?? [],
                    isScheduled: $0.streams != nil,
                    streamSessions: $0.streams ?? []
                )
            }
        }

        func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool {
            try directory.answer(.openSession).sessions.values.contains {
                $0.user.id == user && !$0.isRevoked && now < $0.expiresAt
            }
        }

        func block(
            of identity: ParticipantIdentity,
            in room: Identifier,
            at now: NumericDate
        ) throws(DirectoryError) -> Block? {
            try directory.answer(.block).blocks.first {
                $0.identity == identity && [nil, room].contains($0.room) && $0.until.map { now < $0 } ?? true
            }
        }

        func end() { directory.end() }
    }
}
