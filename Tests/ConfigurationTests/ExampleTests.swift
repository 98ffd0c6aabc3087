import Configuration
import Foundation
import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint
import YAML

/// `deploy/config.example.yaml`, with the values that it comments out as the defaults.
private struct Example {
    let text: String
    let root: YAMLNode

    init() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../deploy/config.example.yaml").standardized
        // A key and its value after `# `, or a part of them: words begin otherwise, or have no colon after the first.
        text = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
            .map { $0.replacing(/^( *)# ( *[a-z_]+:( |$))/) { "\($0.1)\($0.2)" } }
            .joined(separator: "\n")
        root = try #require(try YAMLNode(parsing: Array(text.utf8)))
    }

    /// The keys of a mapping, by the path of it.
    func keys(_ path: String...) throws -> Set<String> {
        var node = root
        for name in path {
            node = try #require(try Self.pairs(node).first { $0.name == name }?.value)
        }
        return Set(try Self.pairs(node).map(\.name))
    }

    private static func pairs(_ node: YAMLNode) throws -> [(name: String, value: YAMLNode)] {
        guard case .mapping(let pairs) = node.content else { return [] }
        return try pairs.map { key, value in
            guard case .scalar(let name, _) = key.content else { throw CocoaError(.formatting) }
            return (name, value)
        }
    }
}

@Suite struct `The example of a configuration` {
    /// The keys that a mapping may have, as the error for an unknown one lists them.
    private func known(_ yaml: String) throws -> Set<String> {
        let error = try #require(throws: ConfigurationError.self) { try settings(yaml) }
        let list = try #require(error.message.components(separatedBy: "known here: ").last)
        return Set(list.components(separatedBy: ", "))
    }

    @Test func `shows every key there is`() throws {
        let example = try Example()
        #expect(try example.keys() == known("x: 1"))
        for section in ["livekit", "token", "rooms", "token_source", "sessions", "directory", "http", "audit"] {
            let yaml = "livekit: {url: 'wss://a.example'}\n\(section): {x: 1}"
            // An alternative to the defaults, which stands for itself.
            let keys = try known(section == "livekit" ? "livekit: {x: 1}" : yaml).subtracting(["jwt"])
            #expect(try example.keys(section) == keys, "\(section)")
        }
        // Most of these go with some sources alone, and stand in comments.
        let ofMemberships = try known("memberships: {x: 1}")
        let shown = try example.keys("memberships")
        #expect(
            shown == ["source"] && ofMemberships.subtracting(shown).allSatisfy { example.text.contains("# \($0): ") }
        )
        #expect(try example.keys("roles") == Set(Defaults.roles.keys.map(\.description)))
    }

    @Test func `has the defaults, but for what it says are examples`() throws {
        let shown = try settings(Example().text)
        let defaults = try settings("")
        #expect(shown.process.listenPath == defaults.process.listenPath)
        #expect(shown.process.workers == defaults.process.workers)
        #expect(shown.process.peers == defaults.process.peers)
        #expect(shown.process.isDevelopment == defaults.process.isDevelopment)
        #expect(shown.token.lifetime == defaults.token.lifetime)
        #expect(shown.token.minimumLifetime == defaults.token.minimumLifetime)
        #expect(shown.token.maximumLifetime == defaults.token.maximumLifetime)
        #expect(shown.token.identity == defaults.token.identity)
        #expect(shown.rooms.ids.source == Defaults.idPattern)
        #expect(shown.rooms.join.openRole == defaults.rooms.join.openRole)
        #expect(shown.rooms.roles == defaults.rooms.roles)
        #expect(shown.sessions.source == defaults.sessions.source)
        #expect(shown.memberships.source == defaults.memberships.source)
        #expect(shown.directory.url == defaults.directory.url)
        #expect(shown.http.unauthenticatedStatus == defaults.http.unauthenticatedStatus)
        #expect(shown.audit.path == defaults.audit.path)
    }

    @Test func `shows the tokens of an issuer, with every key and with the defaults`() throws {
        let lines = try Example().text.components(separatedBy: "\n").filter { $0.hasPrefix("# # ") }
        let shown = lines.map { String($0.dropFirst(4)) }.joined(separator: "\n")
        let issuer = try #require(try settings(shown).sessions.jwt?.issuers.first)
        #expect(issuer.algorithms == Defaults.signatureAlgorithms && issuer.claims == Defaults.tokenClaims)
        guard case .keySet(let file) = issuer.keys else {
            Issue.record("\(issuer.keys)")
            return
        }
        #expect(file.maximumAge == Defaults.keySetAge)
        let keys = try known("sessions: {source: jwt, jwt: {x: 1}}")
        for key in keys { #expect(shown.contains("\n    \(key): ") || shown.contains("# \(key): "), "\(key)") }
        let jwt = try settings(shown).sessions.jwt
        #expect(jwt?.place == Defaults.tokenPlace && jwt?.maximumLength == Defaults.tokenLength)
    }

    @Test func `has an address and a key file of its own`() throws {
        let shown = try settings(Example().text)
        #expect(shown.liveKit.url == "wss://livekit.example.com")
        #expect(shown.liveKit.keySource.file == "livekit-keys.yaml")
        #expect(shown.tokenSource?.agents == ["narrator"])
    }
}
