import Daemon
import LiveKitToken
import RoomAccess

/// A directory whose look-ups are measured and counted.
struct MeasuredDirectory: Directory {
    let directory: any Directory
    let metrics: Metrics

    func snapshot() -> any DirectorySnapshot {
        Snapshot(directory.snapshot(), metrics: metrics)
    }

    /// A probe is not a look-up, and neither measured nor counted; its failure is the directory's all the same.
    func probe() throws(DirectoryError) {
        do throws(DirectoryError) {
            try directory.probe()
            metrics.directory.succeeded()
        } catch {
            metrics.directory.failed(error.reason)
            throw error
        }
    }

    private final class Snapshot: DirectorySnapshot {
        private let snapshot: any DirectorySnapshot
        private let metrics: Metrics

        init(_ snapshot: any DirectorySnapshot, metrics: Metrics) {
            self.snapshot = snapshot
            self.metrics = metrics
        }

        func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
            try measured { () throws(DirectoryError) in try snapshot.session(digest) }
        }

        func user(_ id: Identifier) throws(DirectoryError) -> User? {
            try measured { () throws(DirectoryError) in try snapshot.user(id) }
        }

        func hasUsers() throws(DirectoryError) -> Bool {
            try measured { () throws(DirectoryError) in try snapshot.hasUsers() }
        }

        func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
            try measured { () throws(DirectoryError) in try snapshot.room(room, user: user, at: now) }
        }

        func hasOpenSession(of user: Identifier, at now: NumericDate) throws(DirectoryError) -> Bool {
            try measured { () throws(DirectoryError) in try snapshot.hasOpenSession(of: user, at: now) }
        }

        func block(
            of identity: ParticipantIdentity,
            in room: Identifier,
            at now: NumericDate
        ) throws(DirectoryError) -> Block? {
            try measured { () throws(DirectoryError) in try snapshot.block(of: identity, in: room, at: now) }
        }

        func end() {
            snapshot.end()
        }

        private func measured<Found>(_ lookUp: () throws(DirectoryError) -> Found) throws(DirectoryError) -> Found {
            let start = MonotonicClock.nanoseconds
            defer { metrics.directoryTime.observe(MonotonicClock.nanoseconds - start) }
            do throws(DirectoryError) {
                let found = try lookUp()
                metrics.directory.succeeded()
                return found
            } catch {
                metrics.directoryFailures.increase()
                metrics.directory.failed(error.reason)
                throw error
            }
        }
    }
}
