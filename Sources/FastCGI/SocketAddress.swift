import Glibc

/// The address of a socket of the Unix domain (unix(7)).
package struct SocketAddress {
    /// What `sun_path` holds, less a NUL and the suffix that a socket has until it is ready.
    static let maximumPathLength = 96

    private var address = sockaddr_un()
    private var length = socklen_t(MemoryLayout<sockaddr_un>.size)

    /// The address of a path of the file system.
    init(path: String) throws(ListeningSocketError) {
        let bytes = Array(path.utf8)
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) - 1, !bytes.contains(0) else {
            throw .pathTooLong(path: path)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    }

    /// The address that systemd writes as an absolute path, or as `@` and an abstract name; `nil` for anything else.
    package init?(notation: String) {
        guard notation.hasPrefix("/") || notation.hasPrefix("@"), notation.utf8.count > 1 else { return nil }
        do throws(ListeningSocketError) { try self.init(path: notation) } catch { return nil }
        if notation.hasPrefix("@") {
            // An abstract name begins with a NUL, and ends where the length says: a further NUL would belong to it.
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0[0] = 0 }
            length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + socklen_t(notation.utf8.count)
        }
    }

    /// The path that a socket was given; `nil` if it has none.
    static func path(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        let bytes = unsafe withUnsafeBytes(of: &address.sun_path) { unsafe Array($0.prefix { $0 != 0 }) }
        return bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self)
    }

    func bind(_ descriptor: Int32) -> Int32 {
        unsafe withAddress { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    package func connect(_ descriptor: Int32) -> Int32 {
        unsafe withAddress { unsafe Glibc.connect(descriptor, $0, $1) }
    }

    private func withAddress(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, length) }
        }
    }
}
