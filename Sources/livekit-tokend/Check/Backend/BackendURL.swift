import Glibc

/// The URL of a back end on this machine, to which a request goes in plain HTTP.
struct BackendURL: Equatable {
    /// In network byte order: 127.0.0.0/8, or ::1.
    enum Address: Equatable {
        case v4(UInt32)
        case v6
    }

    let address: Address
    let port: UInt16
    /// The path and the query, as they go into the line of the request.
    let target: String

    /// Reads `http://127.0.0.1:8000/auth/`: a loopback address or `localhost`, a port, a path and a query of visible
    /// ASCII; `nil` for anything else.
    init?(_ text: String) {
        let scheme = "http://"
        guard text.hasPrefix(scheme), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        guard let (host, port) = Self.split(authority), let address = Self.address(host) else { return nil }
        self.address = address
        self.port = port
        self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: UInt16)? {
        let isBracketed = authority.hasPrefix("[")
        guard
            let end = isBracketed
                ? authority.firstIndex(of: "]").map({ authority.index(after: $0) })
                : authority.firstIndex(of: ":") ?? authority.endIndex
        else { return nil }
        let (host, rest) = (authority[..<end], authority[end...])
        if rest.isEmpty { return (host, 80) }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest.dropFirst()), port > 0
        else { return nil }
        return (host, port)
    }

    private static func address(_ host: Substring) -> Address? {
        switch host {
        case "localhost": return .v4(UInt32(INADDR_LOOPBACK).bigEndian)
        case "[::1]": return .v6
        default:
            var address = in_addr()
            guard unsafe inet_pton(AF_INET, String(host), &address) == 1, UInt32(bigEndian: address.s_addr) >> 24 == 127
            else { return nil }
            return .v4(address.s_addr)
        }
    }
}
