import Configuration
import RoomAccess

// MARK: - Logins by parameters: what nginx passes

extension Check {
    /// Compares what nginx passes of logins with what the service reads.
    mutating func checkParameters(_ settings: Settings, _ configurations: [NginxConfiguration]) {
        // Files that cannot be read may say anything.
        guard !configurations.isEmpty, configurations.allSatisfy({ $0.unreadable.isEmpty && !$0.files.isEmpty })
        else { return }
        // A site that is not enabled yet has its line elsewhere.
        guard configurations.contains(where: { $0.upstreams["livekit_tokend"] != nil }) else { return }
        func passed(_ parameter: LoginParameter) -> [NginxConfiguration.Target] {
            configurations.flatMap { configuration in
                // fastcgi.conf passes the variable in every deployment, and in most it is empty.
                (configuration.parameters[parameter.variable] ?? []).filter { target in
                    target.server != "$livekit_jwt" || configuration.assigned.contains(target.server)
                }
            }
        }
        for parameter in LoginParameter.allCases { checkOrigin(of: parameter, passed(parameter)) }
        let wanted = wanted(settings)
        for (parameter, reason) in wanted where passed(parameter).isEmpty {
            add(
                .error,
                "logins",
                "\(reason), and nginx passes \(parameter.variable) nowhere, so that no one gets in by it; include "
                    + "server-login.conf, or write fastcgi_param \(parameter.variable): "
                    + "/usr/share/doc/livekit-tokend/logins.md.gz"
            )
        }
        if wanted.isEmpty, let first = (passed(.user) + passed(.jwt)).first {
            add(
                .warning,
                "logins",
                "nginx passes a login (\(first.place)), which is not read, as sessions.source is "
                    + "\(settings.sessions.source.rawValue); write nginx there, or take the login out of nginx"
            )
        }
        checkBackEnds(configurations)
    }

    /// The parameters without which a source has nothing to judge, and what asks for them.
    private func wanted(_ settings: Settings) -> [(LoginParameter, String)] {
        switch (settings.sessions.source, settings.sessions.jwt?.place) {
        case (.nginx, _):
            let memberships: [(LoginParameter, String)] =
                switch settings.memberships.source {
                case .claims: [(.rooms, "memberships.source is claims")]
                case .groups: [(.groups, "memberships.source is groups")]
                case .directory: []
                }
            return [(.user, "sessions.source is nginx")] + memberships
        case (.jwt, .parameter): return [(.jwt, "sessions.jwt.from is parameter")]
        case (.jwt, _), (.directory, _): return []
        }
    }

    /// Variables that hold what a client has sent.
    private static let ofClients = ["$http_", "$arg_", "$cookie_", "$args", "$query_string", "$request_body", "$uri"]

    private mutating func checkOrigin(of parameter: LoginParameter, _ targets: [NginxConfiguration.Target]) {
        // A JWT may come from a client: it is verified.
        guard parameter != .jwt else { return }
        for target in targets {
            guard let variable = Self.ofClients.first(where: { target.server.contains($0) }) else { continue }
            add(
                .error,
                "logins",
                "\(parameter.variable) is \(target.server) (\(target.place)): what a client sends, so that everybody "
                    + "can be anyone; take it from the back end's answer, by auth_request_set, and not from "
                    + "\(variable)..."
            )
        }
    }

    /// An `auth_request` without a location for its URI is 404 for nginx, and 503 for clients.
    private mutating func checkBackEnds(_ configurations: [NginxConfiguration]) {
        for configuration in configurations {
            for request in configuration.authRequests
            where request.server.hasPrefix("/livekit") && !configuration.locations.contains(request.server) {
                add(
                    .error,
                    "logins",
                    "nginx asks \(request.server) about logins (\(request.place)), and no location = \(request.server) "
                        + "says which back end that is: clients get 503; write it as in "
                        + "/usr/share/doc/livekit-tokend/logins.md.gz"
                )
            }
        }
    }
}
