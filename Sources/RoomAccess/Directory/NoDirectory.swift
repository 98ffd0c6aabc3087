import LiveKitToken

/// The directory of a deployment that has none: it knows no user, session or room, and always answers.
package struct NoDirectory: Directory {
    package init() {}

    package func snapshot() -> any DirectorySnapshot { Snapshot() }

    package func probe() {}

    private final class Snapshot: DirectorySnapshot {
        func session(_ digest: SessionDigest) -> DirectorySession? { nil }
        func user(_ id: Identifier) -> User? { nil }
        func room(_ room: Identifier, user: Identifier, at now: NumericDate) -> RoomEntry? { nil }
        func end() {}
    }
}
