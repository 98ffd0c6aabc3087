package import LiveKitToken
package import StrictJSON

/// What `POST /livekit/token-source` lets a client say of its participant and its room, and which server it names.
///
/// Identity and metadata are never the client's to choose, and of a room's configuration nothing but agents.
package struct TokenSourcePolicy: Sendable {
    /// Where the client connects: `server_url`.
    package let serverURL: UTF8String
    /// Whether a client may choose what others see as its name.
    package let participantName: Bool
    /// The attributes that a client may set.
    package let participantAttributes: Set<UTF8String>
    /// The agents that a client may have sent into its room.
    package let agents: Set<UTF8String>

    /// Takes what a deployment allows: by default nothing.
    package init(
        serverURL: UTF8String,
        participantName: Bool = false,
        participantAttributes: Set<UTF8String> = [],
        agents: Set<UTF8String> = []
    ) {
        self.serverURL = serverURL
        self.participantName = participantName
        self.participantAttributes = participantAttributes
        self.agents = agents
    }
}

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
    /// What else of the room's configuration is set.
    private let roomSettings: [UTF8String]

    /// An agent to be sent into the room, with what else is set for it.
    private struct Agent {
        let name: UTF8String?
        let metadata: UTF8String?
        let settings: [UTF8String]

        init(decoding element: JSONValue) throws(Refusal) {
            guard let members = element.members else {
                throw .malformedRequest(.wrongType("agents", mustBe: .array))
            }
            let message = try Message<AgentField>(members)
            name = try message.text(.agentName)
            metadata = try message.text(.metadata)
            settings = message.othersThatAreSet
        }
    }

    /// Reads the form of a body, all of it before anybody asks what is allowed.
    ///
    /// - Throws: `.malformedRequest` or `.unknownField`.
    package init(decoding body: [UInt8]) throws(Refusal) {
        let message = try Message<Field>(try TokenRequest.members(of: body))
        if let unknown = message.others.first { throw .unknownField(unknown.name) }
        room = try message.text(.roomName)
        name = try message.text(.participantName)
        identity = try message.text(.participantIdentity)
        metadata = try message.text(.participantMetadata)
        attributes = try Self.attributes(try message.object(.participantAttributes))
        let configuration = try Message<ConfigurationField>(try message.object(.roomConfig))
        roomSettings = configuration.othersThatAreSet
        agents = try configuration.array(.agents).map(Agent.init(decoding:))
    }

    private static func attributes(_ members: [JSONMember]) throws(Refusal) -> [(UTF8String, UTF8String)] {
        var attributes: [(UTF8String, UTF8String)] = []
        for member in members {
            if let value = try member.value.text(orRefuse: member.name) { attributes.append((member.name, value)) }
        }
        return attributes
    }

    /// What is asked for, if a client may ask for all of it; the identity is the one that the caller will have, `nil`
    /// if that is a new one each time.
    ///
    /// - Throws: `.malformedRequest` without a room, `.invalidID`, or then `.fieldRefused`.
    package func request(
        allowedBy policy: TokenSourcePolicy,
        ids: IDPattern,
        as ownIdentity: ParticipantIdentity?
    ) throws(Refusal) -> TokenRequest {
        guard let room else { throw .malformedRequest(.roomNameMissing) }
        var request = TokenRequest(
            room: try ids.identifier(room, orRefuse: .room, spelled: Field.roomName.rawValue),
            scene: try id(.scene, ids: ids),
            event: try id(.event, ids: ids)
        )
        if identity != nil, identity != ownIdentity?.text { throw .fieldRefused("participant_identity", .notAllowed) }
        if metadata != nil { throw .fieldRefused("participant_metadata", .notAllowed) }
        request.name = try allowedName(policy)
        request.attributes = try allowedAttributes(policy)
        request.agents = try allowedAgents(policy)
        return request
    }

    /// The scene and the event, for which LiveKit's schema has no field, come as attributes; they stay ids.
    private func id(_ field: TokenRequest.Field, ids: IDPattern) throws(Refusal) -> Identifier? {
        guard let value = attributes.first(where: { $0.name == field.name })?.value else { return nil }
        return try ids.identifier(value, orRefuse: field)
    }

    private func allowedName(_ policy: TokenSourcePolicy) throws(Refusal) -> UTF8String? {
        guard let name else { return nil }
        guard policy.participantName else { throw .fieldRefused("participant_name", .notAllowed) }
        guard name.utf8.count <= TokenRequest.maximumNameLength else {
            throw .fieldRefused("participant_name", .tooLong)
        }
        return name
    }

    private func allowedAttributes(_ policy: TokenSourcePolicy) throws(Refusal) -> [UTF8String: UTF8String] {
        var allowed: [UTF8String: UTF8String] = [:]
        for (name, value) in attributes where !TokenRequest.Field.attributes.contains(name) {
            guard policy.participantAttributes.contains(name) else {
                throw .fieldRefused(UTF8String("participant_attributes.\(name)"), .notAllowed)
            }
            allowed[name] = value
        }
        return allowed
    }

    private func allowedAgents(_ policy: TokenSourcePolicy) throws(Refusal) -> [AgentDispatch] {
        if let name = roomSettings.first { throw .fieldRefused(UTF8String("room_config.\(name)"), .notAllowed) }
        var allowed: [AgentDispatch] = []
        for agent in agents {
            if let name = agent.settings.first {
                throw .fieldRefused(UTF8String("room_config.agents.\(name)"), .notAllowed)
            }
            // What an SDK sends where an app has set neither.
            if agent.name == nil, agent.metadata == nil { continue }
            guard let name = agent.name, policy.agents.contains(name), !allowed.contains(where: { $0.name == name })
            else { throw .fieldRefused("room_config.agents.agent_name", .notAllowed) }
            allowed.append(AgentDispatch(name: name, metadata: agent.metadata))
        }
        return allowed
    }
}

extension TokenRequest.Field {
    /// The attributes that name a scene and an event: no policy is asked about them, and no token carries them as
    /// attributes.
    package static let attributes: [UTF8String] = [scene.name, event.name]
}

extension TokenRequest {
    /// Which of the fields that only a client fills is the longest.
    var longestField: UTF8String {
        let lengths: [(field: UTF8String, bytes: Int)] = [
            ("participant_name", name?.utf8.count ?? 0),
            ("participant_attributes", attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }),
            ("room_config.agents", agents.reduce(0) { $0 + $1.name.utf8.count + ($1.metadata?.utf8.count ?? 0) }),
        ]
        return lengths.max { $0.bytes < $1.bytes }?.field ?? "participant_name"
    }
}

// MARK: - The JSON of Protocol Buffers

/// The fields of a message that we read; a case has the name in camelCase, its raw value the one in snake_case.
private protocol MessageField: RawRepresentable<String>, CaseIterable {}

extension MessageField {
    var snakeCase: UTF8String { UTF8String(rawValue) }
    var camelCase: UTF8String { UTF8String("\(self)") }
}

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
}

/// A JSON object whose fields may have either spelling, but not both.
private struct Message<Field: MessageField> {
    /// What is no field of ours.
    let others: [JSONMember]
    private let members: [JSONMember]

    init(_ members: [JSONMember]) throws(Refusal) {
        func has(_ name: UTF8String) -> Bool { members.contains { $0.name == name } }
        for field in Field.allCases where field.snakeCase != field.camelCase {
            if has(field.snakeCase), has(field.camelCase) { throw .malformedRequest(.spelledTwice(field.snakeCase)) }
        }
        self.members = members
        others = members.filter { member in
            !Field.allCases.contains { $0.snakeCase == member.name || $0.camelCase == member.name }
        }
    }

    /// The names of those others that hold something.
    var othersThatAreSet: [UTF8String] { others.filter { !$0.value.isDefault }.map(\.name) }

    func text(_ field: Field) throws(Refusal) -> UTF8String? {
        try self[field].text(orRefuse: field.snakeCase)
    }

    func object(_ field: Field) throws(Refusal) -> [JSONMember] {
        switch self[field] {
        case .null: []
        case .object(let members): members
        default: throw .malformedRequest(.wrongType(field.snakeCase, mustBe: .object))
        }
    }

    func array(_ field: Field) throws(Refusal) -> [JSONValue] {
        switch self[field] {
        case .null: []
        case .array(let elements): elements
        default: throw .malformedRequest(.wrongType(field.snakeCase, mustBe: .array))
        }
    }

    private subscript(_ field: Field) -> JSONValue {
        members.first { $0.name == field.snakeCase || $0.name == field.camelCase }?.value ?? .null
    }
}

extension JSONValue {
    /// Whether it says no more than if it were absent: what Protocol Buffers call the default of a type.
    fileprivate var isDefault: Bool {
        switch self {
        case .null, .bool(false), .integer(0), .number(0), .string(""), .array([]), .object([]): true
        default: false
        }
    }

    /// The text, `nil` if it is absent or empty.
    fileprivate func text(orRefuse name: UTF8String) throws(Refusal) -> UTF8String? {
        switch self {
        case .null, .string(""): nil
        case .string(let text): text
        default: throw .malformedRequest(.wrongType(name))
        }
    }
}
