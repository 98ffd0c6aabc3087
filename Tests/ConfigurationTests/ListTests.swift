import Configuration
import TestSupport
import Testing

/// What is not a list is shown as the list that it should be, in the user's own words, which may be pasted.
@Suite struct `A list of the configuration that is none` {
    @Test(arguments: [
        ("peers: www-data", "peers", "[www-data]"), ("peers: 33", "peers", "[33]"),
        ("peers: www-data, caddy", "peers", "[www-data, caddy]"), ("peers: 'a, b'", "peers", "['a, b']"),
        ("peers: it's", "peers", "['it''s']"), ("peers: a:b", "peers", "['a:b']"),
        ("peers: \"*\"", "peers", "['*']"), ("peers: zoë", "peers", "[zoë]"),
        ("peers: two words", "peers", "[two words]"),
        ("livekit: {url: 'wss://x'}\ntoken_source: {agents: ''}", "token_source.agents", "['']"),
        ("livekit: {url: 'wss://x'}\ntoken_source: {agents: a}", "token_source.agents", "[a]"),
        ("livekit: {url: 'wss://x'}\ntoken_source: {agent_deployments: a}", "token_source.agent_deployments", "[a]"),
        ("roles: {a: {publish_sources: camera, publish: true}}", "roles.a.publish_sources", "[camera]"),
        ("rooms: {templates: [{match: a, access: open, agents: b}]}", "rooms.templates[1].agents", "[b]"),
    ])
    func `is shown as one`(_ yaml: String, _ key: String, _ list: String) throws {
        let message = try #require(throws: ConfigurationError.self) { try settings(yaml) }.message
        #expect(message.hasSuffix(": \(key) must be a list; write \(list)"), "\(message)")
        guard key == "peers" else { return }
        do throws(ConfigurationError) {
            _ = try settings("peers: \(list)")
        } catch {
            #expect(error.message.contains("which this machine does not have"), "\(error.message)")
        }
    }

    /// Of what nobody can guess there is an example; a long text, or one with commands, is not repeated.
    @Test(arguments: [
        "peers:", "peers: ~", "peers: {a: b}", #"peers: "a\nb\u001b[2J""#,
        "peers: \(String(repeating: "x", count: 200))",
    ])
    func `is told of by an example where it says too little, or too much`(_ yaml: String) throws {
        let message = try #require(throws: ConfigurationError.self) { try settings(yaml) }.message
        #expect(message.hasSuffix("must be a list; write it in brackets, such as [one, two]"), "\(message)")
    }
}
