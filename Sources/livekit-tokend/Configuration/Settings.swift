import Glibc
import LiveKitToken
import StrictJSON
import TokenEndpoint

/// What the configuration file and the environment settle: checked, complete, and free of secrets.
struct Settings {
    /// Where the configuration is if nobody says otherwise.
    static let defaultPath = "/etc/livekit-tokend/config.yaml"

    /// Where to listen if no listening socket is inherited.
    var listenPath = "/run/livekit-tokend.sock"
    var workers = max(4, 2 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    /// Where clients connect; `nil` if the file does not say.
    var liveKitURL: String?
    var keySource = KeySource(directory: "/etc/livekit-tokend", file: nil, id: nil, isDevelopment: false)
    var token: TokenPolicy
    var ids: IDPattern
    var join: JoinPolicy
    /// The path of the SQLite file.
    var directoryPath = "/var/lib/livekit-tokend/directory.sqlite"
    /// The users whose processes may connect, our own among them.
    var peers: [Peer] = []
    var unauthenticatedStatus = 403
    /// What `POST /livekit/token-source` lets clients set; `nil` if it is off, as the file does not say where they
    /// connect.
    var tokenSource: TokenSourcePolicy?
    /// `nil` for standard output.
    var auditPath: String?
    /// Lets weak secrets through.
    var isDevelopment = false

    var roles: [Identifier: Permissions] { join.roles }

    /// A user whose processes may connect to the socket.
    struct Peer: Equatable {
        let name: String
        let user: UInt32
        let group: UInt32
    }

    /// Reads a file, and what the environment overrides of it.
    ///
    /// - Parameter environment: looks a variable up.
    /// - Throws: `.configuration`, with the file, the line and the key, what is wrong and what would be right.
    static func load(
        from path: String,
        environment: (String) -> String? = Environment.value
    ) throws(Failure) -> Settings {
        let yaml = try ConfigurationFile.read(path)
        return try Settings(yaml: yaml, file: path, environment: environment)
    }

    init(yaml: [UInt8], file: String, environment: (String) -> String?) throws(Failure) {
        let root = try ConfigurationReader(yaml: yaml, file: file)
        token = try Self.tokenPolicy(root.section("token"))
        (ids, join) = try Self.policies(rooms: root.section("rooms"), roles: root.optionalSection("roles"))
        if let path = try Self.absolutePath("listen", of: root) { listenPath = path }
        if let count = try root.integer("workers", in: 0...256), count.value > 0 { workers = count.value }
        isDevelopment = try root.bool("development")?.value ?? false
        try readLiveKit(root.section("livekit"), file: file, environment: environment)
        try readSessions(root.section("sessions"))
        try readDirectory(root.section("directory"))
        peers = try Self.peers(root)
        try readHTTP(root.section("http"))
        tokenSource = try Self.tokenSource(root.optionalSection("token_source"), server: liveKitURL)
        let audit = try root.section("audit")
        auditPath = try Self.absolutePath("file", of: audit)
        try audit.finish()
        try root.finish()
    }

    private mutating func readLiveKit(
        _ section: ConfigurationReader,
        file: String,
        environment: (String) -> String?
    ) throws(Failure) {
        let url = try section.string("url")
        if let url, !Self.isServerURL(url.value) {
            throw section.failure(url, "must be the address of the LiveKit server, such as wss://livekit.example.com")
        }
        liveKitURL = url?.value
        if let override = environment("LIVEKIT_URL") {
            guard Self.isServerURL(override) else {
                throw Failure(.configuration, "LIVEKIT_URL must be an address such as wss://livekit.example.com")
            }
            liveKitURL = override
        }
        let keyFile = try section.string("key_file")
        if let keyFile, keyFile.value.isEmpty { throw section.failure(keyFile, "is empty; name a file") }
        keySource = KeySource(
            directory: environment("CREDENTIALS_DIRECTORY") ?? ConfigurationFile.directory(of: file),
            originalDirectory: ConfigurationFile.directory(of: file),
            file: keyFile?.value,
            id: try section.string("api_key")?.value,
            isDevelopment: isDevelopment
        )
        try section.finish()
    }

    private mutating func readSessions(_ section: ConfigurationReader) throws(Failure) {
        if let source = try section.string("source"), source.value != "directory" {
            throw section.failure(source, "must be directory, the one source of sessions there is")
        }
        try section.finish()
    }

    private mutating func readDirectory(_ section: ConfigurationReader) throws(Failure) {
        if let url = try section.string("url") {
            let path = url.value.dropFirst("sqlite:".count)
            guard url.value.hasPrefix("sqlite:/"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
                throw section.failure(url, "must be sqlite: and an absolute path, such as sqlite:\(directoryPath)")
            }
            directoryPath = String(path)
        }
        try section.finish()
    }

    private mutating func readHTTP(_ section: ConfigurationReader) throws(Failure) {
        if let status = try section.integer("unauthenticated_status", in: 0...999) {
            guard [401, 403].contains(status.value) else { throw section.failure(status, "must be 403 or 401") }
            unauthenticatedStatus = status.value
        }
        try section.finish()
    }

    // MARK: - The parts

    private static func tokenPolicy(_ section: ConfigurationReader) throws(Failure) -> TokenPolicy {
        let limits = TokenPolicy.hardLimits
        func time(_ key: String, default value: Int64) throws(Failure) -> Int64 {
            guard let time = try section.duration(key) else { return value }
            guard limits.contains(time.value) else {
                let (low, high) = (Duration.text(limits.lowerBound), Duration.text(limits.upperBound))
                throw section.failure(time, "is \(Duration.text(time.value)); it must be from \(low) to \(high)")
            }
            return time.value
        }
        let lifetime = try time("ttl", default: 300)
        let shortest = try time("min_ttl", default: 60)
        let longest = try time("max_ttl", default: 3600)
        let identity = try section.string("identity")?.value ?? "user"
        guard let policy = ParticipantIdentity.Policy(rawValue: identity) else {
            let known = ParticipantIdentity.Policy.allCases.map(\.rawValue).joined(separator: ", ")
            throw section.failure(key: "identity", "must be one of \(known)")
        }
        try section.finish()
        guard let token = TokenPolicy(lifetime: lifetime, shortest: shortest, longest: longest, identity: policy) else {
            throw section.failure(
                "must have min_ttl ≤ ttl ≤ max_ttl; it has \(Duration.text(shortest)), \(Duration.text(lifetime)), "
                    + Duration.text(longest)
            )
        }
        return token
    }

    private static func policies(
        rooms: ConfigurationReader,
        roles section: ConfigurationReader?
    ) throws(Failure) -> (IDPattern, JoinPolicy) {
        let pattern = try rooms.string("pattern")?.value ?? "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
        let openRole = try rooms.string("open_role")?.value ?? "viewer"
        try rooms.finish()
        let ids: IDPattern
        do throws(PatternError) {
            ids = try IDPattern(posixExtended: pattern)
        } catch {
            throw rooms.failure(key: "pattern", error.problem)
        }
        let roles = try section.map(RoleReader.roles) ?? RoleReader.builtIn
        guard let open = Identifier(UTF8String(openRole)), let join = JoinPolicy(roles: roles, openRole: open) else {
            let known = roles.keys.sorted().map(\.description).joined(separator: ", ")
            throw rooms.failure(key: "open_role", "is \(openRole), which is no role; the roles are \(known)")
        }
        return (ids, join)
    }

    private static func tokenSource(
        _ section: ConfigurationReader?,
        server: String?
    ) throws(Failure) -> TokenSourcePolicy? {
        guard let server = server.map({ UTF8String($0) }) else {
            if let section { throw section.failure("needs livekit.url, which its answers carry; write that too") }
            return nil
        }
        guard let section else { return TokenSourcePolicy(serverURL: server) }
        let policy = TokenSourcePolicy(
            serverURL: server,
            participantName: try section.bool("participant_name")?.value ?? false,
            participantAttributes: try names("participant_attributes", of: section),
            agents: try names("agents", of: section)
        )
        try section.finish()
        return policy
    }

    /// A list of names that LiveKit takes as they are.
    private static func names(_ key: String, of section: ConfigurationReader) throws(Failure) -> Set<UTF8String> {
        var names: Set<UTF8String> = []
        for name in try section.strings(key)?.value ?? [] {
            let text = UTF8String(name.value)
            guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw section.failure(
                    name,
                    "has a name that is empty, longer than 256 bytes, or has control characters"
                )
            }
            if key == "participant_attributes", TokenRequest.Field.attributes.contains(text) {
                throw section.failure(name, "has \(name.value), which is always allowed, as an id; remove it here")
            }
            guard names.insert(text).inserted else { throw section.failure(name, "has \(name.value) twice; keep one") }
        }
        return names
    }

    private static func peers(_ root: ConfigurationReader) throws(Failure) -> [Peer] {
        let own = Peer(name: "", user: geteuid(), group: getegid())
        guard let named = try root.strings("peers") else {
            return [UserDatabase.user("www-data").map { Peer(name: "www-data", user: $0.user, group: $0.group) }, own]
                .compactMap(\.self)
        }
        var peers: [Peer] = []
        for name in named.value {
            guard let found = UserDatabase.user(name.value) else {
                throw root.failure(name, "names the user \(name.value), whom this machine does not have")
            }
            peers.append(Peer(name: name.value, user: found.user, group: found.group))
        }
        return peers + [own]
    }

    private static func absolutePath(_ key: String, of section: ConfigurationReader) throws(Failure) -> String? {
        guard let path = try section.string(key), !path.value.isEmpty else { return nil }
        guard path.value.hasPrefix("/"), !path.value.hasSuffix("/"), !path.value.utf8.contains(0) else {
            throw section.failure(path, "must be an absolute path of a file")
        }
        return path.value
    }

    /// A URL that LiveKit's clients take: no user, query or fragment, and a host.
    private static func isServerURL(_ url: String) -> Bool {
        guard let scheme = ["wss://", "ws://", "https://", "http://"].first(where: url.hasPrefix) else { return false }
        let rest = url.dropFirst(scheme.count)
        return !rest.prefix { $0 != "/" }.isEmpty && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && !rest.contains { "@?#\\\"<>".contains($0) }
    }
}
