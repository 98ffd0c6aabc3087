import LiveKitToken

/// The directory of a deployment that has none: it knows no user, session or room, and always answers.
package struct NoDirectory: Directory {
    package init() {}

    package func snapshot() -> any DirectorySnapshot { Snapshot() }

    package func probe() {}

    private final class Snapshot: DirectorySnapshot {
        func session(_ digest: SessionDigest) -> DirectorySession? { nil }
        func user(_ id: Identifier) -> User? { nil }
        func hasUsers() -> Bool { false }
        func room(_ room: Identifier, user: Identifier, at now: NumericDate) -> RoomEntry? { nil }
        func hasOpenSession(of user: Identifier, at now: NumericDate) -> Bool { false }
        func block(of identity: ParticipantIdentity, in room: Identifier, at now: NumericDate) -> Block? { nil }
        func end() {}
    }
}
