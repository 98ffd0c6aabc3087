package import TokenEndpoint

/// The settings of the program: a configuration file and the environment, checked and complete, without secrets.
package struct Settings {
    /// The longest configuration file that is read, in bytes.
    package static let maximumLength = 65_536

    /// The keys outside all sections.
    package let process: ProcessSettings
    /// `livekit`.
    package let liveKit: LiveKitSettings
    /// `token`.
    package let token: TokenPolicy
    /// `rooms` and `roles`.
    package let rooms: RoomSettings
    /// `token_source`; `nil` if `POST /livekit/token-source` is off, as no `livekit.url` says where clients connect.
    package let tokenSource: TokenSourcePolicy?
    /// `sessions`.
    package let sessions: SessionSettings
    /// `memberships`.
    package let memberships: MembershipSettings
    /// `directory`.
    package let directory: DirectorySettings
    /// `http`.
    package let http: HTTPSettings
    /// `audit`.
    package let audit: AuditSettings
    /// `gate`; `nil` where it is off.
    package let gate: GateSettings?

    /// Reads a configuration file, and the variables that override it.
    ///
    /// - Throws: an error with the file, the line and the key, what is wrong and what would be right.
    package init(contentsOf path: String, on system: some OperatingSystem) throws(ConfigurationError) {
        let yaml: [UInt8]
        do throws(FileError) {
            yaml = try system.contents(ofFile: path, atMost: Self.maximumLength, objection: nil)
        } catch {
            let own = system.name(ofUser: system.ownIDs.user)
            throw ConfigurationError("\(path): \(error.problemOfConfiguration(readBy: own))")
        }
        try self.init(yaml: yaml, file: path, on: system)
    }

    /// Reads the text of a configuration file, and the variables that override it.
    ///
    /// - Throws: an error with the file, the line and the key, what is wrong and what would be right.
    package init(yaml: [UInt8], file: String, on system: some OperatingSystem) throws(ConfigurationError) {
        let root = try ConfigurationReader(yaml: yaml, file: file)
        process = try ProcessSettings(root, on: system)
        liveKit = try LiveKitSettings(root.section("livekit"), file: file, process: process, on: system)
        token = try TokenPolicy(root.section("token"))
        rooms = try RoomSettings(root.section("rooms"), roles: root.optionalSection("roles"))
        tokenSource = try TokenSourcePolicy.read(
            root.optionalSection("token_source"),
            server: liveKit.url,
            rooms: rooms
        )
        let sessionSection = try root.section("sessions")
        sessions = try SessionSettings(sessionSection, beside: liveKit.keySource)
        directory = try DirectorySettings(root.section("directory"))
        try sessions.require(directory.url, sessionSection)
        memberships = try MembershipSettings(
            root.section("memberships"),
            rooms: rooms,
            sessions: sessions,
            directory: directory.url
        )
        http = try HTTPSettings(root.section("http"))
        audit = try AuditSettings(root.section("audit"))
        gate = try GateSettings.read(
            root,
            token: token,
            sessions: sessions,
            memberships: memberships,
            directory: directory.url
        )
        try root.finish()
    }
}

extension FileError {
    fileprivate func problemOfConfiguration(readBy user: String) -> String {
        switch self {
        case .isMissing: "cannot be read: No such file or directory; name the file with --config FILE"
        case .isNotRegular, .isTooLong: "must be a file of at most \(Settings.maximumLength) bytes"
        case .isRefused(let problem): problem
        case .isDenied:
            "cannot be read by \(user): Permission denied; use sudo, or, if the service runs as \(user), give it the "
                + "right to read the file and to search the folders above it"
        case .failed(let words): "cannot be read: \(words); name the file with --config FILE, and see to its disk"
        }
    }
}
