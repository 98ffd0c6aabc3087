import RoomAccess

// MARK: - Who can read a file of secrets, or put another in its place

/// A kind of file that holds secrets, in the words of errors.
struct FileOfSecrets {
    /// With its article.
    let noun: String
    /// The key of the configuration that names the file.
    let setting: String
    /// The error for a file without content and for a missing file alike.
    let absence: String

    static let keys = FileOfSecrets(noun: "the key file", setting: "livekit.key_file", absence: KeyFile.absence)
}

extension FileOfSecrets {
    /// Reads a file that only root and this process's user can have written, and only they, and a group of that user
    /// alone, can read.
    ///
    /// Symbolic links on the way to it must be root's or that user's.
    func contents(
        of path: String,
        place: String,
        on system: some OperatingSystem
    ) throws(ConfigurationError) -> [UInt8] {
        do throws(FileError) {
            return try system.contents(ofFile: path, atMost: KeyFile.maximumLength) { file in
                switch file.kind {
                case .file: objection(to: file, place: place, on: system)
                case .link: objection(toLink: file, on: system)
                case .folder: objection(toFolder: file, on: system)
                }
            }
        } catch {
            let problem =
                switch error {
                case .isMissing: absence
                case .isNotRegular: "\(noun) is not a regular file"
                case .isTooLong: "\(noun) is longer than \(KeyFile.maximumLength) bytes"
                case .isRefused(let problem): problem
                case .isDenied: denial(of: system.name(ofUser: system.ownIDs.user))
                case .failed(let words):
                    "\(noun) cannot be read: \(words); name the file in \(setting), and see to its disk"
                }
            throw ConfigurationError("\(place): \(problem)")
        }
    }

    private func denial(of user: String) -> String {
        "\(noun) cannot be read by \(user): Permission denied; use sudo, or, if the service runs as \(user), let "
            + "systemd pass the file on (LoadCredential=), or name a copy in \(setting) that belongs to \(user)"
    }

    /// A cure that takes a right away, which may be that of livekit-server.
    private func cure(_ command: String, _ place: String) -> String {
        "run: \(command) \(place.shellWord), or, if another program needs that right, name a copy in \(setting)"
    }

    private func isTrusted(_ user: UInt32, on system: some OperatingSystem) -> Bool {
        user == 0 || user == system.ownIDs.user
    }

    private func objection(
        to file: FileAttributes,
        place: String,
        on system: some OperatingSystem
    ) -> String? {
        guard isTrusted(file.owner, on: system) else {
            let (owner, own) = (system.name(ofUser: file.owner), system.name(ofUser: system.ownIDs.user))
            return "\(noun) belongs to \(owner); it must belong to root or \(own); "
                + "if \(owner) needs it, name a copy in \(setting)"
        }
        var (problems, cures): ([String], [String]) = ([], [])
        if file.permissions & 0o070 != 0,
            let problem = objection(toGroup: file.group, file.permissions >> 3, on: system)
        {
            problems.append(problem)
            // The group of the service may be what lets it read.
            cures.append(system.isOwnGroup(file.group) ? "g-w" : "g=")
        }
        if file.permissions & 0o007 != 0 {
            problems.append("others can read it")
            cures.append("o=")
        }
        if let problem = problems.last {
            return "\(noun) has mode 0\(String(file.permissions, radix: 8)), so \(problem); "
                + cure("chmod \(cures.joined(separator: ","))", place)
        }
        for entry in file.entries where entry.permissions != 0 {
            let (problem, change): (String?, String)
            switch entry.subject {
            case .user(let user):
                let name = system.name(ofUser: user)
                problem = isTrusted(user, on: system) ? nil : "the user \(name) can reach it"
                change = "-x u:\(name)"
            case .group(let group):
                let name = system.name(ofGroup: group)
                problem = objection(toGroup: group, entry.permissions, on: system)
                change = system.isOwnGroup(group) ? "-m g:\(name):r" : "-x g:\(name)"
            }
            if let problem {
                return "\(noun) has an access list by which \(problem); \(cure("setfacl \(change)", place))"
            }
        }
        return nil
    }

    /// What is wrong with the rights of a group; `nil` if it may only read, and nobody but root and this process's user
    /// is in it.
    private func objection(
        toGroup group: UInt32,
        _ permissions: UInt32,
        on system: some OperatingSystem
    ) -> String? {
        let name = system.name(ofGroup: group)
        guard permissions & 0o2 == 0 else { return "the group \(name) can write it" }
        guard system.isOwnGroup(group) else {
            return
                "the group \(name) can read it, which is not that of \(system.name(ofUser: system.ownIDs.user)) alone"
        }
        return nil
    }

    private func objection(toLink link: FileAttributes, on system: some OperatingSystem) -> String? {
        guard !isTrusted(link.owner, on: system) else { return nil }
        let (owner, own) = (system.name(ofUser: link.owner), system.name(ofUser: system.ownIDs.user))
        return
            "\(link.path) is a symbolic link of \(owner); on the way to a key file links must belong to root or \(own)"
    }

    /// What is wrong with a folder that holds a link: who can write it can put another link of root's there, except
    /// where the sticky bit is set.
    private func objection(toFolder folder: FileAttributes, on system: some OperatingSystem) -> String? {
        let begin = "the folder \(folder.path), where a symbolic link leads to \(noun),"
        guard isTrusted(folder.owner, on: system) else {
            let (owner, own) = (system.name(ofUser: folder.owner), system.name(ofUser: system.ownIDs.user))
            return "\(begin) belongs to \(owner); it must belong to root or \(own)"
        }
        guard folder.permissions & 0o1000 == 0 else { return nil }
        let isOpen =
            folder.permissions & 0o002 != 0
            || (folder.permissions & 0o020 != 0 && folder.group != 0 && !system.isOwnGroup(folder.group))
            || folder.entries.contains { entry in
                guard entry.permissions & 0o2 != 0 else { return false }
                switch entry.subject {
                case .user(let user): return !isTrusted(user, on: system)
                case .group(let group): return !system.isOwnGroup(group)
                }
            }
        guard isOpen else { return nil }
        return "\(begin) can be written by others; run: chmod go-w \(folder.path.shellWord), or name in "
            + "\(setting) the file that the link leads to"
    }
}
