import Configuration

/// The path of the socket that web servers connect to, as systemd's unit or the configuration sets it.
struct SocketLocation {
    let path: String
    /// Whether systemd listens, so that `listen` of the configuration is not used.
    let isOfUnit: Bool

    init(_ settings: Settings, units: SystemdUnits?) {
        let path = units?.listenPath
        self.path = path ?? settings.process.listenPath
        isOfUnit = path != nil
    }

    /// The command that starts the listening process.
    var startCommand: String {
        isOfUnit ? "systemctl enable --now livekit-tokend.socket" : "systemctl start livekit-tokend"
    }
}
