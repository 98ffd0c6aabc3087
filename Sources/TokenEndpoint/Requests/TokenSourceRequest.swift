package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// The body of `POST /livekit/token-source`: LiveKit's `TokenSourceRequest` in the JSON of Protocol Buffers.
///
/// A field may be spelled in snake_case or in camelCase; absent, `null` and empty are the same, because each of
/// LiveKit's SDKs leaves out what is not set in a way of its own.
///
/// - SeeAlso: `livekit_token_source.proto` of livekit/protocol.
package struct TokenSourceRequest {
    private let room: UTF8String?
    private let name: UTF8String?
    private let identity: UTF8String?
    private let metadata: UTF8String?
    private let attributes: [(name: UTF8String, value: UTF8String)]
    private let agents: [Agent]
    /// The names of the other fields of the room's configuration that are set.
    private let roomSettings: [UTF8String]

    /// An agent to be sent into the room, with what else is set for it.
    private struct Agent {
        let name: UTF8String?
        let metadata: UTF8String?
        let deployment: UTF8String?
        let settings: [UTF8String]

        /// The field that asks for the agent: the name, or what is set of the agent that has none.
        var field: UTF8String {
            let field: AgentField = name != nil ? .agentName : metadata != nil ? .metadata : .deployment
            return UTF8String("room_config.agents.\(field.rawValue)")
        }

        init(decoding element: JSONValue) throws(Refusal) {
            guard let members = element.members else {
                throw .malformedRequest(.wrongType("agents", mustBe: .array))
            }
            let message = try Message<AgentField>(members)
            name = try message.text(.agentName)
            metadata = try message.text(.metadata)
            deployment = try message.text(.deployment)
            settings = message.othersThatAreSet
        }
    }

    /// Reads the form of a body; what the policy allows is asked afterwards.
    ///
    /// - Throws: `.malformedRequest` or `.unknownField`.
    package init(decoding body: [UInt8]) throws(Refusal) {
        let message = try Message<Field>(try TokenRequest.members(of: body))
        if let unknown = message.others.first {
            throw .unknownField(
                unknown.name,
                known: Field.allCases.map(\.rawValue),
                hint: TokenRequest.Field.allCases.first { $0.name == unknown.name }.map(Self.name(for:))
            )
        }
        room = try message.text(.roomName)
        name = try message.text(.participantName)
        identity = try message.text(.participantIdentity)
        metadata = try message.text(.participantMetadata)
        attributes = try Self.attributes(try message.object(.participantAttributes))
        let configuration = try Message<ConfigurationField>(try message.object(.roomConfig))
        roomSettings = configuration.othersThatAreSet
        agents = try configuration.array(.agents).map(Agent.init(decoding:))
    }

    /// Whether a name is that of a field, in either spelling.
    static func hasField(_ name: UTF8String) -> Bool {
        Field.allCases.contains { $0.snakeCase == name || $0.camelCase == name }
    }

    /// How a field of `/livekit/token` is named here.
    private static func name(for field: TokenRequest.Field) -> String {
        switch field {
        case .room: "it belongs to \(Route.tokenPath), and is \(Field.roomName.rawValue) here"
        case .scene, .event: "here it is an attribute, participant_attributes.\(field.rawValue)"
        }
    }

    private static func attributes(_ members: [JSONMember]) throws(Refusal) -> [(UTF8String, UTF8String)] {
        var attributes: [(UTF8String, UTF8String)] = []
        for member in members {
            if let value = try member.value.text(elseRefuse: member.name) { attributes.append((member.name, value)) }
        }
        return attributes
    }

    /// The token request, if a client may make it; `ownIdentity` is the one that the token will have.
    ///
    /// - Parameter newUUID: makes a UUID for the name of a room.
    /// - Throws: `.malformedRequest` without a room where none is made, `.invalidID`, or then `.fieldRefused`.
    package func request(
        allowedBy policy: TokenSourcePolicy,
        ids: IDPattern,
        as ownIdentity: ParticipantIdentity,
        newUUID: () -> UUID
    ) throws(Refusal) -> TokenRequest {
        guard let room = room ?? policy.generatedRoom?.name(newUUID())?.text else {
            throw .malformedRequest(.roomNameMissing)
        }
        var request = TokenRequest(
            room: try ids.identifier(room, elseRefuse: .room, spelled: Field.roomName.rawValue),
            scene: try id(.scene, ids: ids),
            event: try id(.event, ids: ids)
        )
        try refuseForeignIdentity(than: ownIdentity)
        if metadata != nil { throw .fieldRefused("participant_metadata", .notAllowed()) }
        request.name = try allowedName(policy)
        request.attributes = try allowedAttributes(policy)
        try allowAgents(policy, in: &request)
        return request
    }

    /// The scene and the event, for which LiveKit's schema has no field, come as attributes; they stay ids.
    private func id(_ field: TokenRequest.Field, ids: IDPattern) throws(Refusal) -> Identifier? {
        guard let value = attributes.first(where: { $0.name == field.name })?.value else { return nil }
        return try ids.identifier(value, elseRefuse: field)
    }

    /// Refuses an identity that is not, byte by byte, the one that the token will have.
    ///
    /// Byte by byte is how LiveKit compares identities: a client whose capitals were taken would look in vain for the
    /// participant that it named. iOS writes UUIDs in capitals, so that it is told what is wrong.
    private func refuseForeignIdentity(than own: ParticipantIdentity) throws(Refusal) {
        guard let identity, identity != own.text else { return }
        let isOwnInCapitals = identity.utf8.map(\.lowercase) == own.text.utf8
        throw .fieldRefused("participant_identity", isOwnInCapitals ? .notInItsCase : .notAllowed())
    }

    private func allowedName(_ policy: TokenSourcePolicy) throws(Refusal) -> UTF8String? {
        guard let name else { return nil }
        guard policy.participantName else {
            throw .fieldRefused("participant_name", .notAllowed(setting: "token_source.participant_name"))
        }
        guard name.utf8.count <= TokenRequest.maximumNameLength else {
            throw .fieldRefused("participant_name", .tooLong)
        }
        guard UserName(name) != nil else { throw .fieldRefused("participant_name", .notAName) }
        return name
    }

    private func allowedAttributes(_ policy: TokenSourcePolicy) throws(Refusal) -> [UTF8String: UTF8String] {
        var allowed: [UTF8String: UTF8String] = [:]
        for (name, value) in attributes where !TokenRequest.Field.attributes.contains(name) {
            guard policy.participantAttributes.contains(name) else {
                throw .fieldRefused(
                    UTF8String("participant_attributes.\(name)"),
                    .notAllowed(setting: "token_source.participant_attributes")
                )
            }
            allowed[name] = value
        }
        return allowed
    }

    /// Takes the agents that a client may name: those of `token_source.agents`, and by its name alone one that the
    /// room's template has sent anyway.
    ///
    /// Whether the template counts, or the room is listed, no client learns before it is admitted.
    private func allowAgents(_ policy: TokenSourcePolicy, in request: inout TokenRequest) throws(Refusal) {
        if let name = roomSettings.first { throw .fieldRefused(UTF8String("room_config.\(name)"), .notAllowed()) }
        let setting = "token_source.agents"
        let ofTemplate = agents.isEmpty ? [] : policy.templates[request.room]?.agents ?? []
        var names: [UTF8String] = []
        for agent in agents {
            if let name = agent.settings.first {
                throw .fieldRefused(UTF8String("room_config.agents.\(name)"), .notAllowed())
            }
            // What an SDK sends where an app has set none of them.
            if agent.name == nil, agent.metadata == nil, agent.deployment == nil { continue }
            let dispatch = AgentDispatch(
                name: agent.name ?? "",
                metadata: agent.metadata,
                deployment: agent.deployment
            )
            let isListed = policy.agents.contains(dispatch.name)
            guard isListed || ofTemplate.contains(dispatch.name) else {
                throw .fieldRefused(agent.field, .notAllowed(setting: setting))
            }
            if let deployment = agent.deployment, !isListed || !policy.agentDeployments.contains(deployment) {
                throw .fieldRefused(
                    "room_config.agents.deployment",
                    .notAllowed(setting: isListed ? "token_source.agent_deployments" : setting)
                )
            }
            if agent.metadata != nil, !isListed {
                throw .fieldRefused("room_config.agents.metadata", .notAllowed(setting: setting))
            }
            guard !names.contains(dispatch.name) else { throw .fieldRefused(agent.field, .repeated) }
            names.append(dispatch.name)
            if isListed { request.agents.append(dispatch) } else { request.agentsOfTemplate.append(dispatch.name) }
        }
    }
}

extension TokenRequest.Field {
    /// The attributes that name a scene and an event: no policy is asked about them, and no token carries them as
    /// attributes.
    package static let attributes: [UTF8String] = [scene.name, event.name]
}

extension TokenRequest {
    /// The longest of the fields that only a client fills.
    var longestField: UTF8String {
        let lengths: [(field: UTF8String, bytes: Int)] = [
            ("participant_name", name?.utf8.count ?? 0),
            ("participant_attributes", attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }),
            ("room_config.agents", agents.reduce(0) { $0 + $1.length }),
        ]
        return lengths.max { $0.bytes < $1.bytes }?.field ?? "participant_name"
    }
}

extension AgentDispatch {
    /// The bytes that a client has put into it.
    fileprivate var length: Int {
        name.utf8.count + (metadata?.utf8.count ?? 0) + (deployment?.utf8.count ?? 0)
    }
}

// MARK: - Fields

private enum Field: String, MessageField {
    case roomName = "room_name"
    case participantName = "participant_name"
    case participantIdentity = "participant_identity"
    case participantMetadata = "participant_metadata"
    case participantAttributes = "participant_attributes"
    case roomConfig = "room_config"
}

private enum ConfigurationField: String, MessageField {
    case agents
}

private enum AgentField: String, MessageField {
    case agentName = "agent_name"
    case metadata
    case deployment
}
