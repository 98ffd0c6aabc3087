package import LiveKitToken
package import StrictJSON

/// What a deployment knows of sessions and rooms.
package protocol Directory: Sendable {
    /// The directory as it is at this moment: what one request is decided by.
    ///
    /// Every directory obeys one rule: a revocation, an expiry or a ban that has committed is what the next snapshot
    /// shows. A snapshot is for one thread, and for as long as a decision takes.
    ///
    /// - Throws: if the directory does not answer.
    func snapshot() throws(DirectoryError) -> any SessionStore & RoomDirectory

    /// Reads as much as it takes to know that the directory answers.
    func probe() throws(DirectoryError)
}

/// Finds out whose session a bearer is.
package protocol SessionStore {
    /// The session of a bearer, ended or not; `nil` if there never was one.
    ///
    /// - Throws: if the store does not answer, or answers something it should not hold: never `nil` for that.
    func session(_ digest: SessionDigest) throws(DirectoryError) -> Session?
}

/// Knows the rooms, who is a member of them, and when they are on air.
package protocol RoomDirectory {
    /// What is known of a room, of a user in it, and of its stream sessions; `nil` if there is no such room.
    ///
    /// It takes the same work whether or not the room exists and the user is a member of it.
    ///
    /// - Throws: if the directory does not answer, or answers something it should not hold: never `nil` for that.
    func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room?
}

/// Why a directory has no answer, for the operator alone.
package struct DirectoryError: Error, Equatable {
    /// What happened, without any value from a request or a row.
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// A session that was opened for a user.
package struct Session: Equatable, Sendable {
    package let digest: SessionDigest
    package let user: User
    package let expiresAt: NumericDate
    /// It ends the session from the first second on, whatever the time it names.
    package let isRevoked: Bool

    package init(digest: SessionDigest, user: User, expiresAt: NumericDate, isRevoked: Bool) {
        self.digest = digest
        self.user = user
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
    }
}

/// Somebody who may hold sessions.
package struct User: Equatable, Sendable {
    package let id: Identifier
    package let did: UTF8String?
    package let name: UTF8String?
    package let isDisabled: Bool

    package init(id: Identifier, did: UTF8String?, name: UTF8String?, isDisabled: Bool) {
        self.id = id
        self.did = did
        self.name = name
        self.isDisabled = isDisabled
    }
}

/// A room as one user meets it.
package struct Room: Equatable, Sendable {
    package enum Access: String, CaseIterable, Sendable {
        /// Members alone.
        case restricted
        /// Whoever has a session; who is no member gets the role for that.
        case open
    }

    package let access: Access
    /// All memberships of the user in this room, ended ones too.
    package let memberships: [Membership]
    /// Whether the room has, or ever had, stream sessions.
    package let isScheduled: Bool
    /// The stream sessions that have not closed yet.
    package let streamSessions: [StreamSession]

    package init(access: Access, memberships: [Membership], isScheduled: Bool, streamSessions: [StreamSession]) {
        self.access = access
        self.memberships = memberships
        self.isScheduled = isScheduled
        self.streamSessions = streamSessions
    }
}

/// A role that a user has in a room, or in one scene or event of it.
package struct Membership: Equatable, Sendable {
    package let role: Identifier
    /// `nil` for every scene.
    package let scene: Identifier?
    /// `nil` for every event.
    package let event: Identifier?
    /// `nil` for good.
    package let expiresAt: NumericDate?

    package init(role: Identifier, scene: Identifier? = nil, event: Identifier? = nil, expiresAt: NumericDate? = nil) {
        self.role = role
        self.scene = scene
        self.event = event
        self.expiresAt = expiresAt
    }
}

/// A time during which a room, or one scene or event of it, is on air.
package struct StreamSession: Equatable, Sendable {
    /// `nil` for every scene.
    package let scene: Identifier?
    /// `nil` for every event.
    package let event: Identifier?
    /// The first second of it; `nil` if it has always been open.
    package let opensAt: NumericDate?
    /// The first second after it; `nil` if no end is planned.
    package let closesAt: NumericDate?

    package init(
        scene: Identifier? = nil,
        event: Identifier? = nil,
        opensAt: NumericDate? = nil,
        closesAt: NumericDate? = nil
    ) {
        self.scene = scene
        self.event = event
        self.opensAt = opensAt
        self.closesAt = closesAt
    }
}
