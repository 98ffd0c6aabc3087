import JoinGate

/// A server of nginx's for HTTP, as its configuration has it.
struct NginxServer: Equatable {
    /// A location that passes requests on.
    struct Pass: Equatable {
        /// What stands after `proxy_pass`.
        let target: NginxConfiguration.Target
        /// The path or the prefix of the location; `nil` where it is an expression, a named one, or none.
        let path: String?
    }

    /// A socket that a server listens at.
    struct Listener: Equatable {
        /// An address without brackets; `nil` for all of the family.
        let address: String?
        let isIPv6: Bool
        let port: UInt16
        let isEncrypted: Bool
        /// Whether it wants the PROXY protocol first.
        let isBehindProxy: Bool

        /// Reads what stands after `listen`; `nil` for what is no TCP socket.
        init?(_ words: ArraySlice<String>) {
            guard let place = words.first, !place.hasPrefix("unix:"), !words.contains("quic") else { return nil }
            var (host, port) = (Substring(place), Substring("80"))
            if !place.contains("."), place.allSatisfy(\.isNumber) {
                (host, port) = ("*", Substring(place))
            } else if let colon = place.lastIndex(of: ":"), !place.hasSuffix("]") {
                (host, port) = (place[..<colon], place[place.index(after: colon)...])
            }
            guard let number = UInt16(port) else { return nil }
            isIPv6 = host.hasPrefix("[")
            let bare = host.drop { $0 == "[" }.prefix { $0 != "]" }
            address = ["*", "0.0.0.0", "::"].contains(bare) ? nil : bare == "localhost" ? "127.0.0.1" : String(bare)
            self.port = number
            isEncrypted = words.contains("ssl")
            isBehindProxy = words.contains("proxy_protocol")
        }

        /// The address to connect to from this machine.
        var reachable: String { address ?? (isIPv6 ? "::1" : "127.0.0.1") }

        /// Whether only this machine reaches it.
        var isLoopback: Bool { address.map { $0 == "::1" || $0.hasPrefix("127.") } ?? false }
    }

    /// In their order.
    private(set) var listeners: [Listener] = []
    /// Whether it listens at anything: without a `listen` it does at port 80.
    private(set) var hasListen = false
    private(set) var names: [String] = []
    private(set) var passes: [Pass] = []
    /// Where it asks the gate; `nil` if it does not.
    private(set) var gate: String?

    /// Takes a directive of the server's, or of a block in it.
    mutating func take(_ words: [String], _ place: String, within blocks: [[String]]) {
        switch words[0] {
        case "listen":
            hasListen = true
            if let listener = Listener(words.dropFirst()) { listeners.append(listener) }
        case "server_name": names += words.dropFirst()
        case "fastcgi_param" where words[1] == GateParameter.endpoint.variable: gate = gate ?? place
        case "proxy_pass":
            let location = blocks.last { $0.first == "location" }?.last
            let path = location.flatMap { $0.hasPrefix("/") ? $0 : nil }
            passes.append(Pass(target: .init(server: words[1], place: place), path: path))
        default: break
        }
    }

    /// Where a client connects: the first of its sockets, the encrypted ones first; `nil` if it has none of TCP.
    var door: Listener? {
        if !hasListen { return Listener(["80"]) }
        return listeners.first(where: \.isEncrypted) ?? listeners.first
    }

    /// The name to ask for: that which clients are told, if the server has it, else the first that is a whole name.
    func name(preferring wanted: String?) -> String {
        if let wanted, names.contains(wanted) { return wanted }
        return names.first(where: Self.isWhole) ?? wanted.flatMap { Self.isWhole($0) ? $0 : nil } ?? "localhost"
    }

    /// Whether a name is one of DNS, and no pattern.
    private static func isWhole(_ name: String) -> Bool {
        let characters = "abcdefghijklmnopqrstuvwxyz0123456789-.".utf8
        return !name.isEmpty && !name.hasPrefix(".") && name.lowercased().utf8.allSatisfy(characters.contains)
    }
}
