import Configuration
import StrictJSON
import Testing
import TokenEndpoint

@Suite struct `The token_source of a configuration` {
    private func policy(_ yaml: String, variables: [String: String] = [:]) throws -> TokenSourcePolicy? {
        try settings(yaml, variables: variables).tokenSource
    }

    @Test func `is off without livekit.url, and allows nothing with it`() throws {
        #expect(try policy("") == nil)
        for allowing in [
            try policy("livekit: {url: 'wss://a.example'}"),
            try policy("", variables: ["LIVEKIT_URL": "wss://a.example"]),
            try policy("{livekit: {url: 'wss://a.example'}, token_source: {}}"),
        ] {
            #expect(allowing?.serverURL == "wss://a.example")
            #expect(allowing?.participantName == false)
            #expect(allowing?.participantAttributes == [])
            #expect(allowing?.agents == [])
            #expect(allowing?.agentDeployments == [])
        }
    }

    @Test func `allows what it names`() throws {
        let policy = try policy(
            """
            livekit: {url: 'wss://a.example'}
            token_source:
              participant_name: true
              participant_attributes: [seat, Sprache]
              agents: [narrator, '']
              agent_deployments: [staging]
            """
        )
        #expect(policy?.participantName == true)
        #expect(policy?.participantAttributes == ["seat", "Sprache"])
        #expect(policy?.agents == ["narrator", ""], "the empty name is the unnamed agent's")
        #expect(policy?.agentDeployments == ["staging"])
    }

    @Test(arguments: [
        ("{participant_name: yes}", "token_source.participant_name must be true or false"),
        ("{participant_attributes: seat}", "token_source.participant_attributes must be a list; write [seat]"),
        (
            "{agent_deployments: ['']}",
            "token_source.agent_deployments has a name that is empty, longer than 256 bytes, or has control characters"
        ),
        ("{agents: [a, b, a]}", "token_source.agents lists a twice; keep one"),
        (
            "{participant_attributes: [sceneId]}",
            "token_source.participant_attributes lists sceneId, which every client may set, as an id; remove it here"
        ),
        (
            "{participant_identity: true}",
            "token_source.participant_identity is unknown; known here: participant_name, participant_attributes, "
                + "agents, agent_deployments, generated_room"
        ),
    ])
    func `is refused with what would be right`(_ section: String, _ problem: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try policy("{token_source: \(section), livekit: {url: 'wss://a.example'}}")
        }
        #expect(error.message == "config.yaml:1: \(problem)")
    }

    @Test func `needs livekit.url`() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try policy("token_source: {participant_name: true}")
        }
        #expect(error.message == "config.yaml:1: token_source needs livekit.url, which its answers carry; set both")
    }
}
