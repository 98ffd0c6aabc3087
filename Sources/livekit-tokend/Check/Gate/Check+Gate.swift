import Configuration
import Daemon

// MARK: - The gate: whether nginx asks before each join, and whether there is a way around it

extension Check {
    private static let manual = "/usr/share/doc/livekit-tokend/deploy.md.gz, \"The gate\""

    /// Looks at the gate where it is on, or nginx asks it.
    ///
    /// It connects to this machine alone.
    mutating func checkGate(_ settings: Settings, _ configurations: [NginxConfiguration]) {
        let gates = configurations.flatMap(\.servers).filter { $0.gate != nil }
        guard settings.gate != nil else {
            guard let place = gates.first?.gate else { return }
            return add(
                .error,
                "gate",
                "nginx asks the gate (\(place)), and it is off, so that everybody is refused, with 503; set gate: on, "
                    + "and reload the service, or take gate.conf out of nginx",
                isConfiguration: true
            )
        }
        guard !gates.isEmpty else { return addNoGate(configurations) }
        let livekit = livekit(of: configurations)
        var own = OwnAnswers()
        if let livekit { checkLiveKit(livekit, &own) }
        for configuration in configurations {
            checkDoors(configuration, settings, livekit, &own)
        }
        checkWHIP(configurations, own)
        checkLogs(configurations)
    }

    private mutating func addNoGate(_ configurations: [NginxConfiguration]) {
        let unread = configurations.flatMap(\.unreadable)
        guard unread.isEmpty || configurations.contains(where: { !$0.servers.isEmpty }) else {
            guard !isStranger else { return }
            return add(
                .warning,
                "gate",
                "it is on, and \(unread[0]) cannot be read, so that whether nginx asks it is not known; see "
                    + Self.manual
            )
        }
        add(
            .error,
            "gate",
            "it is on, and nginx asks it nowhere, so that no join is barred; include "
                + "/usr/share/livekit-tokend/nginx/gate-http.conf above the server that clients of LiveKit connect to, "
                + "and gate.conf in it: \(Self.manual)"
        )
    }

    /// The first address that nginx passes signalling to; `nil` for a Unix socket.
    private func livekit(of configurations: [NginxConfiguration]) -> LiveKitAddress? {
        let servers = configurations.flatMap { $0.upstreams[LiveKitAddress.upstream] ?? [] }
        return servers.isEmpty ? .usual : servers.lazy.compactMap { LiveKitAddress($0.server) }.first
    }

    // MARK: Ways in

    /// Asks, at each server that clients reach, what only the gate may answer.
    private mutating func checkDoors(
        _ configuration: NginxConfiguration,
        _ settings: Settings,
        _ livekit: LiveKitAddress?,
        _ own: inout OwnAnswers
    ) {
        let url = settings.liveKit.url.flatMap { ClientURL($0) }
        for server in configuration.servers {
            let passes = server.passes.filter { pass in
                livekit?.isTarget(of: pass.target.server, upstreams: configuration.upstreams) ?? false
            }
            guard server.gate != nil || !passes.isEmpty, let door = server.door else { continue }
            // Back ends of this machine may have a server of their own; its clients are past the gate in any case.
            guard server.gate != nil || !door.isLoopback else { continue }
            // An address that is another machine's now, or a name, leads away from here.
            guard door.address == nil || door.isLoopback || host.addresses().contains(door.reachable) else { continue }
            let probe = Probe(
                address: door.reachable,
                port: door.port,
                isEncrypted: door.isEncrypted,
                isBehindProxy: door.isBehindProxy,
                name: server.name(preferring: url?.host)
            )
            let prefix = url?.host == probe.name ? url?.path ?? "" : ""
            if server.gate != nil {
                guard checkRefusal(by: probe.asking(validateBelow: prefix), &own) else { continue }
            }
            checkWays(around: server, passes, probe, &own)
        }
    }

    /// Asks with a token that is none; whether what follows can be asked.
    private mutating func checkRefusal(by probe: Probe, _ own: inout OwnAnswers) -> Bool {
        let place = "nginx at \(probe.place)"
        let words = "\(place), asked GET \(probe.path) with a made-up token,"
        switch probe.send() {
        case .noCurl:
            add(.warning, "gate", "\(Curl.path) is missing, so that nginx and LiveKit are not asked; apt install curl")
            return false
        case .notConnected:
            add(.warning, "gate", "\(place) takes no connection, so that it is not known whether it asks; start it")
            return false
        case .silent:
            add(.error, "gate", "\(words) did not answer in time; see its error log, and whether the service runs")
            return false
        case .other:
            add(.error, "gate", "\(words) did not answer in HTTP; compare listen of that server with what it is")
            return false
        case .answered(let answer):
            let question = own.livekit?.asking(validateBelow: "")
            let isLiveKits = answer.isLiveKits(beside: question.flatMap { own.answer(to: $0) })
            if answer.status == 401, !isLiveKits, answer.text.hasPrefix(Probe.Answer.refusal) {
                add(.ok, "gate", "\(place) asks before each join, and refuses a made-up token")
                return true
            }
            add(.error, "gate", "\(words) answered \(answer.words): \(Self.cure(answer, isLiveKits: isLiveKits))")
            return true
        }
    }

    private static func cure(_ answer: Probe.Answer, isLiveKits: Bool) -> String {
        if isLiveKits {
            return "that is LiveKit's own answer, so that no join is barred; include gate.conf in that server, and "
                + "take every other location of LiveKit's out of it"
        }
        switch answer.status {
        case 503, 500:
            return "the gate does not answer, and nobody can join; see the lines above, and whether the service has "
                + "taken over gate: on (systemctl reload livekit-tokend)"
        case 429: return "too many requests, of others too; check again in a minute"
        case 404: return "that server has no gate; include gate.conf in it, or set livekit.url to the server that has"
        default: return "the gate answers 401 \"\(Probe.Answer.refusal)\"; another server of nginx's may answer there"
        }
    }

    private mutating func checkWays(
        around server: NginxServer,
        _ passes: [NginxServer.Pass],
        _ probe: Probe,
        _ own: inout OwnAnswers
    ) {
        let prefixes = passes.filter { !$0.target.place.contains("/gate") }.compactMap(\.path).filter { $0 != "/" }
        let paths = Probe.closedPaths + (server.gate == nil ? ["/rtc/validate"] : []) + prefixes
        var open: [String] = []
        for path in paths {
            guard case .answered(let answer) = probe.asking(path).send() else { continue }
            if answer.isLiveKits(beside: own.livekit.flatMap { own.answer(to: $0.asking(path)) }) { open.append(path) }
        }
        guard !open.isEmpty else { return }
        let pass = passes.first { !$0.target.place.contains("/gate") }
        let place = pass.map { "proxy_pass in \($0.target.place)" } ?? "a location"
        add(
            .error,
            "gate",
            "nginx at \(probe.place) leads past the gate to LiveKit: \(Listing.text(open)), by \(place); take "
                + "that out: back ends, agents, egress and ingress connect to LiveKit's own address"
        )
    }
}

/// What LiveKit itself answers, each question asked once.
struct OwnAnswers {
    /// A request for `/` to LiveKit's own address; `nil` where that is not on this machine, or takes no connection.
    var livekit: Probe?
    private var answers: [String: Probe.Outcome] = [:]

    /// Its answer; `nil` if there is none.
    mutating func answer(to probe: Probe) -> Probe.Answer? {
        if case .answered(let answer) = outcome(of: probe) { answer } else { nil }
    }

    /// What comes of a request.
    mutating func outcome(of probe: Probe) -> Probe.Outcome {
        if let known = answers[probe.path] { return known }
        let outcome = probe.send()
        answers[probe.path] = outcome
        return outcome
    }
}

/// The host and the path of the URL where clients connect.
struct ClientURL: Equatable {
    let host: String
    /// Without a slash at its end.
    let path: String

    init?(_ url: String) {
        guard let scheme = ["wss://", "ws://", "https://", "http://"].first(where: url.hasPrefix) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        host = String(authority.hasPrefix("[") ? authority : authority.prefix { $0 != ":" })
        var path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }
}

extension Probe {
    /// The URL of a request without its path.
    var place: String {
        let usual: UInt16 = isEncrypted ? 443 : 80
        return "\(isEncrypted ? "https" : "http")://\(name)" + (port == usual ? "" : ":\(port)")
    }
}
