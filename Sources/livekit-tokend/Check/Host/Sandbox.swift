/// The part of the file system that the service's unit lets the service see and write (systemd.exec(5)).
struct Sandbox {
    private enum Access {
        case write
        case read
        case none
    }

    /// The longest path that is equal to a path, or above it, decides.
    private var rules: [String: (access: Access, setting: String)] = [:]
    private let privateFolders: [String]
    /// The folder of the service's own state, if it has one.
    let stateFolder: String?

    init(_ units: SystemdUnits) {
        func list(_ key: String) -> [String] {
            units.values(of: key, in: SystemdUnits.service).flatMap { SystemdUnits.words($0) }
        }
        func setting(_ key: String) -> String {
            (units.values(of: key, in: SystemdUnits.service).last ?? "no").lowercased()
        }
        let yes = ["yes", "true", "on", "1"]
        privateFolders = yes.contains(setting("PrivateTmp")) ? ["/tmp", "/var/tmp"] : []
        stateFolder = list("StateDirectory").first.map { "/var/lib/\($0)" }
        let system = setting("ProtectSystem")
        if system == "strict" {
            rules["/"] = (.read, "ProtectSystem=strict")
            for folder in ["/dev", "/proc", "/sys"] { rules[folder] = (.write, "") }
        } else if system == "full" || yes.contains(system) {
            let folders = ["/usr", "/boot", "/efi"] + (system == "full" ? ["/etc"] : [])
            for folder in folders { rules[folder] = (.read, "ProtectSystem=\(system)") }
        }
        let home = setting("ProtectHome")
        if yes.contains(home) || home == "tmpfs" || home == "read-only" {
            let access = home == "read-only" ? Access.read : .none
            for folder in ["/home", "/root", "/run/user"] { rules[folder] = (access, "ProtectHome=\(home)") }
        }
        let folders = [
            ("StateDirectory", "/var/lib"), ("CacheDirectory", "/var/cache"), ("LogsDirectory", "/var/log"),
            ("RuntimeDirectory", "/run"), ("ConfigurationDirectory", "/etc"),
        ]
        for (key, access) in [("ReadOnlyPaths", Access.read), ("InaccessiblePaths", .none), ("ReadWritePaths", .write)]
        {
            // A minus, "if it is there", and a plus, "below the service's root", may stand before a path.
            for path in list(key) { rules[String(path.drop { $0 == "-" || $0 == "+" })] = (access, "\(key)=") }
        }
        for (key, parent) in folders {
            for name in list(key) {
                // A name, and after a colon that of a link to it.
                rules["\(parent)/\(name.prefix { $0 != ":" })"] = (.write, "\(key)=")
            }
        }
    }

    /// The setting that keeps the service from a file of this machine; `nil` if none does.
    func obstacle(to path: String, isWritten: Bool) -> String? {
        if privateFolders.contains(where: { path == $0 || path.hasPrefix("\($0)/") }) { return "PrivateTmp=" }
        let rule = rules.filter { $0.key == "/" || path == $0.key || path.hasPrefix("\($0.key)/") }
            .max { $0.key.utf8.count < $1.key.utf8.count }?.value
        switch rule?.access {
        case .none?: return rule?.setting
        case .read? where isWritten: return rule?.setting
        default: return nil
        }
    }
}
