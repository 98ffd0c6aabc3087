package import RoomAccess

/// The section `sessions`: who says whose session a request is of.
package struct SessionSettings: Sendable {
    /// A source of sessions.
    package enum Source: String, CaseIterable, Sendable {
        case directory
        case nginx
    }

    /// `sessions.source`.
    package let source: Source
    /// `sessions.users`: which users of logins elsewhere get in.
    package let users: VouchedSessions.Users

    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        source = try section.choice("source") ?? Defaults.sessionSource
        users = try section.choice("users") ?? Defaults.users
        if source == .directory, users == .any {
            throw section.error(key: "users", "is any, and only users of the directory have its sessions; remove it")
        }
        try section.finish()
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
