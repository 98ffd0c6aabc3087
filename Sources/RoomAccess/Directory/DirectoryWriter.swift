package import LiveKitToken

/// What opening a directory changes about its tables; a missing or empty one gets them in any case.
package enum SchemaUpkeep: Sendable {
    /// Nothing, where each statement of this program fits the tables: else they are brought up to its version.
    case keep
    /// They are brought up to this program's version.
    case migrate
    /// The same; and a file that has the tables without the marks of a directory, as after a restored dump, gets them.
    case adopt
}

/// The writing side of a directory, for administrators: each change is one transaction, done or not done at all.
///
/// When a call returns the change has committed, and the next snapshot of any process shows it. A writer serves one
/// thread at a time. What a change is about and is not there is `.unknown`, or `.differsInCase` if there is one whose
/// id differs in the case of letters alone. A directory that others fill, such as views over a site's own tables, has
/// no writer.
package protocol DirectoryWriter {
    /// The version of the tables before the writer opened the directory; 0 if it made them.
    var schemaVersionBefore: Int { get }

    /// The version of the tables now: this program's, or that of before where they are kept as they are.
    var schemaVersion: Int { get }

    /// Whether the tables were a directory's without its marks, and the writer has set them.
    var hasAdopted: Bool { get }

    // MARK: Several at once

    /// Makes the changes of a body as one: all of them once the body has returned, or none.
    ///
    /// What the body tells a caller of the changes is thereby told before they are made, so that none is made of which
    /// the caller cannot be told. The body lets each error through, and does not call this again.
    ///
    /// - Throws: what the body throws, and `DirectoryChangeError.unavailable`.
    func atomically<Value>(_ body: () throws -> Value) throws -> Value

    // MARK: Users

    /// Adds a user, who has no sessions and memberships.
    ///
    /// - Returns: what a former user of this id had left, and is removed.
    /// - Throws: `.exists(.user)`, or `.sameUUID` if the id differs from another's in the case of a UUID alone.
    @discardableResult
    func addUser(
        _ id: Identifier,
        did: DID?,
        name: UserName?,
        at now: NumericDate
    ) throws(DirectoryChangeError) -> Removal

    /// All users, by id; one whose name cannot be read is listed without it.
    func users() throws(DirectoryChangeError) -> RecordList<UserRecord>

    /// A user; `nil` if there is no such user.
    func user(_ id: Identifier) throws(DirectoryChangeError) -> User?

    /// Disables a user, or enables the user again; sessions and memberships stay as they are.
    ///
    /// - Returns: whether that changed anything.
    /// - Throws: `.unknown(.user)`.
    func setUser(_ id: Identifier, disabled: Bool) throws(DirectoryChangeError) -> Bool

    /// Removes a user with all sessions and memberships.
    ///
    /// A disabled user is barred from every room from then on, for good: logins may still name the user.
    ///
    /// - Throws: `.unknown(.user)`.
    func removeUser(_ id: Identifier) throws(DirectoryChangeError) -> Removal

    // MARK: Sessions

    /// Opens a session for a user until a time.
    ///
    /// - Throws: `.unknown(.user)`, or `.exists(.session)` if the bearer has been used before.
    func addSession(
        _ digest: SessionDigest,
        user: Identifier,
        from now: NumericDate,
        until end: NumericDate
    ) throws(DirectoryChangeError)

    /// The sessions of a user, ended ones too, in the order of their creation.
    ///
    /// - Throws: `.unknown(.user)`.
    func sessions(of user: Identifier) throws(DirectoryChangeError) -> RecordList<SessionRecord>

    /// Revokes every session of a user that has not been revoked before.
    ///
    /// - Returns: the number of sessions that it revoked.
    /// - Throws: `.unknown(.user)`.
    func revokeSessions(of user: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Int

    /// Revokes one session.
    ///
    /// - Returns: whether it had not been revoked before.
    /// - Throws: `.unknown(.session)`.
    func revokeSession(_ digest: SessionDigest, at now: NumericDate) throws(DirectoryChangeError) -> Bool

    // MARK: Rooms

    /// Adds a room, which has no memberships and stream sessions.
    ///
    /// - Returns: what a former room of this id had left, and is removed.
    /// - Throws: `.exists(.room)`, or `.sameUUID` if the id differs from another's in the case of a UUID alone.
    @discardableResult
    func addRoom(
        _ id: Identifier,
        access: RoomEntry.Access,
        at now: NumericDate
    ) throws(DirectoryChangeError) -> Removal

    /// The other rooms whose ids differ from this one in the case of letters alone.
    func roomsInOtherCase(_ id: Identifier) throws(DirectoryChangeError) -> [Identifier]

    /// All rooms, by id.
    func rooms() throws(DirectoryChangeError) -> RecordList<RoomRecord>

    /// Removes a room with all its memberships and stream sessions.
    ///
    /// - Throws: `.unknown(.room)`.
    func removeRoom(_ id: Identifier) throws(DirectoryChangeError) -> Removal

    // MARK: Memberships

    /// Gives a user a role in a room, or in one scene or event of it.
    ///
    /// A membership that exists already, apart from its end, gets the new end.
    ///
    /// - Returns: whether it did not exist before.
    /// - Throws: `.unknown(.room)` or `.unknown(.user)`.
    func addMember(
        _ user: Identifier,
        to room: Identifier,
        _ membership: Membership
    ) throws(DirectoryChangeError) -> Bool

    /// The members of a room, ended memberships too, by user.
    ///
    /// - Throws: `.unknown(.room)`.
    func members(of room: Identifier) throws(DirectoryChangeError) -> RecordList<MemberRecord>

    /// Removes the memberships of a user in a room that match a filter.
    ///
    /// - Returns: those that it removed, at least one.
    /// - Throws: `.unknown(.room)`, `.unknown(.user)`, or `.unknown(.membership)` if the filter matches none.
    func removeMember(
        _ user: Identifier,
        from room: Identifier,
        _ filter: MembershipFilter
    ) throws(DirectoryChangeError) -> [Membership]

    // MARK: Stream sessions

    /// Plans a stream session for a room, or for one scene or event of it.
    ///
    /// - Throws: `.unknown(.room)` or `.exists(.streamSession)`.
    func addStreamSession(
        _ id: Identifier,
        room: Identifier,
        _ session: StreamSession
    ) throws(DirectoryChangeError)

    /// The stream sessions of a room, closed ones too, in the order of their opening.
    ///
    /// - Throws: `.unknown(.room)`.
    func streamSessions(of room: Identifier) throws(DirectoryChangeError) -> RecordList<StreamSessionRecord>

    /// Closes a stream session now; one that has not opened yet never will.
    ///
    /// It stays in the directory, so that its room does not become one that is always open.
    ///
    /// - Returns: whether it was not closed before.
    /// - Throws: `.unknown(.streamSession)`.
    func endStreamSession(_ id: Identifier, at now: NumericDate) throws(DirectoryChangeError) -> Bool

    /// Removes all stream sessions of a room, closed ones too, after which it is one that is always open.
    ///
    /// - Returns: the number of stream sessions that it removed.
    /// - Throws: `.unknown(.room)`.
    func clearStreamSessions(of room: Identifier) throws(DirectoryChangeError) -> Int

    // MARK: Blocks

    /// Bars a person from a room, or from every room.
    ///
    /// A block of the same person and room gets the new end and reason. Neither the person nor the room need be in the
    /// directory.
    func block(_ block: Block, at now: NumericDate) throws(DirectoryChangeError) -> Blocking

    /// Lifts the block of a person in a room; without a room all blocks of the person, ended ones too.
    ///
    /// - Returns: those that it lifted, at least one.
    /// - Throws: `.unknown(.block)`, or `.differsInCase` with the id of another person who is blocked.
    func unblock(_ user: Identifier, in room: Identifier?) throws(DirectoryChangeError) -> [Block]

    /// The blocks by user id, ended ones too: of one person or of all, those that bar from one room or all.
    func blocks(of user: Identifier?, in room: Identifier?) throws(DirectoryChangeError) -> RecordList<BlockRecord>
}
