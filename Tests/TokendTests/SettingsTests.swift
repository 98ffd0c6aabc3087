import Glibc
import LiveKitToken
import StrictJSON
import Testing
import TokenEndpoint

@testable import livekit_tokend

/// Reads a configuration with nothing in the environment.
private func settings(_ yaml: String, environment: [String: String] = [:]) throws(Failure) -> Settings {
    try Settings(yaml: yaml, file: "config.yaml", environment: { environment[$0] })
}

extension Settings {
    /// Reads a configuration that a test writes down.
    init(yaml: String, file: String, environment: (String) -> String?) throws(Failure) {
        try self.init(yaml: Array(yaml.utf8), file: file, environment: environment)
    }
}

@Suite struct `A configuration` {
    @Test(arguments: ["", "# nothing but a comment\n", "{}"])
    func `may say nothing, and every default holds`(yaml: String) throws {
        let settings = try settings(yaml)
        #expect(settings.listenPath == "/run/livekit-tokend.sock")
        #expect(settings.workers >= 4)
        #expect(settings.directoryPath == "/var/lib/livekit-tokend/directory.sqlite")
        #expect(settings.token.lifetime == 300)
        #expect(settings.token.bounds == 60...3600)
        #expect(settings.token.identity == .user)
        #expect(settings.unauthenticatedStatus == 403)
        #expect(settings.auditPath == nil)
        #expect(!settings.isDevelopment)
        #expect(settings.peers.last?.user == geteuid())
        #expect(settings.join.openRole == Identifier("viewer"))
        #expect(Set(settings.roles.keys.map(\.description)) == ["host", "speaker", "viewer"])
    }

    @Test func `says all that design and example say`() throws {
        let settings = try settings(
            """
            listen: /tmp/tokend.sock
            workers: 6
            livekit: {url: 'wss://livekit.example.com', key_file: livekit-keys.yaml, api_key: APIabc}
            token: {ttl: 10m, min_ttl: 90, max_ttl: 2h, identity: session}
            rooms: {pattern: '[a-z]+', open_role: guest}
            roles:
              guest: {publish: true, publish_sources: [microphone], subscribe: true}
              boss: {publish: true, subscribe: true, data: true, update_own_metadata: true, room_admin: true}
            sessions: {source: directory}
            directory: {url: 'sqlite:/tmp/directory.sqlite'}
            peers: [root]
            http: {unauthenticated_status: 401}
            audit: {file: '/tmp/audit.log'}
            development: true
            """
        )
        #expect(settings.listenPath == "/tmp/tokend.sock")
        #expect(settings.workers == 6)
        #expect(settings.liveKitURL == "wss://livekit.example.com")
        #expect(settings.keySource.id == "APIabc")
        #expect(settings.token.lifetime == 600)
        #expect(settings.token.bounds == 90...7200)
        #expect(settings.token.identity == .session)
        #expect(settings.ids.identifier("stage") != nil)
        #expect(settings.ids.identifier("Stage") == nil)
        #expect(settings.directoryPath == "/tmp/directory.sqlite")
        #expect(settings.peers.first == Settings.Peer(name: "root", user: 0, group: 0))
        #expect(settings.unauthenticatedStatus == 401)
        #expect(settings.auditPath == "/tmp/audit.log")
        #expect(settings.isDevelopment)
        #expect(
            settings.roles == [
                try #require(Identifier("guest")): Permissions(publishing: .only([.microphone]), subscribe: true),
                try #require(Identifier("boss")): Permissions(
                    publishing: .anything,
                    subscribe: true,
                    publishData: true,
                    updateOwnMetadata: true,
                    roomAdmin: true
                ),
            ]
        )
    }

    @Test func `finds its key file beside itself, or among the credentials of systemd`() throws {
        let yaml = "livekit: {key_file: keys.yaml}"
        #expect(try Settings(yaml: yaml, file: "/etc/x/config.yaml") { _ in nil }.keySource.path == "/etc/x/keys.yaml")
        #expect(
            try settings(yaml, environment: ["CREDENTIALS_DIRECTORY": "/run/credentials/x"]).keySource.path
                == "/run/credentials/x/keys.yaml"
        )
        #expect(try settings("livekit: {key_file: /srv/keys.yaml}").keySource.path == "/srv/keys.yaml")
    }

    @Test func `is overridden by LIVEKIT_URL`() throws {
        let yaml = "livekit: {url: 'wss://file.example.com'}"
        #expect(
            try settings(yaml, environment: ["LIVEKIT_URL": "ws://127.0.0.1:7880"]).liveKitURL == "ws://127.0.0.1:7880"
        )
        #expect(throws: Failure.self) { try settings(yaml, environment: ["LIVEKIT_URL": "livekit"]) }
    }
}

/// A configuration that must not start anything, and what its one line must say.
struct BrokenConfiguration: CustomTestStringConvertible {
    let yaml: String
    /// Where the line begins.
    let place: String
    /// Words that the rest of it has: what is wrong, what would be right.
    let words: [String]

    var testDescription: String { yaml }

    init(_ yaml: String, _ place: String, _ words: String...) {
        self.yaml = yaml
        self.place = place
        self.words = words
    }

    static let all = [
        BrokenConfiguration("lisen: /x", "config.yaml:1: lisen", "unknown", "listen, workers"),
        // Found by fuzzing: what is quoted could end the line.
        BrokenConfiguration(#"{"a\nb": 1}"#, "config.yaml:1: a?b", "unknown"),
        BrokenConfiguration(#"{"a\e[2J\L": 1}"#, "config.yaml:1: a?[2J?", "unknown"),
        BrokenConfiguration("workers: 1\ntoken: {tll: 5m}", "config.yaml:2: token.tll", "unknown", "ttl, min_ttl"),
        BrokenConfiguration("livekit: {secret: x}", "config.yaml:1: livekit.secret", "unknown", "key_file"),
        BrokenConfiguration("roles: {a: {publsh: true}}", "config.yaml:1: roles.a.publsh", "unknown", "publish"),
        BrokenConfiguration("workers: 1\nworkers: 2", "config.yaml:1: workers", "twice"),
        BrokenConfiguration("token:\n  ttl: 5m\n  ttl: 6m", "config.yaml:2: token.ttl", "twice"),
        BrokenConfiguration("roles: {viewer: {}, 1: {}, '1': {}}", "config.yaml:1: roles.1", "twice"),
        BrokenConfiguration("- a\n- b", "config.yaml:1:", "mapping"),
        BrokenConfiguration("just words", "config.yaml:1:", "mapping"),
        BrokenConfiguration("token: [", "config.yaml:", "not YAML"),
        BrokenConfiguration("a: b: c", "config.yaml:1:", "not YAML"),
        BrokenConfiguration("token: 5m", "config.yaml:1: token", "mapping"),
        BrokenConfiguration("workers: many", "config.yaml:1: workers", "whole number"),
        BrokenConfiguration("workers: '4'", "config.yaml:1: workers", "whole number"),
        BrokenConfiguration("workers: -1", "config.yaml:1: workers", "0 to 256"),
        BrokenConfiguration("workers: 4.0", "config.yaml:1: workers", "whole number"),
        BrokenConfiguration("workers: 0x10", "config.yaml:1: workers", "whole number"),
        BrokenConfiguration("listen: run/x.sock", "config.yaml:1: listen", "absolute path"),
        BrokenConfiguration("listen: [a]", "config.yaml:1: listen", "text"),
        BrokenConfiguration("listen: ~", "config.yaml:1: listen", "text"),
        BrokenConfiguration("development: yes", "config.yaml:1: development", "true or false"),
        BrokenConfiguration("development: 'true'", "config.yaml:1: development", "true or false"),
        BrokenConfiguration("token: {ttl: soon}", "config.yaml:1: token.ttl", "duration", "5m"),
        BrokenConfiguration("token: {ttl: 5 m}", "config.yaml:1: token.ttl", "duration"),
        BrokenConfiguration("token: {ttl: -5m}", "config.yaml:1: token.ttl", "duration"),
        BrokenConfiguration("token: {ttl: 1.5h}", "config.yaml:1: token.ttl", "duration"),
        BrokenConfiguration("token: {min_ttl: 9s}", "config.yaml:1: token.min_ttl", "9s", "10s"),
        BrokenConfiguration("token: {max_ttl: 25h}", "config.yaml:1: token.max_ttl", "25h", "1d"),
        BrokenConfiguration("token: {max_ttl: 99999999999999999999}", "config.yaml:1: token.max_ttl", "duration"),
        BrokenConfiguration("token: {ttl: 30s}", "config.yaml:1: token", "min_ttl ≤ ttl ≤ max_ttl", "1m, 30s, 1h"),
        BrokenConfiguration("token: {ttl: 2h}", "config.yaml:1: token", "min_ttl ≤ ttl ≤ max_ttl"),
        BrokenConfiguration("token: {min_ttl: 2h}", "config.yaml:1: token", "min_ttl ≤ ttl ≤ max_ttl"),
        BrokenConfiguration("token: {max_ttl: 1m}", "config.yaml:1: token", "min_ttl ≤ ttl ≤ max_ttl"),
        BrokenConfiguration("token: {identity: device}", "config.yaml:1: token.identity", "user, session, token"),
        BrokenConfiguration("rooms: {pattern: '['}", "config.yaml:1: rooms.pattern", "regular expression"),
        BrokenConfiguration("rooms: {pattern: ''}", "config.yaml:1: rooms.pattern", "empty"),
        BrokenConfiguration(#"rooms: {pattern: '\d+'}"#, "config.yaml:1: rooms.pattern", "[0-9]"),
        BrokenConfiguration(#"rooms: {pattern: '[\d]+'}"#, "config.yaml:1: rooms.pattern", "[0-9]"),
        BrokenConfiguration(#"rooms: {pattern: '\[a**'}"#, "config.yaml:1: rooms.pattern", "two repetitions"),
        BrokenConfiguration("rooms: {pattern: '[a*+]**'}", "config.yaml:1: rooms.pattern", "two repetitions"),
        BrokenConfiguration("rooms: {pattern: '(?i)a'}", "config.yaml:1: rooms.pattern", "POSIX"),
        BrokenConfiguration("rooms: {pattern: 'a)|(b'}", "config.yaml:1: rooms.pattern", "without a ("),
        BrokenConfiguration("rooms: {pattern: 'ä'}", "config.yaml:1: rooms.pattern", "visible ASCII"),
        BrokenConfiguration("rooms: {open_role: boss}", "config.yaml:1: rooms.open_role", "host, speaker, viewer"),
        BrokenConfiguration("roles: {a: {}}", "config.yaml:1: rooms.open_role", "viewer", "roles are a"),
        BrokenConfiguration("roles: {}", "config.yaml:1: roles", "no role"),
        BrokenConfiguration("roles: {'a b': {}}", "config.yaml:1: roles.a b", "visible ASCII"),
        BrokenConfiguration(
            "roles: {a: {room_create: true}}",
            "config.yaml:1: roles.a.room_create",
            "no role may have"
        ),
        BrokenConfiguration("roles: {a: {roomCreate: false}}", "config.yaml:1: roles.a.roomCreate", "no role may have"),
        BrokenConfiguration("roles: {a: {roomList: true}}", "config.yaml:1: roles.a.roomList", "no role may have"),
        BrokenConfiguration(
            "roles: {a: {room_record: true}}",
            "config.yaml:1: roles.a.room_record",
            "no role may have"
        ),
        BrokenConfiguration("roles: {a: {ingressAdmin: true}}", "config.yaml:1: roles.a.ingressAdmin", "no role may"),
        BrokenConfiguration("roles: {a: {hidden: true}}", "config.yaml:1: roles.a.hidden", "no role may have"),
        BrokenConfiguration("roles: {a: {recorder: true}}", "config.yaml:1: roles.a.recorder", "no role may have"),
        BrokenConfiguration("roles: {a: {agent: true}}", "config.yaml:1: roles.a.agent", "no role may have"),
        BrokenConfiguration(
            "roles: {a: {destinationRoom: x}}",
            "config.yaml:1: roles.a.destinationRoom",
            "no role may"
        ),
        BrokenConfiguration(
            "roles: {a: {publish: true, publish_sources: [mic]}}",
            "config.yaml:1: roles.a.publish_sources",
            "camera, microphone"
        ),
        BrokenConfiguration(
            "roles: {a: {publish: false, publish_sources: [camera]}}",
            "config.yaml:1: roles.a.publish_sources",
            "publish is false"
        ),
        BrokenConfiguration(
            "roles: {a: {publish_sources: []}}",
            "config.yaml:1: roles.a.publish_sources",
            "publish: false"
        ),
        BrokenConfiguration("sessions: {source: jwt}", "config.yaml:1: sessions.source", "directory"),
        BrokenConfiguration("directory: {url: /x}", "config.yaml:1: directory.url", "sqlite:", "absolute path"),
        BrokenConfiguration("directory: {url: 'sqlite:x.db'}", "config.yaml:1: directory.url", "absolute path"),
        BrokenConfiguration("directory: {url: 'mysql://x'}", "config.yaml:1: directory.url", "sqlite:"),
        BrokenConfiguration("peers: www-data", "config.yaml:1: peers", "list"),
        BrokenConfiguration("peers:\n  - no-such-user", "config.yaml:2: peers", "no-such-user", "does not have"),
        BrokenConfiguration("http: {unauthenticated_status: 404}", "config.yaml:1: http.unauthenticated_status", "401"),
        BrokenConfiguration("audit: {file: audit.log}", "config.yaml:1: audit.file", "absolute path"),
        BrokenConfiguration("livekit: {url: livekit.example.com}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {url: 'wss://user@x'}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {key_file: ''}", "config.yaml:1: livekit.key_file", "empty"),
    ]
}

@Suite struct `A configuration that cannot be right` {
    @Test(arguments: BrokenConfiguration.all)
    func `is refused with its place, what is wrong and what would be right`(broken: BrokenConfiguration) throws {
        let failure = try #require(throws: Failure.self) { try settings(broken.yaml) }
        #expect(failure.status == .configuration)
        #expect(failure.message.hasPrefix(broken.place), "\(failure.message)")
        for word in broken.words { #expect(failure.message.contains(word), "\(failure.message)") }
        #expect(!failure.message.contains("\n"))
    }

    @Test func `is refused if it is not there, or is no file, or too long, or not UTF-8`() throws {
        let path = "/tmp/tokend-settings-\(getpid())"
        defer { unsafe unlink(path) }
        func load(_ path: String) throws -> Failure {
            try #require(throws: Failure.self) { try Settings.load(from: path) }
        }
        #expect(try load("/no/such/file").message.contains("--config FILE"))
        #expect(try load("/tmp").status == .configuration)
        try write(Array(repeating: UInt8(ascii: "#"), count: 70_000), to: path)
        #expect(try load(path).message.contains("65536"))
        try write([0xFF, 0xFE], to: path)
        #expect(try load(path).message.contains("UTF-8"))
    }
}

/// Makes a file for a test.
func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws {
    _ = unsafe unlink(path)
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    _ = fchmod(descriptor, mode)
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    try #require(count == bytes.count)
}
