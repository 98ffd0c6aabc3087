package import RoomAccess

/// The section `sessions`: who says whose session a request is of.
package struct SessionSettings: Sendable {
    /// A source of sessions.
    package enum Source: String, CaseIterable, Sendable {
        case directory
        case jwt
        case nginx
    }

    /// `sessions.source`.
    package let source: Source
    /// `sessions.users`: which users of logins elsewhere get in.
    package let users: VouchedSessions.Users

    /// `sessions.jwt`: the issuers of tokens, if the source is `jwt`.
    package let jwt: JWTSettings?

    init(_ section: ConfigurationReader, beside keys: KeySource) throws(ConfigurationError) {
        source = try section.choice("source") ?? Defaults.sessionSource
        users = try section.choice("users") ?? Defaults.users
        if source == .directory, users == .any {
            throw section.error(key: "users", "is any, and only users of the directory have its sessions; remove it")
        }
        jwt = try JWTSettings.read(section, beside: keys)
        try section.finish()
        if source == .jwt, jwt == nil {
            throw section.error(key: "jwt", "is missing; write whose tokens are logins: issuer, audience, key_set_file")
        }
        if source != .jwt, jwt != nil {
            let problem = "has no use, as source is \(source.rawValue); write source: jwt, or remove it"
            throw section.error(key: "jwt", problem)
        }
    }

    /// Refuses settings that need a directory where there is none.
    func require(_ directory: DirectoryURL, _ section: ConfigurationReader) throws(ConfigurationError) {
        guard directory == .absent else { return }
        if source == .directory {
            throw section.error(key: "source", "is directory, and directory.url is none; name another source")
        }
        if users == .known {
            throw section.error(key: "users", "is known, and directory.url is none, so that no user is; write any")
        }
    }
}
