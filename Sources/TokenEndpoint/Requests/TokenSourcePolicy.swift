package import RoomAccess
package import StrictJSON

/// The policy of `POST /livekit/token-source`: what a client may set of its participant and its room, and the server
/// that the answer names.
///
/// A client never chooses its metadata, nor an identity other than its own, and sets nothing of a room's configuration
/// but agents.
package struct TokenSourcePolicy: Sendable {
    /// Where the client connects: `server_url`.
    package let serverURL: UTF8String
    /// Whether a client may choose what others see as its name.
    package let participantName: Bool
    /// The attributes that a client may set.
    package let participantAttributes: Set<UTF8String>
    /// The agents that a client may have sent into its room; the empty name is the unnamed agent's.
    package let agents: Set<UTF8String>
    /// The deployments of those agents that a client may ask for, beside the one that is asked for by none.
    package let agentDeployments: Set<UTF8String>
    /// The name of the room of a client that names none; `nil` if such a client is refused.
    package let generatedRoom: GeneratedRoom?
    /// The templates of rooms: a client may name the agents that are sent into its room anyway.
    package let templates: RoomTemplates

    /// Takes what a deployment allows: by default nothing.
    package init(
        serverURL: UTF8String,
        participantName: Bool = false,
        participantAttributes: Set<UTF8String> = [],
        agents: Set<UTF8String> = [],
        agentDeployments: Set<UTF8String> = [],
        generatedRoom: GeneratedRoom? = nil,
        templates: RoomTemplates = RoomTemplates()
    ) {
        self.serverURL = serverURL
        self.participantName = participantName
        self.participantAttributes = participantAttributes
        self.agents = agents
        self.agentDeployments = agentDeployments
        self.generatedRoom = generatedRoom
        self.templates = templates
    }
}
