package import LiveKitToken

/// The sessions of a directory: a bearer token is looked up by its digest.
package struct DirectorySessions: SessionSource {
    package init() {}

    package func session(
        for credential: Credential,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(SessionError) -> Session {
        let digest = try credential.bearerToken.digest
        let found: DirectorySession?
        do throws(DirectoryError) {
            found = try directory.session(digest)
        } catch {
            throw .unavailable(error)
        }
        guard let found else { throw .invalid(.unknown) }
        let session = Session(user: found.user, endsAt: found.expiresAt, key: digest.bytes)
        guard !found.isRevoked else { throw .invalid(.revoked, of: session) }
        guard now < found.expiresAt else { throw .invalid(.expired, of: session) }
        return session
    }
}

/// The memberships of a directory, which has none in rooms that it does not list.
package struct DirectoryMemberships: MembershipSource {
    private let templates: RoomTemplates

    package init(templates: RoomTemplates = RoomTemplates()) {
        self.templates = templates
    }

    package func room(
        _ room: Identifier,
        for session: Session,
        in directory: any DirectorySnapshot,
        at now: NumericDate
    ) throws(DirectoryError) -> RoomEntry? {
        let listed = try directory.room(room, user: session.user.id, at: now)
        return listed ?? templates.entry(of: room, listed: nil, memberships: nil)
    }
}
