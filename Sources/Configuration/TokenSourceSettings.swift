import StrictJSON
import TokenEndpoint

extension TokenSourcePolicy {
    /// Reads the section `token_source`: what clients of LiveKit's own may set of their participant.
    ///
    /// - Parameter server: the URL where clients connect, without which the endpoint is off: its answers carry it.
    static func read(
        _ section: ConfigurationReader?,
        server: String?
    ) throws(ConfigurationError) -> TokenSourcePolicy? {
        guard let server = server.map({ UTF8String($0) }) else {
            if let section { throw section.error("needs livekit.url, which its answers carry; set both") }
            return nil
        }
        guard let section else { return TokenSourcePolicy(serverURL: server) }
        let policy = TokenSourcePolicy(
            serverURL: server,
            participantName: try section.bool("participant_name")?.value ?? false,
            participantAttributes: try names("participant_attributes", of: section),
            agents: try names("agents", of: section),
            agentDeployments: try names("agent_deployments", of: section)
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
            let text = UTF8String(name.value)
            let isLong = text.utf8.isEmpty ? key != "agents" : text.utf8.count > 256
            guard !isLong, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw section.error(name, "has a name that is empty, longer than 256 bytes, or has control characters")
            }
            if key == "participant_attributes", TokenRequest.Field.attributes.contains(text) {
                throw section.error(name, "lists \(name.value), which every client may set, as an id; remove it here")
            }
            guard names.insert(text).inserted else { throw section.error(name, "lists \(name.value) twice; keep one") }
        }
        return names
    }
}
