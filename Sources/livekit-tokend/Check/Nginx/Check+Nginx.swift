import Configuration
import Daemon
import Glibc

// MARK: - nginx: whether it reaches the service

extension Check {
    mutating func checkNginx(_ settings: Settings, at socket: SocketLocation) {
        let workers = user.asRealUser { host.nginxWorkers }
        let ours = workers.filter(\.isOfRoot)
        // Each nginx that runs, or the one that would.
        let groups = Dictionary(grouping: ours) { $0.configuration ?? host.nginxConfiguration }
        let paths = groups.isEmpty ? [host.nginxConfiguration] : groups.keys.sorted()
        let configurations = user.asRealUser { paths.map { NginxConfiguration($0) } }
        let configured = configurations.first?.user.flatMap { UserDatabase.user($0)?.user }
        let others = Set(workers.map(\.user)).sorted()
        let users = ours.isEmpty ? [configured].compactMap(\.self) : Set(ours.map(\.user)).sorted()
        if ours.isEmpty,
            let named = others.first(where: { other in settings.process.peers.contains { $0.user == other } })
        {
            // The administrator has named that user: whatever calls itself nginx there may connect.
            addVerdict(of: [named], isRunning: true, settings, at: socket)
        } else if ours.isEmpty, !others.isEmpty, user.user != 0, !user.isImpersonating {
            let names = others.map { UserDatabase.name(of: $0) }.joined(separator: ", ")
            add(
                .warning,
                "nginx",
                "what calls itself nginx runs as \(names); run check with sudo to learn whether it is"
            )
        } else if users.isEmpty {
            add(.warning, "nginx", "nginx does not run here; the user of its workers must be in peers")
        } else {
            addVerdict(of: users, isRunning: !ours.isEmpty, settings, at: socket)
        }
        checkTargets(configurations, at: socket, isRunning: !ours.isEmpty)
        checkParameters(settings, configurations)
        for (path, configuration) in zip(paths, configurations) {
            checkAge(configuration, groups[path] ?? [])
            checkSnippets(configuration)
        }
        checkGate(settings, configurations)
    }

    private mutating func addVerdict(
        of users: [UInt32],
        isRunning: Bool,
        _ settings: Settings,
        at socket: SocketLocation
    ) {
        let verdicts = users.map { nginx($0, isRunning: isRunning, settings, at: socket) }
        // Of several nginx it is enough that one reaches the service: the others may be there for other things.
        let isReached = verdicts.contains { $0.level == .ok }
        for verdict in verdicts {
            let level: Finding.Level = isReached && verdict.level == .error ? .warning : verdict.level
            add(level, verdict.subject, verdict.message, isConfiguration: verdict.isConfiguration)
        }
    }

    private func nginx(
        _ user: UInt32,
        isRunning: Bool,
        _ settings: Settings,
        at socket: SocketLocation
    ) -> Finding {
        let name = UserDatabase.name(of: user)
        let words = isRunning ? "nginx runs as \(name)" : "nginx is configured to run as \(name)"
        // The nginx that will run may be another than the one that is configured here.
        let level: Finding.Level = isRunning ? .error : .warning
        guard settings.process.peers.contains(where: { $0.user == user }) else {
            let named = settings.process.peers.map(\.name).filter { !$0.isEmpty }
            let peers = (named.filter { $0 != "www-data" } + [name]).joined(separator: ", ")
            return Finding(
                level: level,
                subject: "nginx",
                message: "\(words), which is not in peers, so it answers 502; set peers: [\(peers)] and restart "
                    + "the service",
                isConfiguration: true
            )
        }
        guard FileStatus(socket.path) == nil || mayConnect(user, to: socket) else {
            return Finding(level: level, subject: "nginx", message: "\(words); \(refusal(of: user, by: socket))")
        }
        return Finding(level: .ok, subject: "nginx", message: "\(words), which may connect")
    }

    /// The upstream of our files must be the socket where the service listens.
    ///
    /// Of several nginx that have it one is enough.
    private mutating func checkTargets(
        _ configurations: [NginxConfiguration],
        at socket: SocketLocation,
        isRunning: Bool
    ) {
        let targets = configurations.flatMap { $0.upstreams[Self.upstream] ?? [] }
        guard let target = targets.first else {
            // Where the upstream is in none of the files, the site is not enabled yet, or its file is out of reach.
            guard !isStranger, let file = configurations.lazy.compactMap(\.unreadable.first).first else { return }
            return add(
                .warning,
                "nginx",
                "its file \(file) cannot be read, so the socket that it passes to is not known"
            )
        }
        let wanted = Self.realPath(socket.path)
        let isRight = targets.contains { target in
            let path = target.server.dropFirst(5).prefix { $0 != ":" }
            return target.server.hasPrefix("unix:") && Self.realPath(String(path)) == wanted
        }
        guard !isRight else { return }
        // Where the units are of another configuration, nginx may be so too.
        add(
            isRunning && socket.isOfUnit ? .error : .warning,
            "nginx",
            "nginx passes to \(target.server) (\(target.place)), and the service listens at \(socket.path), so it "
                + "does not reach the service; write server unix:\(socket.path); there, and reload nginx"
        )
    }

    private static let upstream = "livekit_tokend"

    /// Workers that are older than a file of the configuration do not have it.
    private mutating func checkAge(_ configuration: NginxConfiguration, _ workers: [NginxWorker]) {
        guard let started = workers.compactMap(\.startedAt).min() else { return }
        let newer = configuration.files.first { file in
            file.contains("livekit") && (FileStatus(file).map { $0.modifiedAt > started + 1 } ?? false)
        }
        guard let newer else { return }
        add(
            .warning,
            "nginx",
            "nginx has not taken over \(newer) as it is now; run: nginx -t && systemctl reload nginx"
        )
    }

    /// Files of ours in the folder of the site's snippets that are not one line each, which includes the file of this
    /// version: they are of a release before, and nothing brings them up to date.
    private mutating func checkSnippets(_ configuration: NginxConfiguration) {
        let old = Snippet.names.map { "\(host.nginxSnippets)/\($0)" }
            .filter { path in configuration.files.contains { Self.realPath($0) == Self.realPath(path) } }
            .compactMap { path in user.asRealUser { Host.text(path) }.map { (path, $0) } }
            .filter { !Snippet.isInclude($0.1) }
        guard !old.isEmpty else { return }
        let lacks = Snippet.lacks(old.map(\.1).joined(separator: "\n"))
        add(
            .warning,
            "nginx",
            "\(old.map(\.0).joined(separator: ", ")): of an earlier release, or edited; "
                + (lacks.isEmpty ? "" : "what they lack: \(lacks.joined(separator: "; ")); ")
                + "replace them all together as described in /usr/share/doc/livekit-tokend/deploy.md.gz, \"Upgrade\""
        )
    }
}

/// What releases up to 0.3.0 had in nginx's folder of snippets.
enum Snippet {
    static let names = ["", "-http", "-issue", "-headers", "-cors", "-fastcgi", "-try"].map {
        "livekit-tokend\($0).conf"
    }

    /// Whether a file holds nothing but an include of ours.
    static func isInclude(_ text: String) -> Bool {
        let lines = lines(of: text)
        return lines.count == 1 && lines[0].hasPrefix("include /usr/share/livekit-tokend/nginx/")
    }

    /// What files of before lack, by what stands in them.
    static func lacks(_ text: String) -> [String] {
        let code = lines(of: text).joined(separator: "\n")
        let marks = [
            ("limit_req_zone $http_authorization", "a limit of each session, however its header is spelled"),
            ("limit_req_zone $binary_remote_addr", "a limit of each network of IPv6"),
            ("error_page 400 403 404", "error pages that leave the rest of the server alone"),
            ("\"Authorization, Content-Type\"", "the headers that tracing adds to requests of web pages"),
            ("if ($livekit_stranger)", "metrics that no forwarded request reads"),
        ]
        return marks.filter { code.contains($0.0) }.map(\.1)
    }

    private static func lines(of text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { SystemdUnits.trimmed($0) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }
}
