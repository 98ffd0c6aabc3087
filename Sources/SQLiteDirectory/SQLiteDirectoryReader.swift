import LiveKitToken
package import RoomAccess
import SQLite
import Synchronization

/// The reading side of a directory in a SQLite file: sessions, rooms and users, looked up by many threads at once.
///
/// A snapshot shows what any process had committed when its first question began. Before that the path is looked at (a
/// `stat`, about a microsecond): where it leads to another file than before, as after a restored backup, the answer
/// comes from that one, and where it leads to none there is no answer.
package final class SQLiteDirectoryReader: Directory {
    private let file: DirectoryFile
    private let upkeep: SchemaUpkeep
    private let pool: ConnectionPool
    private let family = Mutex<Family?>(nil)

    /// A file with the two that SQLite keeps beside it while it is open.
    private struct Family: Sendable {
        let file: FileState.Identity
        let companions: [FileState.Identity?]
    }

    /// Opens the directory at a path, which makes it where it is missing; the upkeep says what becomes of an older
    /// schema, now and of a file that takes its place.
    ///
    /// `readers` is the number of threads that are served from kept connections; more are served as well, but slower.
    ///
    /// - Throws: if the directory cannot be had, with what would be right.
    package init(path: String, readers: Int, _ upkeep: SchemaUpkeep = .keep) throws(DirectoryError) {
        Connection.keepNoMemoryStatistics()
        file = DirectoryFile(path: path)
        self.upkeep = upkeep
        pool = ConnectionPool(count: max(1, readers))
        if FileState(path) == nil { _ = try file.openForChanges(patience: DirectoryFile.lookUpPatience, upkeep) }
        try probe()
    }

    /// The directory at a path that is opened when it is first needed, and never made; for one thread at a time.
    init(unopened path: String, _ upkeep: SchemaUpkeep) {
        file = DirectoryFile(path: path)
        self.upkeep = upkeep
        pool = ConnectionPool(count: 0)
    }

    package func snapshot() -> any DirectorySnapshot {
        Snapshot(of: self)
    }

    package func probe() throws(DirectoryError) {
        try Snapshot(of: self).probe()
    }
}

/// A directory as of its first question, for one thread: it claims a connection then, and keeps it to its end.
private final class Snapshot: DirectorySnapshot {
    private let reader: SQLiteDirectoryReader
    private var claimed: (connection: ReadConnection, slot: ConnectionPool.Slot)?
    private var hasFailed = false

    init(of reader: SQLiteDirectoryReader) {
        self.reader = reader
    }

    deinit { end() }

    func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
        try ask { (connection) throws(DirectoryError) in try connection.session(digest) }
    }

    func user(_ id: Identifier) throws(DirectoryError) -> User? {
        try ask { (connection) throws(DirectoryError) in try connection.user(id) }
    }

    func hasUsers() throws(DirectoryError) -> Bool {
        try ask { (connection) throws(DirectoryError) in try connection.hasUsers() }
    }

    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
        try ask { (connection) throws(DirectoryError) in try connection.room(room, user: user, at: now) }
    }

    func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool {
        try ask { (connection) throws(DirectoryError) in try connection.hasOpenSession(of: user, at: now) }
    }

    func block(
        of identity: ParticipantIdentity,
        in room: Identifier,
        at now: NumericDate
    ) throws(DirectoryError) -> Block? {
        try ask { (connection) throws(DirectoryError) in try connection.block(of: identity, in: room, at: now) }
    }

    func probe() throws(DirectoryError) {
        try ask { (connection) throws(DirectoryError) in try connection.probe() }
    }

    func end() {
        guard let (connection, slot) = claimed.take() else { return }
        connection.end()
        // A connection that failed is closed and not used again: its cause may have been mended by then.
        if !hasFailed { slot.connection = connection }
        slot.release()
    }

    private func ask<Answer>(
        _ question: (ReadConnection) throws(DirectoryError) -> Answer
    ) throws(DirectoryError) -> Answer {
        let connection = try connection()
        do throws(DirectoryError) {
            return try question(connection)
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// The connection, which the first question claims.
    private func connection() throws(DirectoryError) -> ReadConnection {
        if let claimed { return claimed.connection }
        let claim = try reader.claim()
        claimed = claim
        return claim.connection
    }
}

// MARK: - Connections

extension SQLiteDirectoryReader {
    /// Claims a connection to the file that the path leads to now.
    fileprivate func claim() throws(DirectoryError) -> (connection: ReadConnection, slot: ConnectionPool.Slot) {
        let state = try presentFile()
        let slot = pool.claim()
        if let connection = slot.connection.take(), connection.file.identity == state.identity {
            connection.refresh(state)
            return (connection, slot)
        }
        do throws(DirectoryError) {
            return (try open(state), slot)
        } catch {
            slot.release()
            throw error
        }
    }

    /// The file that the path leads to now.
    func presentFile() throws(DirectoryError) -> FileState {
        if let state = FileState(file.path) { return state }
        if FileState.isOutOfReach(file.path) {
            throw DirectoryError("\(file.path) is out of reach: this process may not search its parent directory")
        }
        throw DirectoryError("\(file.path) is gone: restore it, or make a new one with livekit-tokend migrate")
    }

    /// Opens a connection to the file that the path leads to, which is in a state.
    func open(_ state: FileState) throws(DirectoryError) -> ReadConnection {
        guard state.isRegular else { throw DirectoryError("\(file.path) is not a file: name one") }
        try refuseForeignCompanions(state)
        var connection = try file.openForLookUps()
        let schema = try Schema.state(of: connection)
        if schema != .current, upkeep != .keep || !schema.isUsable {
            _ = try file.openForChanges(patience: DirectoryFile.lookUpPatience, upkeep)
            connection = try file.openForLookUps()
        }
        // If the path leads elsewhere by now, it is unknown to which of the two files the connection leads.
        guard let now = FileState(file.path), now.identity == state.identity else {
            throw DirectoryError("\(file.path) was replaced a moment ago")
        }
        let look = try ReadConnection(connection, to: state)
        family.withLock { $0 = Family(file: state.identity, companions: companions) }
        return look
    }

    /// Refuses a file that was put in the place of another one whose log and shared memory are still there.
    ///
    /// SQLite would take the log of the former file for the new one's, and read a mixture of both.
    private func refuseForeignCompanions(_ state: FileState) throws(DirectoryError) {
        guard let family = family.withLock(\.self), family.file != state.identity,
            zip(family.companions, companions).contains(where: { $0 != nil && $0 == $1 })
        else { return }
        throw DirectoryError(
            "\(file.path) was replaced, but \(file.path)-wal and -shm still belong to the file before: remove both"
        )
    }

    private var companions: [FileState.Identity?] {
        DirectoryFile.companionSuffixes.map { FileState(file.path + $0)?.identity }
    }
}
