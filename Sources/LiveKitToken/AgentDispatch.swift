package import StrictJSON

/// A dispatch of an agent (`RoomAgentDispatch`): LiveKit sends it into the room when the token's holder is the first to
/// enter.
package struct AgentDispatch: Equatable, Sendable {
    /// Empty for the agent that has none.
    package let name: UTF8String
    /// For the agent; LiveKit hands it on as an opaque string.
    package let metadata: UTF8String?
    /// The deployment of the agent that is asked for, such as `staging`; `nil` for the one in production.
    package let deployment: UTF8String?

    package init(name: UTF8String, metadata: UTF8String? = nil, deployment: UTF8String? = nil) {
        self.name = name
        self.metadata = metadata
        self.deployment = deployment
    }

    func write(to json: inout JSONWriter) {
        json.object {
            if !name.utf8.isEmpty { $0.member("agentName", name) }
            $0.member(ifPresent: "metadata", metadata)
            $0.member(ifPresent: "deployment", deployment)
        }
    }
}
