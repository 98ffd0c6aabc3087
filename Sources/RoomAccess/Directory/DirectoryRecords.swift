package import LiveKitToken

// The rows of a directory as a list shows them.

/// The rows of a list in their order, and what could not be read of the table.
package struct RecordList<Record>: RandomAccessCollection {
    package let records: [Record]
    package let flaws: [RowFlaw]

    package init(_ records: [Record], flaws: [RowFlaw] = []) {
        self.records = records
        self.flaws = flaws
    }

    package var startIndex: Int { records.startIndex }
    package var endIndex: Int { records.endIndex }
    package subscript(position: Int) -> Record { records[position] }
}

extension RecordList: Sendable where Record: Sendable {}

/// A row that holds what the directory rules out.
package struct RowFlaw: Equatable, Sendable {
    package let table: String
    /// The first column of its key, as far as that is text.
    package let key: String
    /// The column without which the row is listed; `nil` if the row is left out of the list.
    package let column: String?

    package init(table: String, key: String, column: String?) {
        self.table = table
        self.key = key
        self.column = column
    }
}

/// A row of the list of users.
package struct UserRecord: Equatable, Sendable {
    package let user: User
    package let createdAt: NumericDate

    package init(user: User, createdAt: NumericDate) {
        self.user = user
        self.createdAt = createdAt
    }
}

/// A row of the list of sessions; the digest is all that a directory has of the bearer.
package struct SessionRecord: Equatable, Sendable {
    package let digest: SessionDigest
    package let createdAt: NumericDate
    package let expiresAt: NumericDate
    package let revokedAt: NumericDate?

    package init(digest: SessionDigest, createdAt: NumericDate, expiresAt: NumericDate, revokedAt: NumericDate?) {
        self.digest = digest
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

/// A row of the list of rooms.
package struct RoomRecord: Equatable, Sendable {
    package let id: Identifier
    package let access: RoomEntry.Access
    package let createdAt: NumericDate

    package init(id: Identifier, access: RoomEntry.Access, createdAt: NumericDate) {
        self.id = id
        self.access = access
        self.createdAt = createdAt
    }
}

/// A row of the list of a room's members.
package struct MemberRecord: Equatable, Sendable {
    package let user: Identifier
    package let membership: Membership

    package init(user: Identifier, membership: Membership) {
        self.user = user
        self.membership = membership
    }
}

/// A row of the list of a room's stream sessions.
package struct StreamSessionRecord: Equatable, Sendable {
    package let id: Identifier
    package let session: StreamSession

    package init(id: Identifier, session: StreamSession) {
        self.id = id
        self.session = session
    }
}

/// A row of the list of blocks.
package struct BlockRecord: Equatable, Sendable {
    package let block: Block
    /// When the block was written, or last written again.
    package let createdAt: NumericDate

    package init(block: Block, createdAt: NumericDate) {
        self.block = block
        self.createdAt = createdAt
    }
}

/// What a directory has of the person and the room of a block that was just written.
package struct Blocking: Equatable, Sendable {
    /// The block that was there before, ended or not.
    package let former: Block?
    /// Whether the person is a user of the directory.
    package let isUserKnown: Bool
    /// The users whose ids differ in case alone: other people, but for UUIDs.
    package let usersInOtherCase: [Identifier]
    /// Whether the directory lists the room; true where the block is for every room.
    package let isRoomListed: Bool
    package let roomsInOtherCase: [Identifier]

    package init(
        former: Block?,
        isUserKnown: Bool,
        usersInOtherCase: [Identifier],
        isRoomListed: Bool,
        roomsInOtherCase: [Identifier]
    ) {
        self.former = former
        self.isUserKnown = isUserKnown
        self.usersInOtherCase = usersInOtherCase
        self.isRoomListed = isRoomListed
        self.roomsInOtherCase = roomsInOtherCase
    }
}

/// A filter of one user's memberships in a room: all of them, or those of one role, scene or event.
package struct MembershipFilter: Sendable {
    package var role: Identifier?
    package var scene: Identifier?
    package var event: Identifier?

    package init(role: Identifier? = nil, scene: Identifier? = nil, event: Identifier? = nil) {
        self.role = role
        self.scene = scene
        self.event = event
    }
}

/// The numbers of rows that were removed along with a user or a room.
package struct Removal: Equatable, Sendable {
    package let sessions: Int
    package let memberships: Int
    package let streamSessions: Int
    /// Whether a block of every room keeps the removed user out, who was disabled.
    package let leavesBlock: Bool

    package init(sessions: Int = 0, memberships: Int = 0, streamSessions: Int = 0, leavesBlock: Bool = false) {
        self.sessions = sessions
        self.memberships = memberships
        self.streamSessions = streamSessions
        self.leavesBlock = leavesBlock
    }
}
