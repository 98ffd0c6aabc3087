package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// The issuer of tokens: it admits a user to a room and signs the token that says so, for the endpoint and for the
/// command line alike.
package struct Issuer: Sendable {
    private let key: APIKey
    private let policy: TokenPolicy
    let join: JoinPolicy
    let memberships: any MembershipSource
    /// The index that is told of each token; `nil` where no gate asks it.
    private let identities: (any IdentityIndex)?
    /// Makes an unguessable UUID.
    let newUUID: @Sendable () -> UUID

    /// Takes the settings of a deployment; `newUUID` makes an unguessable UUID at each call.
    package init(
        key: APIKey,
        policy: TokenPolicy,
        join: JoinPolicy,
        memberships: any MembershipSource,
        identities: (any IdentityIndex)? = nil,
        newUUID: @escaping @Sendable () -> UUID
    ) {
        self.key = key
        self.policy = policy
        self.join = join
        self.memberships = memberships
        self.identities = identities
        self.newUUID = newUUID
    }

    /// Seconds: a session that ends sooner is not good for a token.
    var minimumLifetime: Int64 { policy.minimumLifetime }

    /// Whether identities are derived from sessions, so that each session must have a key.
    var needsKeyOfSession: Bool { policy.identity == .session }

    /// The identity under which the user of a session appears, by the policy of the deployment.
    ///
    /// It is to be asked once for a token: where the policy, or a session without a key, leaves nothing to derive it
    /// from, each call makes one.
    package func identity(of session: Session) -> ParticipantIdentity {
        lastingIdentity(of: session) ?? ParticipantIdentity(newUUID())
    }

    /// The identity that each token of a session has; `nil` where each has one of its own.
    package func lastingIdentity(of session: Session) -> ParticipantIdentity? {
        switch (policy.identity, session.key) {
        case (.user, _): ParticipantIdentity(user: session.user.id.text)
        case (.session, let key?): ParticipantIdentity(user: session.user.id.text, sessionDigest: key)
        case (.session, nil), (.token, _): nil
        }
    }

    /// Admits the user of a session to a room, and signs a token for it.
    ///
    /// The snapshot is given back before the signing.
    ///
    /// The agents of the room's template are sent into it beside those that the client asks for.
    ///
    /// - Throws: `.forbidden` or `.claimUnreadable`; `.unavailable` if the directory does not answer; `.fieldRefused`
    ///   if the client has named an agent that the room has not, or what it adds makes the token too long; `.internal`
    ///   if the token is not fit to be sent for any other reason.
    package func issue(
        to session: Session,
        as identity: ParticipantIdentity,
        request: TokenRequest,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) throws(Refusal) -> IssuedToken {
        let decision = try decide(for: session, request, in: snapshot, at: now)
        snapshot.end()
        let (admission, expiry) = (decision.admission, decision.end.date)
        if request.agentsOfTemplate.contains(where: { !admission.agents.contains($0) }) {
            throw .fieldRefused("room_config.agents.agent_name", .notAllowed(setting: "token_source.agents"))
        }
        let user = session.user
        let tokenID = newUUID()
        func claims(for request: TokenRequest) -> ClaimGrants {
            ClaimGrants(
                issuer: key.id,
                identity: identity,
                tokenID: tokenID,
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
                agents: request.agents(with: admission.agents)
            )
        }
        let signed = claims(for: request)
        let token: AccessToken
        do throws(AccessTokenError) {
            token = try AccessToken(signing: signed, with: key)
        } catch .tooLong {
            // What the client adds is the client's fault; a token that is too long without it is the deployment's.
            let length = AccessToken.length(of: claims(for: request.bare))
            guard length > AccessToken.maximumLength else { throw .fieldRefused(request.longestField, .tooLong) }
            throw .internal(.tooLong(bytes: length))
        } catch {
            throw .internal(error)
        }
        note(identity, of: session)
        let issuance = Issuance(
            user: user,
            session: session.label,
            isNameDropped: session.isNameDropped && user.name == nil,
            request: request,
            agents: signed.agents,
            name: signed.name,
            roles: signed.metadata.roles,
            identity: identity,
            tokenID: tokenID,
            expiresAt: expiry,
            apiKey: key.id
        )
        return IssuedToken(token: token, issuance: issuance)
    }

    /// Tells the index whose an identity is that a token now has.
    private func note(_ identity: ParticipantIdentity, of session: Session) {
        guard let identities else { return }
        switch policy.identity {
        case .user: identities.note(IdentityHolder(user: session.user.id), of: identity)
        case .session:
            guard let digest = session.key.flatMap({ SessionDigest(bytes: $0) }) else { return }
            identities.note(IdentityHolder(user: session.user.id, session: digest), of: identity)
        case .token: return
        }
    }

    /// Decides what the user of a session enters a room with, and until when; a token says no more and no less.
    ///
    /// A block is judged before memberships, and looked up after them: the answer takes the same work with one.
    ///
    /// - Throws: `.forbidden` or `.claimUnreadable`; `.unavailable` if the directory does not answer.
    package func decide(
        for session: Session,
        _ request: TokenRequest,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) throws(Refusal) -> Decision {
        let room = try room(for: session, request, in: snapshot, at: now)
        if try block(of: session, request, in: snapshot, at: now) != nil { throw .forbidden(.blocked) }
        let admission: Admission
        do throws(Denial) {
            admission = try join.admit(to: room, scene: request.scene, event: request.event, at: now)
        } catch {
            throw memberships.fault(of: session, in: request.room).map { .claimUnreadable($0) } ?? .forbidden(error)
        }
        let end = policy.end(at: now, sessionEnd: session.endsAt, streamEnd: admission.endsAt)
        guard let end else { throw .forbidden(.streamEndsTooSoon) }
        return Decision(admission: admission, end: end)
    }

    /// The room of a request as the user of a session meets it; `nil` if there is no such room for that user.
    ///
    /// - Throws: `.unavailable` if the directory does not answer.
    package func room(
        for session: Session,
        _ request: TokenRequest,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) throws(Refusal) -> RoomEntry? {
        try orUnavailable { () throws(DirectoryError) in
            try memberships.room(request.room, for: session, in: snapshot, at: now)
        }
    }

    /// The block that keeps the user of a session out of the room of a request, by the user's own identity, whatever
    /// the identities of tokens are.
    ///
    /// - Throws: `.unavailable` if the directory does not answer.
    func block(
        of session: Session,
        _ request: TokenRequest,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) throws(Refusal) -> Block? {
        try orUnavailable { () throws(DirectoryError) in
            try snapshot.block(of: ParticipantIdentity(user: session.user.id.text), in: request.room, at: now)
        }
    }
}

/// A decision to admit: with what, and until when.
package struct Decision: Equatable, Sendable {
    package let admission: Admission
    /// The end of a token.
    package let end: TokenEnd
}

/// A token that was signed, and the record of it.
package struct IssuedToken: Sendable {
    package let token: AccessToken
    package let issuance: Issuance

    /// Writes the members of the endpoint's own answer: `token` and `expiresAt`.
    package func write(to json: inout JSONWriter) {
        json.member("token", token.compact)
        json.member("expiresAt", issuance.expiresAt.rfc3339)
    }
}

/// The record of a token: all that the log says of it, and never the token.
package struct Issuance: Equatable, Sendable {
    package let user: User
    /// `Session.label`; `nil` where there was no session.
    package let session: UTF8String?
    /// Whether the source of the session has a name that is no `UserName`, so that the token has none.
    package let isNameDropped: Bool
    package let request: TokenRequest
    /// Those that the client asked for, and those of the room's template.
    package let agents: [AgentDispatch]
    /// The name that others in the room see; it is not in the log.
    package let name: UTF8String?
    package let roles: [UTF8String]
    package let identity: ParticipantIdentity
    package let tokenID: UUID
    package let expiresAt: NumericDate
    package let apiKey: UTF8String
}

/// Asks a directory; that it does not answer is a refusal.
package func orUnavailable<Answer>(_ question: () throws(DirectoryError) -> Answer) throws(Refusal) -> Answer {
    do {
        return try question()
    } catch {
        throw .unavailable(.directory(error))
    }
}
