import Testing

/// A configuration that is refused, and what its one line says.
struct BrokenConfiguration: CustomTestStringConvertible {
    let yaml: String
    /// Where the line begins.
    let place: String
    /// Words that the rest of it has: what is wrong, what would be right.
    let words: [String]

    var testDescription: String { yaml }

    init(_ yaml: String, _ place: String, _ words: String...) {
        self.init(yaml, place, words)
    }

    init(_ yaml: String, _ place: String, _ words: [String]) {
        self.yaml = yaml
        self.place = place
        self.words = words
    }

    static let all = [
        BrokenConfiguration("lisen: /x", "config.yaml:1: lisen", "unknown: write listen;", "listen, workers"),
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
        BrokenConfiguration("listen: [a]", "config.yaml:1: listen", "string"),
        BrokenConfiguration("listen: ~", "config.yaml:1: listen", "string"),
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
        BrokenConfiguration("rooms: {pattern: '['}", "config.yaml:1: rooms.pattern", "regular expression", "]"),
        BrokenConfiguration(
            "rooms: {pattern: '((a{0,255}){0,255}){0,9}'}",
            "config.yaml:1: rooms.pattern",
            "585,225 positions",
            "512"
        ),
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
        BrokenConfiguration("sessions: {source: ldap}", "config.yaml:1: sessions.source", "directory, jwt"),
        BrokenConfiguration("sessions: {source: jwt}", "config.yaml:1: sessions.jwt", "missing", "issuer, audience"),
        BrokenConfiguration("directory: {url: /x}", "config.yaml:1: directory.url", "sqlite:", "absolute path"),
        BrokenConfiguration("directory: {url: 'sqlite:x.db'}", "config.yaml:1: directory.url", "absolute path"),
        BrokenConfiguration("directory: {url: 'mysql://x'}", "config.yaml:1: directory.url", "sqlite:"),
        BrokenConfiguration("peers: [4294967295]", "config.yaml:1: peers", "4294967295", "does not have", "number"),
        BrokenConfiguration("peers: [-1]", "config.yaml:1: peers", "-1", "does not have"),
        BrokenConfiguration("peers:\n  - no-such-user", "config.yaml:2: peers", "no-such-user", "does not have"),
        BrokenConfiguration("http: {unauthenticated_status: 404}", "config.yaml:1: http.unauthenticated_status", "401"),
        BrokenConfiguration("audit: {file: audit.log}", "config.yaml:1: audit.file", "absolute path"),
        BrokenConfiguration("livekit: {url: livekit.example.com}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {url: 'wss://user@x'}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {key_file: ''}", "config.yaml:1: livekit.key_file", "empty"),
        BrokenConfiguration(#"livekit: {key_file: "a\0b"}"#, "config.yaml:1: livekit.key_file", "U+0000"),
        BrokenConfiguration("token: {ttl: 5m, ttl: 6m}", "config.yaml:1: token.ttl", "twice"),
        BrokenConfiguration("workers: 100000", "config.yaml:1: workers", "0 to 256"),
        BrokenConfiguration("workers: 2.5", "config.yaml:1: workers", "whole number"),
        BrokenConfiguration(
            "token: {min_ttl: 10m, ttl: 10m, max_ttl: 5m}",
            "config.yaml:1: token",
            "min_ttl ≤ ttl ≤ max_ttl",
            "10m, 10m, 5m"
        ),
        BrokenConfiguration("token: {ttl: 0}", "config.yaml:1: token.ttl", "0s", "10s"),
        BrokenConfiguration("token: {ttl: 5min}", "config.yaml:1: token.ttl", "duration", "5m"),
        BrokenConfiguration("token: {ttl: 99999999999999999999h}", "config.yaml:1: token.ttl", "duration"),
        BrokenConfiguration(
            "rooms: {open_role: viewer}\nroles: {host: {publish: true}}",
            "config.yaml:1: rooms.open_role",
            "viewer",
            "roles are host"
        ),
        BrokenConfiguration("roles: {viewer: yes}", "config.yaml:1: roles.viewer", "mapping"),
        BrokenConfiguration("roles: {a: {room_list: true}}", "config.yaml:1: roles.a.room_list", "no role may have"),
        BrokenConfiguration("roles: {a: {ingress_admin: true}}", "config.yaml:1: roles.a.ingress_admin", "no role may"),
        BrokenConfiguration(
            "roles: {a: {destination_room: x}}",
            "config.yaml:1: roles.a.destination_room",
            "no role may have"
        ),
        BrokenConfiguration("livekit: {url: 'ftp://livekit.example.com'}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {url: 'wss://'}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("livekit: {url: 'wss://a b'}", "config.yaml:1: livekit.url", "wss://"),
        BrokenConfiguration("directory: {url: 'sqlite:'}", "config.yaml:1: directory.url", "sqlite:", "absolute path"),
        BrokenConfiguration(
            "directory: {url: directory.sqlite}",
            "config.yaml:1: directory.url",
            "sqlite:",
            "absolute path"
        ),
    ]
}
