package import LiveKitToken
import SQLite
import Synchronization
package import TokenEndpoint

/// The directory as requests see it: sessions, rooms and users looked up in a SQLite file, by many threads at once.
///
/// A snapshot shows whatever any process had committed when its first look-up began. Before each the path is looked at
/// (a `stat`, about a microsecond): where it leads to another file than before, as after a restored backup, the answer
/// comes from that one, and where it leads nowhere there is no answer.
package final class DirectoryReader: Directory {
    private let file: DirectoryFile
    private let slots: ConnectionSlots
    private let family = Mutex<Family?>(nil)

    /// A file with the two that SQLite keeps beside it while it is open.
    private struct Family: Sendable {
        let file: FileState.Identity
        let companions: [FileState.Identity?]
    }

    /// Opens the directory at a path, which makes it and brings its schema up to date where that is needed.
    ///
    /// `readers` is how many threads look something up at once; more are served as well, but not as fast.
    ///
    /// - Throws: if there is no directory to be had, with what would be right.
    package init(path: String, readers: Int) throws(DirectoryError) {
        Connection.keepNoMemoryStatistics()
        file = DirectoryFile(path: path)
        slots = ConnectionSlots(count: max(1, readers))
        if FileState(path) == nil { _ = try file.openForChanges(patience: DirectoryFile.lookUpPatience) }
        try probe()
    }

    package func snapshot() throws(DirectoryError) -> any SessionStore & RoomDirectory {
        try read()
    }

    package func probe() throws(DirectoryError) {
        try read().probe()
    }

    /// The same as `snapshot()`, with more to ask it.
    package func read() throws(DirectoryError) -> DirectorySnapshot {
        guard let state = FileState(file.path) else {
            throw DirectoryError("\(file.path) is gone: restore it, or make a new one with livekit-tokend migrate")
        }
        let slot = slots.claim()
        if let connection = slot.connection.take(), connection.file.identity == state.identity {
            connection.refresh(state)
            return DirectorySnapshot(connection, in: slot)
        }
        do throws(DirectoryError) {
            return DirectorySnapshot(try open(state), in: slot)
        } catch {
            slot.release()
            throw error
        }
    }
}

/// A directory as it was when it was first asked, for one thread; the connection is free for others once this is gone.
package final class DirectorySnapshot: SessionStore, RoomDirectory {
    private let connection: LookUps
    private let slot: ConnectionSlots.Slot
    private var hasFailed = false

    fileprivate init(_ connection: LookUps, in slot: ConnectionSlots.Slot) {
        self.connection = connection
        self.slot = slot
    }

    deinit {
        connection.end()
        // A connection that failed is closed and not used again: what broke it may have been mended by then.
        if !hasFailed { slot.connection = connection }
        slot.release()
    }

    package func session(_ digest: SessionDigest) throws(DirectoryError) -> Session? {
        try ask { () throws(DirectoryError) in try connection.session(digest) }
    }

    package func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room? {
        try ask { () throws(DirectoryError) in try connection.room(room, user: user, at: now) }
    }

    /// Who a user is; `nil` if there is no such user.
    ///
    /// - Throws: if the directory does not answer, or answers something it should not hold.
    package func user(_ id: Identifier) throws(DirectoryError) -> User? {
        try ask { () throws(DirectoryError) in try connection.user(id) }
    }

    fileprivate func probe() throws(DirectoryError) {
        try ask { () throws(DirectoryError) in try connection.probe() }
    }

    private func ask<Answer>(_ question: () throws(DirectoryError) -> Answer) throws(DirectoryError) -> Answer {
        do throws(DirectoryError) {
            return try question()
        } catch {
            hasFailed = true
            throw error
        }
    }
}

// MARK: - Connections

extension DirectoryReader {
    private func open(_ state: FileState) throws(DirectoryError) -> LookUps {
        guard state.isRegular else { throw DirectoryError("\(file.path) is not a file: name one") }
        try refuseForeignCompanions(state)
        var connection = try file.openForLookUps()
        if try Schema.state(of: connection) != .current {
            _ = try file.openForChanges(patience: DirectoryFile.lookUpPatience)
            connection = try file.openForLookUps()
        }
        // If the path leads elsewhere by now, nobody knows to which of the two the connection leads.
        guard let now = FileState(file.path), now.identity == state.identity else {
            throw DirectoryError("\(file.path) was replaced a moment ago")
        }
        let look = try LookUps(connection, to: state)
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
