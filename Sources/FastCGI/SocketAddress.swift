import CLinux
import Glibc

/// A path as the address of a socket of the Unix domain (unix(7)).
struct SocketAddress {
    private let path: [UInt8]

    /// Takes a path that fits into `sun_path` with a NUL after it.
    init(path: String) throws(ListeningSocketError) {
        let bytes = Array(path.utf8)
        guard (1..<MemoryLayout.size(ofValue: sockaddr_un().sun_path)).contains(bytes.count), !bytes.contains(0) else {
            throw .pathTooLong(path: path)
        }
        self.path = bytes
    }

    /// The path that a socket was bound to; `nil` if it has no name in the file system.
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

    /// bind(2).
    func bind(_ descriptor: Int32) -> Int32 {
        unsafe unix_bind(descriptor, path, path.count)
    }

    /// connect(2).
    func connect(_ descriptor: Int32) -> Int32 {
        unsafe unix_connect(descriptor, path, path.count)
    }
}
