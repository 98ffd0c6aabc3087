import Configuration
import RoomAccess
import RoomPattern
import Testing
import YAML

/// A configuration of 64 KiB that is made to take long.
struct HostileConfiguration: CustomTestStringConvertible {
    let testDescription: String
    let yaml: String
    /// Whether it is taken.
    let isTaken: Bool

    private init(_ name: String, _ yaml: String, isTaken: Bool = false) {
        (testDescription, self.yaml, self.isTaken) = (name, yaml, isTaken)
    }

    /// As many copies of an item, by its number, as fill what is left of 64 KiB.
    private static func fill(_ head: String, _ tail: String = "", _ item: (Int) -> String) -> String {
        var (text, number) = (head, 0)
        while true {
            let next = item(number)
            guard text.utf8.count + next.utf8.count + tail.utf8.count <= Settings.maximumLength else {
                return text + tail
            }
            text += next
            number += 1
        }
    }

    /// Nine levels of nine: as a value, or each as a key.
    private static func bomb(_ alias: (String) -> String) -> String {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for (name, next) in zip("abcdefgh", "bcdefghi") {
            text += "\(next): &\(next) [\((1...9).map { _ in alias("*\(name)") }.joined(separator: ","))]\n"
        }
        return text
    }

    static let all = [
        HostileConfiguration("roles", fill("rooms: {open_role: r0}\nroles:\n") { " r\($0): {}\n" }, isTaken: true),
        HostileConfiguration("roles without the open one", fill("roles:\n") { " r\($0): {}\n" }),
        HostileConfiguration(
            "a permission of many",
            fill("roles:\n a: {publish_sources: [", "]}\n") { _ in "camera," }
        ),
        HostileConfiguration("unknown keys", fill("") { "k\($0): 1\n" }),
        HostileConfiguration("unknown keys that are nearly known", fill("") { "liste\($0): 1\n" }),
        HostileConfiguration("peers", fill("peers: [", "]") { "\($0)," }),
        HostileConfiguration("one peer", fill("peers: [", "]") { _ in "root," }),
        HostileConfiguration(
            "agents",
            fill("livekit: {url: 'wss://a'}\ntoken_source: {agents: [", "]}") { "a\($0)," },
            isTaken: true
        ),
        HostileConfiguration(
            "one agent",
            fill("livekit: {url: 'wss://a'}\ntoken_source: {agents: [&a b", "]}") { _ in ",*a" }
        ),
        HostileConfiguration("aliases of aliases", bomb(\.self)),
        HostileConfiguration("aliases of aliases as keys", bomb { "{\($0) : }" }),
        HostileConfiguration(
            "a role for all names",
            fill("rooms: {open_role: r0}\nroles:\n r: &r {subscribe: true, publish_sources: [camera]}\n") {
                " r\($0): *r\n"
            }
        ),
        HostileConfiguration(
            "a long key at many places",
            fill("a: &a \(String(repeating: "k", count: 4_096))\nb: [", "]") { _ in "{*a : }," }
        ),
        HostileConfiguration(
            "a long text at many places",
            fill("livekit: {url: 'wss://a'}\ntoken_source: {agents: [&a \(String(repeating: "k", count: 20_000))", "]}")
            { _ in ",*a" }
        ),
        HostileConfiguration("anchors", fill("a: [", "]") { "&x\($0) y," }),
        HostileConfiguration("directives", fill("", "---\n{}\n") { "%TAG !\($0)! b\n" }),
        HostileConfiguration("brackets", fill("a: ") { _ in "[" }),
        HostileConfiguration("question marks", fill("") { _ in "? " }),
        HostileConfiguration("deep keys", fill("") { String(repeating: " ", count: $0) + "a:\n" }),
        HostileConfiguration("no-break spaces", fill("a: 'b", "'\n\u{A0}c: d") { _ in "\u{A0}: #" }),
        HostileConfiguration("an open quote", fill("a: \"") { _ in "b\n\n" }),
        HostileConfiguration("comments", fill("") { _ in "# \n" }, isTaken: true),
        HostileConfiguration("line breaks", fill("") { _ in "\n" }, isTaken: true),
        HostileConfiguration("one word", fill("") { _ in "a" }),
        HostileConfiguration("a long duration", fill("token: {ttl: ", "}") { _ in "9" }),
        HostileConfiguration("a long number", fill("workers: ") { _ in "9" }),
        HostileConfiguration("a long URL", fill("livekit: {url: 'wss://", "'}") { _ in "a" }, isTaken: true),
        HostileConfiguration("a long path", fill("listen: /") { _ in "a" }),
        HostileConfiguration("placeholders", fill("listen: '", "'") { _ in "${a" }),
        HostileConfiguration("a long pattern", fill("rooms: {pattern: '", "'}") { _ in "a" }),
        HostileConfiguration(
            "a pattern of counts",
            "rooms: {pattern: '\(String(repeating: "(", count: 30))a\(String(repeating: "{0,255})", count: 30))'}"
        ),
        HostileConfiguration(
            "a pattern of stars",
            "rooms: {pattern: '\(String(repeating: "(", count: 80))a\(String(repeating: "*)", count: 80))'}",
            isTaken: true
        ),
        HostileConfiguration(
            "a pattern of parentheses",
            "rooms: {pattern: '\(String(repeating: "(", count: 127))aa\(String(repeating: ")", count: 127))'}",
            isTaken: true
        ),
    ]
}

@Suite struct `A configuration that is made to take long` {
    /// Each node is one step of each reader of it, and each look-up of a user asks other machines.
    @Test(arguments: HostileConfiguration.all)
    func `has bounded nodes, look-ups and words`(hostile: HostileConfiguration) throws {
        let bytes = Array(hostile.yaml.utf8)
        #expect(bytes.count <= Settings.maximumLength)
        if let root = try? YAMLNode(parsing: bytes) {
            #expect(count(root) <= YAMLNode.maximumCount)
        }
        let system = StubSystem()
        do throws(ConfigurationError) {
            let settings = try Settings(yaml: bytes, file: "config.yaml", on: system)
            #expect(hostile.isTaken)
            #expect(settings.rooms.ids.pattern.positions <= RoomPattern.maximumPositions)
        } catch {
            #expect(!hostile.isTaken, "\(error.message)")
            #expect(error.message.utf8.count < 8_192, "\(error.message.utf8.count) bytes")
        }
        #expect(system.lookUps <= ProcessSettings.maximumPeers, "\(system.lookUps) look-ups")
    }

    private func count(_ node: YAMLNode) -> Int {
        switch node.content {
        case .scalar: 1
        case .sequence(let elements): elements.reduce(1) { $0 + count($1) }
        case .mapping(let pairs): pairs.reduce(1) { $0 + count($1.key) + count($1.value) }
        }
    }

    @Test func `may have 64 peers and no more`() throws {
        func yaml(_ count: Int) -> String {
            "peers: [\((0..<count).map { String($0 + 1000) }.joined(separator: ", "))]"
        }
        #expect(try settings(yaml(64)).process.peers.count == 65)
        let error = try #require(throws: ConfigurationError.self) { try settings(yaml(65)) }
        #expect(error.message == "config.yaml:1: peers lists 65 users; it may list 64")
    }
}
