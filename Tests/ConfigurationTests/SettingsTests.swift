import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// Reads a configuration on a machine with these variables.
func settings(_ yaml: String, variables: [String: String] = [:]) throws(ConfigurationError) -> Settings {
    try Settings(yaml: Array(yaml.utf8), file: "config.yaml", on: StubSystem(variables: variables))
}

@Suite struct `A configuration` {
    @Test(arguments: ["", "# nothing but a comment\n", "{}"])
    func `may be empty, and every default holds`(yaml: String) throws {
        let settings = try settings(yaml)
        #expect(settings.process.listenPath == "/run/livekit-tokend.sock")
        #expect(settings.process.workers == 6)
        #expect(
            settings.process.peers == [
                Peer(name: "www-data", user: 33, group: 34), Peer(name: "", user: 990, group: 991),
            ]
        )
        #expect(!settings.process.isDevelopment)
        #expect(settings.liveKit.url == nil)
        #expect(settings.token.lifetime == 300)
        #expect(settings.token.minimumLifetime == 60)
        #expect(settings.token.maximumLifetime == 3600)
        #expect(settings.token.identity == .user)
        #expect(settings.rooms.ids.source == "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
        #expect(settings.rooms.join.openRole == Identifier("viewer"))
        #expect(Set(settings.rooms.roles.keys.map(\.description)) == ["host", "speaker", "viewer"])
        #expect(settings.sessions.source == .directory)
        #expect(settings.directory.url == .sqlite(path: "/var/lib/livekit-tokend/directory.sqlite"))
        #expect(settings.http.unauthenticatedStatus == 403)
        #expect(settings.audit.path == nil)
    }

    @Test(arguments: [(1, 4), (2, 4), (3, 6), (8, 16)])
    func `has two workers for each processor, and at least four`(processors: Int, workers: Int) {
        #expect(Defaults.workers(processors: processors) == workers)
    }

    @Test func `may set every key`() throws {
        let settings = try settings(
            """
            listen: /tmp/tokend.sock
            workers: 6
            livekit: {url: 'wss://livekit.example.com', key_file: livekit-keys.yaml, api_key: APIabc}
            token: {ttl: 10m, min_ttl: 90, max_ttl: 2h, identity: session}
            rooms: {pattern: '[a-z]+', open_role: guest}
            roles:
              guest: {publish: true, publish_sources: [microphone], subscribe: true}
              boss: {publish: true, subscribe: true, data: true, update_own_metadata: true, room_admin: true,
                     anytime: true}
            sessions: {source: directory}
            directory: {url: 'sqlite:/tmp/directory.sqlite'}
            peers: [root]
            http: {unauthenticated_status: 401}
            audit: {file: '/tmp/audit.log'}
            development: true
            """
        )
        #expect(settings.process.listenPath == "/tmp/tokend.sock")
        #expect(settings.process.workers == 6)
        #expect(settings.liveKit.url == "wss://livekit.example.com")
        #expect(settings.liveKit.keySource.id == "APIabc")
        #expect(settings.token.lifetime == 600)
        #expect(settings.token.minimumLifetime == 90)
        #expect(settings.token.maximumLifetime == 7200)
        #expect(settings.token.identity == .session)
        #expect(settings.rooms.ids.source == "[a-z]+")
        #expect(settings.rooms.join.openRole == Identifier("guest"))
        #expect(settings.directory.url == .sqlite(path: "/tmp/directory.sqlite"))
        #expect(settings.process.peers.first == Peer(name: "root", user: 0, group: 0))
        #expect(settings.http.unauthenticatedStatus == 401)
        #expect(settings.audit.path == "/tmp/audit.log")
        #expect(settings.process.isDevelopment)
        #expect(
            settings.rooms.roles == [
                id("guest"): Role(Permissions(publishing: .only([.microphone]), subscribe: true)),
                id("boss"): Role(
                    Permissions(
                        publishing: .anything,
                        subscribe: true,
                        publishData: true,
                        updateOwnMetadata: true,
                        roomAdmin: true
                    ),
                    anytime: true
                ),
            ]
        )
    }

    @Test func `finds its key file beside itself, or among the credentials of systemd`() throws {
        let yaml = "livekit: {key_file: keys.yaml}"
        let besides = try Settings(yaml: Array(yaml.utf8), file: "/etc/x/config.yaml", on: StubSystem())
        #expect(besides.liveKit.keySource.path == "/etc/x/keys.yaml")
        let credential = try settings(yaml, variables: ["CREDENTIALS_DIRECTORY": "/run/credentials/x"])
        #expect(credential.liveKit.keySource.path == "/run/credentials/x/keys.yaml")
        #expect(try settings("livekit: {key_file: /srv/keys.yaml}").liveKit.keySource.path == "/srv/keys.yaml")
    }

    @Test func `is overridden by LIVEKIT_URL`() throws {
        let yaml = "livekit: {url: 'wss://file.example.com'}"
        #expect(
            try settings(yaml, variables: ["LIVEKIT_URL": "ws://127.0.0.1:7880"]).liveKit.url == "ws://127.0.0.1:7880"
        )
        let error = try #require(throws: ConfigurationError.self) {
            try settings(yaml, variables: ["LIVEKIT_URL": "livekit"])
        }
        #expect(error.message.contains("LIVEKIT_URL") && error.message.contains("wss://"), "\(error.message)")
    }

    @Test func `has peers by name, and leaves out a default one that the machine has not`() throws {
        #expect(try settings("peers: []").process.peers.map(\.user) == [990])
        #expect(try settings("peers: [root, www-data]").process.peers.map(\.user) == [0, 33, 990])
    }

    @Test func `has each of its peers once, whatever they are called, and its own user last`() throws {
        #expect(try settings("peers: [33, www-data, 990, root, '0']").process.peers.map(\.user) == [33, 0, 990])
        #expect(try settings("peers: [990]").process.peers == settings("peers: []").process.peers)
    }

    /// The web server in a container of its own has a user that this machine's passwd lacks.
    @Test func `has peers by number, also of users that the machine has not`() throws {
        let peers = try settings("peers: [33, 101, 4294967294]").process.peers
        #expect(
            peers == [
                Peer(name: "33", user: 33, group: 34), Peer(name: "101", user: 101, group: nil),
                Peer(name: "4294967294", user: 4_294_967_294, group: nil), Peer(name: "", user: 990, group: 991),
            ]
        )
    }

    @Test func `may begin with a byte order mark, as editors on Windows write it`() throws {
        #expect(try settings("\u{FEFF}workers: 7\r\ntoken: {ttl: 2m}\r\n").process.workers == 7)
        let error = try #require(throws: ConfigurationError.self) { try settings("\u{FEFF}worker: 7") }
        #expect(error.message.hasPrefix("config.yaml:1: worker "), "\(error.message)")
    }

    @Test func `has a socket whose path leaves room for the number of a process`() throws {
        let longest = "/" + String(repeating: "x", count: 98)
        #expect(try settings("listen: \(longest)").process.listenPath == longest)
        let error = try #require(throws: ConfigurationError.self) { try settings("listen: \(longest)x") }
        #expect(error.message == "config.yaml:1: listen has 100 bytes; the path of a socket may have 99")
    }
}

@Suite struct `A configuration that cannot be right` {
    @Test(arguments: BrokenConfiguration.all)
    func `is refused with its place, what is wrong and what would be right`(broken: BrokenConfiguration) throws {
        let error = try #require(throws: ConfigurationError.self) { try settings(broken.yaml) }
        #expect(error.message.hasPrefix(broken.place), "\(error.message)")
        for word in broken.words { #expect(error.message.contains(word), "\(error.message)") }
        #expect(!error.message.contains("\n"))
    }
}

@Suite struct `The file of a configuration` {
    private func error(_ path: String, _ files: [String: StubSystem.File] = [:]) throws -> ConfigurationError {
        try #require(throws: ConfigurationError.self) {
            try Settings(contentsOf: path, on: StubSystem(files: files))
        }
    }

    @Test func `is read through symbolic links, and may belong to any user`() throws {
        let link = FileAttributes(path: "a", kind: .link, owner: 1000, group: 1000, permissions: 0o777)
        let judged = StubSystem.File.judged(Array("workers: 7".utf8), [link])
        #expect(try Settings(contentsOf: "a", on: StubSystem(files: ["a": judged])).process.workers == 7)
        let file = StubSystem.File.regular(Array("workers: 7".utf8), owner: 1000, permissions: 0o666)
        #expect(try Settings(contentsOf: "a", on: StubSystem(files: ["a": file])).process.workers == 7)
    }

    @Test func `is refused if it is missing, not a file, too long, unreadable or not UTF-8`() throws {
        #expect(
            try error("a").message == "a: cannot be read: No such file or directory; name the file with --config FILE"
        )
        #expect(try error("a", ["a": .unreadable(.isNotRegular)]).message == "a: must be a file of at most 65536 bytes")
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: 65_537)
        #expect(try error("a", ["a": .regular(long)]).message == "a: must be a file of at most 65536 bytes")
        _ = try Settings(contentsOf: "a", on: StubSystem(files: ["a": .regular(long.dropLast())]))
        #expect(
            try error("a", ["a": .unreadable(.isDenied)]).message
                == "a: cannot be read by 990: Permission denied; use sudo, or, if the service runs as 990, give it the "
                + "right to read the file and to search the folders above it"
        )
        #expect(
            try error("a", ["a": .unreadable(.failed("Not a directory"))]).message
                == "a: cannot be read: Not a directory; name the file with --config FILE, and see to its disk"
        )
        #expect(try error("a", ["a": .regular([0xFF, 0xFE])]).message.contains("UTF-8"))
    }
}
