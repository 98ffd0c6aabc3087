import RoomAccess
import StrictJSON
import TokenEndpoint

extension TokenSourcePolicy {
    /// Reads the section `token_source`: what clients of LiveKit's own may set of their participant.
    ///
    /// - Parameters:
    ///   - server: the URL where clients connect, without which the endpoint is off: its answers carry it.
    ///   - rooms: the rooms that there can be.
    static func read(
        _ section: ConfigurationReader?,
        server: String?,
        rooms: RoomSettings
    ) throws(ConfigurationError) -> TokenSourcePolicy? {
        guard let server = server.map({ UTF8String($0) }) else {
            if let section { throw section.error("needs livekit.url, which its answers carry; set both") }
            return nil
        }
        guard let section else { return TokenSourcePolicy(serverURL: server, templates: rooms.templates) }
        let policy = TokenSourcePolicy(
            serverURL: server,
            participantName: try section.bool("participant_name")?.value ?? false,
            participantAttributes: try names("participant_attributes", of: section),
            agents: try names("agents", of: section),
            agentDeployments: try names("agent_deployments", of: section),
            generatedRoom: try generatedRoom(section, rooms),
            templates: rooms.templates
        )
        try section.finish()
        return policy
    }

    /// A list of names that LiveKit takes as they are; an empty one stands for the agent that has no name.
    private static func names(
        _ key: String,
        of section: ConfigurationReader
    ) throws(ConfigurationError) -> Set<UTF8String> {
        var names: Set<UTF8String> = []
        for name in try section.strings(key)?.value ?? [] {
            let text = try section.liveKitName(name, mayBeEmpty: key == "agents")
            if key == "participant_attributes", TokenRequest.Field.attributes.contains(text) {
                throw section.error(name, "lists \(name.value), which every client may set, as an id; remove it here")
            }
            guard names.insert(text).inserted else { throw section.error(name, "lists \(name.value) twice; keep one") }
        }
        return names
    }

    /// The room of a client that names none: every name that can be made must match the pattern and a template, or the
    /// client would never get in.
    private static func generatedRoom(
        _ section: ConfigurationReader,
        _ rooms: RoomSettings
    ) throws(ConfigurationError) -> GeneratedRoom? {
        guard let text = try section.string("generated_room") else { return nil }
        guard let generated = GeneratedRoom(UTF8String(text.value)) else {
            throw section.error(text, "must have \(GeneratedRoom.placeholder) once, such as call-{uuid}")
        }
        for sample in generated.samples {
            guard let sample, rooms.ids.identifier(sample.text) != nil else {
                throw section.error(
                    text,
                    "makes rooms that rooms.pattern (\(rooms.ids.source)) does not match; change one of the two"
                )
            }
            guard rooms.templates[sample] != nil else {
                let globs = Listing.text(rooms.templates.templates.map(\.match.description))
                throw section.error(
                    text,
                    "makes rooms that match none of rooms.templates"
                        + (globs.isEmpty ? "" : " (\(globs))") + ", so that no client gets in; add a template, such as "
                        + "{match: '\(generated.glob)', access: open}"
                )
            }
        }
        return generated
    }
}
