import Glibc

/// Where nginx passes signalling to: LiveKit's own address.
struct LiveKitAddress: Equatable {
    /// The upstream of our files for nginx.
    static let upstream = "livekit_server"

    /// As it is written, such as `127.0.0.1:7880`.
    let text: String
    /// An IP address without brackets, or a name.
    let host: String
    let port: UInt16

    /// Where the package's files have it.
    static let usual = LiveKitAddress(text: "127.0.0.1:7880", host: "127.0.0.1", port: 7880)

    private init(text: String, host: String, port: UInt16) {
        (self.text, self.host, self.port) = (text, host, port)
    }

    /// Reads `127.0.0.1:7880` or `[::1]:7880`, as after `server` of an upstream; `nil` for a socket of a file's name.
    init?(_ text: String) {
        guard !text.hasPrefix("unix:") else { return nil }
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
        let colon = text[(end ?? text.startIndex)...].lastIndex(of: ":")
        let host = text[..<(colon ?? text.endIndex)].drop { $0 == "[" }.prefix { $0 != "]" }
        guard !host.isEmpty, let port = colon.map({ UInt16(text[text.index(after: $0)...]) }) ?? 80 else { return nil }
        self.init(text: text, host: host == "localhost" ? "127.0.0.1" : String(host), port: port)
    }

    var isLoopback: Bool { host == "::1" || Self.isLoopback(host) }

    private static func isLoopback(_ host: String) -> Bool {
        var address = in_addr()
        return unsafe inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    /// Whether a `proxy_pass` leads here, by the name of the upstream or by the address.
    func isTarget(of pass: String, upstreams: [String: [NginxConfiguration.Target]]) -> Bool {
        for scheme in ["http://", "https://"] where pass.hasPrefix(scheme) {
            let authority = pass.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            if let servers = upstreams[String(authority)] {
                return servers.contains { isSame(as: LiveKitAddress($0.server)) }
            }
            return isSame(as: LiveKitAddress(String(authority)))
        }
        return false
    }

    private func isSame(as other: LiveKitAddress?) -> Bool {
        guard let other, other.port == port else { return false }
        return other.host == host || other.isLoopback && isLoopback
    }
}

/// The IP addresses of this machine that are not loopback (getifaddrs(3)).
enum OwnAddresses {
    private static let maximum = 64

    /// In the order of the interfaces; without those of one link alone, which need its name.
    static var others: [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var found: [String] = []
        var next = unsafe first
        while let entry = unsafe next, found.count < maximum {
            if let address = unsafe entry.pointee.ifa_addr, let text = unsafe text(of: address),
                isUsable(text), !found.contains(text)
            {
                found.append(text)
            }
            unsafe next = entry.pointee.ifa_next
        }
        return found
    }

    /// Whether an address is neither loopback nor of one link.
    static func isUsable(_ text: String) -> Bool {
        !text.hasPrefix("127.") && text != "::1" && !text.hasPrefix("fe80:") && !text.hasPrefix("169.254.")
    }

    private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        let family = Int32(unsafe address.pointee.sa_family)
        let length: Int
        switch family {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = unsafe getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        return code == 0 ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
