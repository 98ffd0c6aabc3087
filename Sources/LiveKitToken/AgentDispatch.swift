package import StrictJSON

/// A dispatch of an agent (`RoomAgentDispatch`): LiveKit sends it into the room when the token's holder is the first to
/// enter.
package struct AgentDispatch: Equatable, Sendable {
    package let name: UTF8String
    /// For the agent; LiveKit hands it on as an opaque string.
    package let metadata: UTF8String?

    package init(name: UTF8String, metadata: UTF8String?) {
        self.name = name
        self.metadata = metadata
    }

    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("agentName", name)
            $0.member(ifPresent: "metadata", metadata)
        }
    }
}
