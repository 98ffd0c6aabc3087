/// What to do about a key that is unknown where it stands.
enum KeyHints {
    /// What the author of a key is likely to want; `nil` if that is not clear.
    ///
    /// - Parameters:
    ///   - prefix: the keys above, with a dot after each.
    ///   - known: the keys that the mapping may have.
    static func hint(for key: String, in prefix: String, known: [String]) -> String? {
        let name = spelledInOurWay(key)
        // Longer ones are no slips of the keyboard.
        guard name.utf8.count <= 40 else { return nil }
        if prefix.hasPrefix("roles."), let permission = permissions[name] { return "write \(permission)" }
        if prefix == "gate.", ["enabled", "enable", "on", "active"].contains(name) {
            return "a gate with keys is on; remove this one"
        }
        if let place = foreign(name, in: prefix) { return place }
        if prefix.hasPrefix("sessions.jwt"), let key = ofTokens[name], known.contains(key) { return "write \(key)" }
        if known.contains(name) { return "write \(name)" }
        // `file` in livekit is livekit's key_file, not the audit's.
        if !prefix.isEmpty, let key = known.first(where: { $0.hasSuffix("_\(name)") }) { return "write \(key)" }
        // `roles` in a template is its one role, and no section.
        if let key = known.first(where: { "\($0)s" == name || "\(name)s" == $0 }) { return "write \(key)" }
        if let place = place(of: name, outside: prefix) { return place }
        return known.first { distance(Array(name.utf8), Array($0.utf8)) <= 2 }.map { "write \($0)" }
    }

    /// What LiveKit calls a grant, spelled in our way, and the key that gives it.
    private static let permissions = [
        "can_publish": "publish", "can_subscribe": "subscribe", "can_publish_data": "data", "publish_data": "data",
        "can_publish_sources": "publish_sources", "can_update_own_metadata": "update_own_metadata",
        "room_admin": "room_admin", "admin": "room_admin",
        "room_join": "nothing for it, as every role may join its room",
    ]

    /// What standards and other programs call the keys of an issuer of tokens.
    private static let ofTokens = [
        "iss": "issuer", "aud": "audience", "client_id": "audience", "jwks": "key_set_file", "jwks_uri": "key_set_url",
        "jwks_url": "key_set_url", "alg": "algorithms", "secret": "secret_file", "sub": "user", "sid": "session",
        "id": "user", "user_id": "user", "session_id": "session", "required_claims": "require",
    ]

    /// The keys of each section, the first for those outside of all sections.
    private static let sections: [(name: String, keys: Set<String>)] = [
        (
            "",
            [
                "listen", "workers", "peers", "development", "livekit", "token", "rooms", "roles", "token_source",
                "sessions", "memberships", "gate", "directory", "http", "audit",
            ]
        ),
        ("livekit", ["url", "key_file", "api_key"]), ("token", ["ttl", "min_ttl", "max_ttl", "identity"]),
        ("rooms", ["pattern", "open_role", "templates"]),
        ("an element of rooms.templates", ["match", "access", "role"]),
        (
            "a role, such as roles.speaker",
            ["publish", "publish_sources", "subscribe", "data", "update_own_metadata", "room_admin", "anytime"]
        ),
        (
            "token_source",
            ["participant_name", "participant_attributes", "agents", "agent_deployments", "generated_room"]
        ),
        ("sessions", ["source", "users", "jwt"]),
        (
            "sessions.jwt",
            [
                "issuer", "audience", "key_set_file", "secret_file", "key_set_url", "max_age", "algorithms", "require",
                "refuse", "claims", "prefix", "from", "max_length",
            ]
        ),
        ("memberships", ["source", "claim", "groups_separator"]), ("gate", ["grants"]),
        ("directory", ["url"]), ("http", ["unauthenticated_status"]),
        ("audit", ["file"]),
    ]

    /// Where a key belongs that stands elsewhere.
    private static func place(of name: String, outside prefix: String) -> String? {
        let places = sections.filter { $0.keys.contains(name) && "\($0.name)." != prefix }.map(\.name)
        if places == [""] { return "it belongs outside of \(prefix.dropLast()), at the start of a line" }
        return places.isEmpty ? nil : "it belongs in \(places.joined(separator: " or "))"
    }

    /// Keys of livekit-server's own configuration that are pasted with `keys`.
    private static let ofServer: Set = [
        "bind_addresses", "ingress", "limit", "node_selector", "prometheus_port", "prometheus", "redis", "region",
        "rtc",
        "room", "sip", "turn", "webhook", "audio", "video", "signal_relay", "psrpc", "key_provider",
    ]

    /// The hint for a key that other programs, or other versions of LiveKit's own files, have.
    private static func foreign(_ name: String, in prefix: String) -> String? {
        guard ["", "livekit."].contains(prefix) else { return nil }
        switch name {
        case "keys", "api_secret", "secret", "secret_key", "livekit_api_secret":
            return "a secret has no place here; write it as a line `APIkey: secret` into the file that "
                + "livekit.key_file names"
        case "port", "bind", "host", "address":
            return prefix.isEmpty ? "listen names a socket, and a web server in front has the port" : nil
        case "log_level", "logging", "log":
            return "there is one log, without levels; audit.file names a file for it"
        case _ where prefix.isEmpty && ofServer.contains(name):
            return "it belongs in the configuration of livekit-server; remove it here"
        default: return nil
        }
    }

    /// A key in lower case with underscores: `keyFile` and `key-file` are `key_file`.
    private static func spelledInOurWay(_ key: String) -> String {
        var (name, isAfterLowercase) = ("", false)
        for character in key {
            if character.isUppercase, isAfterLowercase { name += "_" }
            name += character == "-" ? "_" : character.lowercased()
            isAfterLowercase = character.isLowercase
        }
        return name
    }

    /// The fewest bytes to insert, remove or replace (Levenshtein 1965), at most 40 × 40 steps.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (right[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
