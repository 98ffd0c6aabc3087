package import StrictJSON

/// The claim set of a token (RFC 7519 §4): the registered claims, and those of LiveKit's `auth.ClaimGrants`.
package struct ClaimGrants: Equatable, Sendable {
    /// `iss`: the id of the API key that signs.
    package let issuer: UTF8String
    /// `sub`.
    package let identity: ParticipantIdentity
    /// `jti`.
    package let tokenID: UUID
    /// `iat`; `nbf` is `backdating` seconds earlier.
    package let issuedAt: NumericDate
    /// `exp`.
    package let expiresAt: NumericDate
    /// `name`: the name that other participants see; left out where there is none.
    package let name: UTF8String?
    package let metadata: ParticipantMetadata
    /// `attributes`, left out where there are none.
    package let attributes: [UTF8String: UTF8String]
    package let video: VideoGrant
    /// `roomConfig.agents`, left out where there are none; nothing else of a room's configuration is ever in a token.
    package let agents: [AgentDispatch]

    /// The seconds from `nbf` to `iat`: a client whose clock is that far behind does not take a new token for one that
    /// is not valid yet, and ask again and again.
    package static let backdating: Int64 = 10

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
            $0.member("nbf", issuedAt.advanced(by: -Self.backdating).seconds)
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
