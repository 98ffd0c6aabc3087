import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// The agents and the name that a client asks for, where a deployment allows some.
@Suite struct `a token source request that sets what it may` {
    @Test func `sends an agent once`() throws {
        let agent = #"{"agent_name":"narrator"}"#
        let reply = try Fixture().askTokenSource(
            #"{"room_name":"stage-1","room_config":{"agents":[\#(agent),\#(agent)]}}"#,
            policy: .generous
        )
        #expect(reply.detail == "room_config.agents.agent_name may name each agent once.")
    }

    @Test func `asks for a deployment of an agent that the deployment lists, and for no other`() throws {
        func ask(_ agent: String) throws -> Reply {
            try Fixture().askTokenSource(
                #"{"room_name":"stage-1","room_config":{"agents":[\#(agent)]}}"#,
                policy: .generous
            )
        }
        let reply = try ask(#"{"agentName":"narrator","metadata":"{}","deployment":"staging"}"#)
        var writer = JSONWriter()
        writer.value(try #require(try reply.participantClaims)["roomConfig"] ?? .null)
        #expect(
            writer.text == #"{"agents":[{"agentName":"narrator","metadata":"{}","deployment":"staging"}]}"#
        )
        let refused = try ask(#"{"agentName":"narrator","deployment":"production"}"#)
        #expect(
            refused.detail == "A client may not set room_config.agents.deployment here, or not to this; leave it out."
        )
        #expect(
            refused.line.contains(
                #""fault":"token_source.agent_deployments does not allow room_config.agents.deployment""#
            )
        )
    }

    /// A deployment belongs to the agent that it was asked for, of however many.
    @Test func `leaves its agents and their deployments in the log, and no metadata`() throws {
        let reply = try Fixture().askTokenSource(
            #"{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator"},"#
                + #"{"agent_name":"interpreter","deployment":"staging","metadata":"S3CRET"}]}}"#,
            policy: .generous
        )
        #expect(
            reply.line.contains(
                #""agents":["narrator","interpreter"],"agentDeployments":{"interpreter":"staging"},"tokenId""#
            )
        )
        #expect(!reply.line.contains("S3CRET"))
    }

    @Test func `leaves the deployment of the unnamed agent in the log`() throws {
        let policy = TokenSourcePolicy(serverURL: Fixture.server, agents: [""], agentDeployments: ["staging"])
        let reply = try Fixture().askTokenSource(
            #"{"room_name":"stage-1","room_config":{"agents":[{"deployment":"staging"}]}}"#,
            policy: policy
        )
        #expect(reply.line.contains(#""agents":[""],"agentDeployments":{"":"staging"},"tokenId""#))
    }

    @Test(arguments: [#"{"metadata":"x"}"#, #"{"agent_name":"","deployment":"staging"}"#])
    func `means the unnamed agent where something but a name is set, and gets it where that is allowed`(
        _ agent: String
    ) throws {
        let body = #"{"room_name":"stage-1","room_config":{"agents":[\#(agent)]}}"#
        #expect(try Fixture().askTokenSource(body, policy: .generous).code == "field_refused")
        let policy = TokenSourcePolicy(serverURL: Fixture.server, agents: [""], agentDeployments: ["staging"])
        let reply = try Fixture().askTokenSource(body, policy: policy)
        #expect(reply.status == 201)
        guard case .array(let agents)? = try reply.participantClaims?["roomConfig"]?["agents"] else {
            Issue.record("no agents")
            return
        }
        #expect(agents.count == 1)
        #expect(agents.first?["agentName"] == nil)
        #expect(agents.first?.members?.count == 1)
    }

    @Test(arguments: [
        "Ada", "\u{85}", "a\u{1B}[2J", "\u{202E}ada", "\u{200B}", "e\u{301}", "\0", "Zoë 😀", "a\u{200D}b",
    ])
    func `has a name that a user can have`(_ name: String) throws {
        let body = JSONWriter.object {
            $0.member("room_name", "stage-1" as UTF8String)
            $0.member("participant_name", UTF8String(name))
        }
        let reply = try Fixture().askTokenSource(String(decoding: body, as: UTF8.self), policy: .generous)
        #expect((reply.status == 201) == (UserName(UTF8String(name)) != nil))
        if reply.status != 201 {
            #expect(reply.code == "field_refused")
            #expect(reply.reason == "field_not_a_name")
            #expect(
                reply.detail
                    == "participant_name must be 1 to 256 bytes of text that can be seen, without control characters "
                    + "or marks that turn its direction."
            )
        }
    }
}
