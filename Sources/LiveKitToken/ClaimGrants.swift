package import StrictJSON

/// The claim set of a token (RFC 7519 §4): the registered claims, and those of LiveKit's `auth.ClaimGrants`.
package struct ClaimGrants: Equatable, Sendable {
    /// `iss`: the id of the API key that signs.
    package let issuer: UTF8String
    /// `sub`.
    package let identity: ParticipantIdentity
    /// `jti`.
    package let tokenID: UUID
    /// `iat` and `nbf`.
    package let issuedAt: NumericDate
    /// `exp`.
    package let expiresAt: NumericDate
    /// `name`: what other participants see; left out where there is none.
    package let name: UTF8String?
    package let metadata: ParticipantMetadata
    /// `attributes`, left out where there are none.
    package let attributes: [UTF8String: UTF8String]
    package let video: VideoGrant
    /// `roomConfig.agents`, left out where there are none; nothing else of a room's configuration is ever in a token.
    package let agents: [AgentDispatch]

    package init(
        issuer: UTF8String,
        identity: ParticipantIdentity,
        tokenID: UUID,
        issuedAt: NumericDate,
        expiresAt: NumericDate,
        name: UTF8String?,
        metadata: ParticipantMetadata,
        attributes: [UTF8String: UTF8String] = [:],
        video: VideoGrant,
        agents: [AgentDispatch] = []
    ) {
        self.issuer = issuer
        self.identity = identity
        self.tokenID = tokenID
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.name = name
        self.metadata = metadata
        self.attributes = attributes
        self.video = video
        self.agents = agents
    }

    /// The claim set as JSON: the same bytes for the same claims.
    var json: [UInt8] {
        JSONWriter.object(capacity: 768) {
            $0.member("iss", issuer)
            $0.member("sub", identity.text)
            $0.member("jti", tokenID.text)
            $0.member("iat", issuedAt.seconds)
            $0.member("nbf", issuedAt.seconds)
            $0.member("exp", expiresAt.seconds)
            $0.member(ifPresent: "name", name)
            $0.member("metadata", metadata.json)
            if !attributes.isEmpty {
                let members = attributes.sorted { $0.key < $1.key }
                $0.member("attributes", object: { for (name, value) in members { $0.member(name, value) } })
            }
            $0.member("video", object: video.write(to:))
            if !agents.isEmpty {
                $0.member(
                    "roomConfig",
                    object: { $0.member("agents", array: { for agent in agents { agent.write(to: &$0) } }) }
                )
            }
        }
    }
}

/// What the application behind the room learns of a participant: LiveKit hands it on as an opaque string.
package struct ParticipantMetadata: Equatable, Sendable {
    package let sceneID: UTF8String?
    package let eventID: UTF8String?
    /// In the order of their bytes, each once.
    package let roles: [UTF8String]
    package let did: UTF8String?

    /// Takes the roles in any order.
    package init(sceneID: UTF8String?, eventID: UTF8String?, roles: [UTF8String], did: UTF8String?) {
        self.sceneID = sceneID
        self.eventID = eventID
        self.roles = roles.count > 1 ? Set(roles).sorted() : roles
        self.did = did
    }

    /// One JSON object, in a string.
    var json: UTF8String {
        var json = JSONWriter(capacity: 128)
        json.object {
            $0.member(ifPresent: "sceneId", sceneID)
            $0.member(ifPresent: "eventId", eventID)
            $0.member("roles", roles)
            $0.member(ifPresent: "did", did)
        }
        return json.text
    }
}

/// An agent that LiveKit sends into the room when the token's holder is the first to enter: `RoomAgentDispatch`.
package struct AgentDispatch: Equatable, Sendable {
    package let name: UTF8String
    /// For the agent; LiveKit hands it on as an opaque string.
    package let metadata: UTF8String?

    package init(name: UTF8String, metadata: UTF8String?) {
        self.name = name
        self.metadata = metadata
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("agentName", name)
            $0.member(ifPresent: "metadata", metadata)
        }
    }
}

/// LiveKit's `auth.VideoGrant` for one room, with every permission written out: LiveKit takes an absent `canPublish` or
/// `canSubscribe` for `true`.
package struct VideoGrant: Equatable, Sendable {
    package let room: UTF8String
    package let permissions: Permissions

    package init(room: UTF8String, permissions: Permissions) {
        self.room = room
        self.permissions = permissions
    }

    func write(to json: inout JSONWriter) {
        json.member("room", room)
        json.member("roomJoin", true)
        json.member("canPublish", permissions.publishing != .nothing)
        json.member("canSubscribe", permissions.subscribe)
        json.member("canPublishData", permissions.publishData)
        json.member("canUpdateOwnMetadata", permissions.updateOwnMetadata)
        if case .only(let sources) = permissions.publishing {
            json.member(
                "canPublishSources",
                TrackSource.allCases.filter(sources.contains).map { UTF8String($0.rawValue) }
            )
        }
        if permissions.roomAdmin { json.member("roomAdmin", true) }
    }
}
