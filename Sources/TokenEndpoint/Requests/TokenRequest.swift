package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// A token request: the room, its scene and event, and what the client adds about its participant.
package struct TokenRequest: Equatable, Sendable {
    /// In bytes; LiveKit refuses a participant with a longer name.
    package static let maximumNameLength = UserName.maximumLength

    package let room: Identifier
    package let scene: Identifier?
    package let event: Identifier?
    /// The name that others see in place of the user's.
    package internal(set) var name: UTF8String?
    package internal(set) var attributes: [UTF8String: UTF8String] = [:]
    /// Each at most once.
    package internal(set) var agents: [AgentDispatch] = []
    /// The names of the agents that the client has named and may have only where the room's template has them.
    package internal(set) var agentsOfTemplate: [UTF8String] = []

    /// The agents that are sent into the room: those that are asked for, and those of its template.
    func agents(with ofTemplate: [UTF8String]) -> [AgentDispatch] {
        agents
            + ofTemplate.filter { name in !agents.contains { $0.name == name } }.map { AgentDispatch(name: $0) }
    }

    /// The request without what the client adds to the length of a token.
    var bare: TokenRequest { TokenRequest(room: room, scene: scene, event: event) }

    package init(room: Identifier, scene: Identifier? = nil, event: Identifier? = nil) {
        self.room = room
        self.scene = scene
        self.event = event
    }

    /// Reads a body of `POST /livekit/token`, first its form, then its ids; `null` and empty are the same as absent.
    ///
    /// - Throws: `.malformedRequest`, `.unknownField` or `.invalidID`.
    package init(decoding body: [UInt8], ids: IDPattern) throws(Refusal) {
        let members = try Self.members(of: body)
        for member in members {
            guard Field.allCases.contains(where: { $0.name == member.name }) else {
                let isTheirs = TokenSourceRequest.hasField(member.name)
                throw .unknownField(
                    member.name,
                    known: Field.allCases.map(\.rawValue),
                    hint: isTheirs ? "it belongs to \(Route.tokenSourcePath)" : nil
                )
            }
            _ = try member.value.text(elseRefuse: member.name)
        }
        func text(_ field: Field) -> UTF8String? {
            guard let text = members.first(where: { $0.name == field.name })?.value.text else { return nil }
            return text.utf8.isEmpty ? nil : text
        }
        guard let roomID = text(.room) else { throw .malformedRequest(.roomMissing) }
        room = try ids.identifier(roomID, elseRefuse: .room)
        scene = try text(.scene).map { (text) throws(Refusal) in try ids.identifier(text, elseRefuse: .scene) }
        event = try text(.event).map { (text) throws(Refusal) in try ids.identifier(text, elseRefuse: .event) }
    }

    /// A field that holds an id.
    package enum Field: String, CaseIterable, Sendable {
        case room = "roomId"
        case scene = "sceneId"
        case event = "eventId"

        var name: UTF8String {
            switch self {
            case .room: Self.names.room
            case .scene: Self.names.scene
            case .event: Self.names.event
            }
        }

        private static let names = (
            room: UTF8String(Self.room.rawValue), scene: UTF8String(Self.scene.rawValue),
            event: UTF8String(Self.event.rawValue)
        )
    }

    static func members(of body: [UInt8]) throws(Refusal) -> [JSONMember] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw .malformedRequest(.notJSON(error))
        }
        guard let members = value.members else { throw .malformedRequest(.notAnObject) }
        return members
    }
}

extension IDPattern {
    /// Reads an id of a request.
    ///
    /// - Throws: `.invalidID`; `spelled` is the name of the field where it is not the field's own.
    func identifier(
        _ text: UTF8String,
        elseRefuse field: TokenRequest.Field,
        spelled: String? = nil
    ) throws(Refusal) -> Identifier {
        if let identifier = identifier(text) { return identifier }
        let fault = Identifier.fault(in: text).map { Refusal.IDFault.notAnIdentifier($0) }
        throw .invalidID(field, fault ?? .outsidePattern(text, from: misfit(in: text)), spelled: spelled)
    }
}
