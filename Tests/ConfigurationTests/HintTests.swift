import Configuration
import Foundation
import RoomAccess
import Testing

@Suite struct `An error of a configuration` {
    private func message(_ yaml: String, variables: [String: String] = [:]) throws -> String {
        try #require(throws: ConfigurationError.self) { try settings(yaml, variables: variables) }.message
    }

    private static let secret =
        "a secret has no place here; write it as a line `APIkey: secret` into the file that livekit.key_file names"
    private static let server = "it belongs in the configuration of livekit-server; remove it here"

    /// What people paste from other files, or spell as LiveKit does.
    @Test(arguments: [
        ("livekit: {api_secret: x}", "livekit.api_secret", secret), ("livekit: {secret: x}", "livekit.secret", secret),
        ("keys: {APIx: y}", "keys", secret), ("livekit: {keys: {APIx: y}}", "livekit.keys", secret),
        ("LIVEKIT_API_SECRET: x", "LIVEKIT_API_SECRET", secret),
        ("port: 7880", "port", "listen names a socket, and a web server in front has the port"),
        ("rtc: {tcp_port: 7881}", "rtc", server), ("redis: {}", "redis", server), ("turn: {}", "turn", server),
        ("log_level: info", "log_level", "there is one log, without levels; audit.file names a file for it"),
        ("logging: {level: debug}", "logging", "there is one log, without levels; audit.file names a file for it"),
        ("roles: {a: {canPublish: true}}", "roles.a.canPublish", "write publish"),
        ("roles: {a: {can_publish_data: true}}", "roles.a.can_publish_data", "write data"),
        ("roles: {a: {canPublishSources: []}}", "roles.a.canPublishSources", "write publish_sources"),
        ("roles: {a: {canUpdateOwnMetadata: true}}", "roles.a.canUpdateOwnMetadata", "write update_own_metadata"),
        ("roles: {a: {roomAdmin: true}}", "roles.a.roomAdmin", "write room_admin"),
        (
            "roles: {a: {roomJoin: true}}", "roles.a.roomJoin",
            "write nothing for it, as every role may join its room"
        ),
        ("roles: {a: {publsh: true}}", "roles.a.publsh", "write publish"),
        ("sessions: {source: jwt, jwt: {iss: x}}", "sessions.jwt.iss", "write issuer"),
        ("sessions: {source: jwt, jwt: {jwks_uri: x}}", "sessions.jwt.jwks_uri", "write key_set_url"),
        ("sessions: {source: jwt, jwt: [{audiense: x}]}", "sessions.jwt[1].audiense", "write audience"),
        ("sessions: {source: jwt, jwt: {claims: {id: x}}}", "sessions.jwt.claims.id", "write user"),
        ("rooms: {templates: [{match: a, roles: [b]}]}", "rooms.templates[1].roles", "write role"),
        ("memberships: {source: claims, claims: x}", "memberships.claims", "write claim"),
        ("sessions: {issuer: x}", "sessions.issuer", "it belongs in sessions.jwt"),
        ("max_age: 7d", "max_age", "it belongs in sessions.jwt"),
        ("livekit: {keyFile: x}", "livekit.keyFile", "write key_file"),
        ("livekit: {key-file: x}", "livekit.key-file", "write key_file"),
        ("key_file: x", "key_file", "it belongs in livekit"), ("ttl: 5m", "ttl", "it belongs in token"),
        ("livekit: {ttl: 5m}", "livekit.ttl", "it belongs in token"), ("workres: 2", "workres", "write workers"),
        ("Listen: /x", "Listen", "write listen"),
        ("agent_deployments: [a]", "agent_deployments", "it belongs in token_source"),
        ("url: wss://a", "url", "it belongs in livekit or directory"),
        ("livekit: {file: x}", "livekit.file", "write key_file"),
        ("http: {status: 403}", "http.status", "write unauthenticated_status"),
        ("livekit: {peers: [a]}", "livekit.peers", "it belongs outside of livekit, at the start of a line"),
        ("subscribe: true", "subscribe", "it belongs in a role, such as roles.speaker"),
        ("gate: {enabled: true}", "gate.enabled", "a gate with keys is on; remove this one"),
        ("gate: {grant: strict}", "gate.grant", "write grants"), ("grants: strict", "grants", "it belongs in gate"),
    ])
    func `says which key is meant`(yaml: String, key: String, hint: String) throws {
        let message = try message(yaml)
        #expect(message.hasPrefix("config.yaml:1: \(key) is unknown: \(hint); known here: "), "\(message)")
    }

    /// The keys that a mapping may have, as the error for an unknown one lists them.
    private func known(_ yaml: String) throws -> [String] {
        let message = try message(yaml)
        guard message.contains("unheard_of is unknown") else { return [] }
        return try #require(message.components(separatedBy: "known here: ").last).components(separatedBy: ", ")
    }

    /// A configuration that has one key with a mapping in a section; the section "" is outside of all others.
    private func configuration(_ section: String, _ key: String) -> String {
        // A pattern that is read quickly.
        let rooms = "rooms: {pattern: x}\n"
        return switch section {
        case "": rooms + "\(key): {}"
        case "rooms": "rooms: {pattern: x, \(key): {}}"
        case "roles": rooms + "roles: {speaker: {\(key): {}}}"
        case "token_source": rooms + "livekit: {url: 'wss://a.example'}\ntoken_source: {\(key): {}}"
        default: rooms + "\(section): {\(key): {}}"
        }
    }

    @Test func `says of every key where it belongs, wherever else it stands`() throws {
        var keys = ["": try known(configuration("", "unheard_of"))]
        for section in try #require(keys[""]) {
            let below = try known(configuration(section, "unheard_of"))
            if !below.isEmpty { keys[section] = below }
        }
        #expect(keys.count == 12 && keys.values.allSatisfy { !$0.isEmpty })
        for (home, names) in keys {
            // `rooms` is a section, and a key of memberships too: elsewhere the section is meant.
            for name in names where home.isEmpty || keys[""]?.contains(name) == false {
                for (section, others) in keys where !others.contains(name) {
                    let message = try message(configuration(section, name))
                    let words = message.components(separatedBy: " is unknown: ").last ?? ""
                    let hint = words.components(separatedBy: "; known here: ")[0]
                    let place = section == "roles" ? "roles.speaker" : section
                    let isSaid =
                        switch home {
                        case "": hint == "it belongs outside of \(place), at the start of a line"
                        case "roles": hint == "it belongs in a role, such as roles.speaker"
                        default: hint.components(separatedBy: " ").contains(home)
                        }
                    // A key whose last word it is comes first: `file` in livekit is key_file.
                    let closer = others.filter { !section.isEmpty && $0.hasSuffix("_\(name)") }.map { "write \($0)" }
                    #expect(isSaid || closer.contains(hint), "\(name) of \(home) in \(section): \(hint)")
                }
            }
        }
    }

    @Test(arguments: ["quality: 1", "livekit: {timeout: 1}", "\"\(String(repeating: "listen", count: 8))\": 1", "é: 1"])
    func `guesses no key where none is near`(yaml: String) throws {
        #expect(try message(yaml).contains(" is unknown; known here: "))
    }

    @Test(arguments: [
        ("livekit: {url: '${LIVEKIT_URL}'}", "livekit.url has ${LIVEKIT_URL}"),
        ("livekit: {url: $LIVEKIT_URL}", "livekit.url has $LIVEKIT_URL"),
        ("livekit: {url: 'wss://${HOST:-localhost}'}", "livekit.url has ${HOST:-localhost}"),
        ("livekit: {url: 'wss://{{ domain }}/'}", "livekit.url has {{ domain }}"),
        ("workers: ${WORKERS}", "workers has ${WORKERS}"),
        ("development: $DEVELOPMENT", "development has $DEVELOPMENT"),
        ("token: {ttl: '${TTL}'}", "token.ttl has ${TTL}"), ("peers: [\"${USER}\"]", "peers has ${USER}"),
        ("rooms: {pattern: '${PATTERN}'}", "rooms.pattern has ${PATTERN}"), ("token: ${TOKEN}", "token has ${TOKEN}"),
        ("audit: {file: '${LOGS}/audit.log'}", "audit.file has ${LOGS}"),
    ])
    func `names a variable that was to be filled in`(yaml: String, words: String) throws {
        let message = try message(yaml)
        #expect(
            message == "config.yaml:1: \(words), and variables are not expanded here; write the value itself",
            "\(message)"
        )
    }

    @Test func `names no variable where there is none`() throws {
        #expect(try settings("rooms: {pattern: '[$a]+[{}]*'}").rooms.ids.source == "[$a]+[{}]*")
        #expect(try settings("livekit: {url: 'wss://a.example/$x'}").liveKit.url == "wss://a.example/$x")
        #expect(try message("", variables: ["LIVEKIT_URL": "wss://${HOST}"]).hasPrefix("LIVEKIT_URL must be"))
    }

    /// To the system a NUL ends a path or a name.
    @Test(arguments: [
        ("listen: \"/run/x\\0y\"", "listen", "U+0000"), ("audit: {file: \"/x\\0y\"}", "audit.file", "U+0000"),
        ("directory: {url: \"sqlite:/x\\0y\"}", "directory.url", "U+0000"),
        ("livekit: {key_file: \"keys.yaml\\0x\"}", "livekit.key_file", "U+0000"),
        ("livekit: {key_file: \"keys\\n.yaml\"}", "livekit.key_file", "U+000A"),
        ("livekit: {api_key: \"API\\e[2J\"}", "livekit.api_key", "U+001B"),
        ("peers: [\"www-data\\0x\"]", "peers", "U+0000"),
        ("directory: {url: \"sqlite:/x\\x7F\"}", "directory.url", "U+007F"),
        ("rooms: {open_role: \"viewer\\0\"}", "rooms.open_role", "U+0000"),
    ])
    func `names a control character in a path or a name`(yaml: String, key: String, character: String) throws {
        #expect(try message(yaml) == "config.yaml:1: \(key) has the control character \(character); remove it")
    }

    @Test(arguments: [
        ("listen: x.sock", "listen must be the absolute path of a file, such as /run/livekit-tokend.sock"),
        (
            "audit: {file: x.log}",
            "audit.file must be the absolute path of a file, such as /var/lib/livekit-tokend/audit.log"
        ),
        (
            "directory: {url: 'sqlite:x.sqlite'}",
            "directory.url must be sqlite: and the absolute path of a file, such as "
                + "sqlite:/var/lib/livekit-tokend/directory.sqlite, or none"
        ),
    ])
    func `shows an absolute path where one is relative`(yaml: String, words: String) throws {
        #expect(try message(yaml) == "config.yaml:1: \(words)")
    }

    @Test func `lists twenty of many names`() throws {
        let roles = (0..<30).map { "r\($0 + 10): {}" }.joined(separator: ", ")
        let message = try message("roles: {\(roles)}")
        #expect(
            message.hasSuffix(
                "is viewer, which is not a role; the roles are "
                    + (10..<30).map { "r\($0)" }.joined(separator: ", ") + " and 10 more"
            ),
            "\(message)"
        )
    }
}
