package import LiveKitToken
import StrictJSON

/// Lets a user into a room, and makes the token that says so: the same for the endpoint and for the command line.
package struct Issuer: Sendable {
    private let key: APIKey
    private let policy: TokenPolicy
    private let join: JoinPolicy
    private let newUUID: @Sendable () -> UUID

    /// Takes what a deployment has settled; `newUUID` gives an unguessable UUID at each call.
    package init(
        key: APIKey,
        policy: TokenPolicy,
        join: JoinPolicy,
        newUUID: @escaping @Sendable () -> UUID
    ) {
        self.key = key
        self.policy = policy
        self.join = join
        self.newUUID = newUUID
    }

    /// Seconds: nobody whose session ends sooner can get a token.
    var shortestLifetime: Int64 { policy.minimumLifetime }

    /// What the user may do in the room now.
    ///
    /// - Throws: `.forbidden`, or `.unavailable` if the directory does not answer.
    package func authorize(
        _ user: User,
        asking request: TokenRequest,
        in rooms: any RoomDirectory,
        at now: NumericDate
    ) throws(Refusal) -> Admission {
        let room = try orUnavailable { () throws(DirectoryError) in
            try rooms.room(request.room, user: user.id, at: now)
        }
        return try join.admit(to: room, asking: request, at: now)
    }

    /// A token for an admission, with what the log must say of it.
    ///
    /// The session is the one that asks; `nil` if the operator does, whom no session end binds.
    ///
    /// - Throws: `.forbidden` if the stream ends too soon for a token, `.fieldRefused` if what the client adds makes it
    ///   too long, `.internal` if the token is not fit to be sent for any other reason.
    package func issue(
        to user: User,
        in session: Session?,
        asking request: TokenRequest,
        admission: Admission,
        at now: NumericDate
    ) throws(Refusal) -> (token: AccessToken, record: AuditEvent.Issuance) {
        let expiry = policy.expiry(at: now, sessionEnd: session?.expiresAt, streamEnd: admission.endsAt)
        guard let expiry else { throw .forbidden(.streamEndsTooSoon) }
        let claims = ClaimGrants(
            issuer: key.id,
            identity: lastingIdentity(of: user, in: session) ?? ParticipantIdentity(newUUID()),
            tokenID: newUUID(),
            issuedAt: now,
            expiresAt: expiry,
            name: request.name ?? user.name,
            metadata: ParticipantMetadata(
                sceneID: request.scene?.text,
                eventID: request.event?.text,
                roles: admission.roles.map(\.text),
                did: user.did
            ),
            attributes: request.attributes,
            video: VideoGrant(room: request.room.text, permissions: admission.permissions),
            agents: request.agents
        )
        let token: AccessToken
        do throws(AccessTokenError) {
            token = try AccessToken(signing: claims, with: key)
        } catch {
            // Too long even without what the client adds: then it is our fault, and this says so.
            if case .tooLong = error, request != request.bare {
                _ = try issue(to: user, in: session, asking: request.bare, admission: admission, at: now)
                throw .fieldRefused(request.longestField, .tooLong)
            }
            throw .internal(error)
        }
        let record = AuditEvent.Issuance(
            user: user,
            request: request,
            name: claims.name,
            roles: claims.metadata.roles,
            identity: claims.identity,
            tokenID: claims.tokenID,
            expiresAt: expiry,
            apiKey: key.id
        )
        return (token, record)
    }

    /// As whom the user appears there each time; `nil` if it is as somebody new.
    func lastingIdentity(of user: User, in session: Session?) -> ParticipantIdentity? {
        switch (policy.identity, session) {
        case (.user, _): ParticipantIdentity(user: user.id.text)
        case (.session, let session?): ParticipantIdentity(user: user.id.text, sessionDigest: session.digest.bytes)
        case (.session, nil), (.token, _): nil
        }
    }
}

/// Asks a directory; that it has no answer is a refusal like the others.
package func orUnavailable<Answer>(_ question: () throws(DirectoryError) -> Answer) throws(Refusal) -> Answer {
    do {
        return try question()
    } catch {
        throw .unavailable(.directory(error))
    }
}
