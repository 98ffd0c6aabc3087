import CLinux
import Glibc

/// A listening stream socket of the Unix domain, on which web servers connect.
///
/// It is never of a network: only a local peer has a user that can be checked.
package final class ListeningSocket: Sendable {
    /// The number of connections that the kernel holds until a worker accepts them; nginx fails at once beyond it.
    static let backlog: Int32 = 4096

    /// The descriptor, open for as long as this object lives.
    package let descriptor: Int32
    /// The path; `nil` if the socket has no name in the file system.
    package let path: String?
    /// Whether another process made the socket, and keeps it for the next one.
    let isInherited: Bool

    /// Takes over a descriptor that listens already.
    ///
    /// - Throws: `.notAListeningUnixSocket`.
    package convenience init(inheriting descriptor: Int32) throws(ListeningSocketError) {
        try self.init(listening: descriptor, at: SocketAddress.path(of: descriptor), isInherited: true)
    }

    private init(listening descriptor: Int32, at path: String?, isInherited: Bool) throws(ListeningSocketError) {
        guard Self.isListening(descriptor) else { throw .notAListeningUnixSocket(descriptor: descriptor) }
        self.descriptor = descriptor
        self.path = path
        self.isInherited = isInherited
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Listens at a path of the file system.
    ///
    /// The socket gets its mode and group before its name, so that no other user connects too early. An existing file
    /// is replaced only if it is a socket without a listener.
    ///
    /// - Parameters:
    ///   - path: at most 99 bytes, so that the number of any process has room after it.
    ///   - groups: the groups whose members may connect, beside the owner. A file has one group: with more, or with one
    ///     that cannot be given, or with `nil`, every user may, and only the check of the peer's user keeps others out.
    package convenience init(path: String, groups: Set<UInt32>?) throws(ListeningSocketError) {
        try Self.checkReplaceable(path)
        let temporary = "\(path).\(getpid())"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed(SystemError("socket")) }
        do throws(ListeningSocketError) {
            let address = try SocketAddress(path: temporary)
            unsafe unlink(temporary)
            guard address.bind(descriptor) == 0 else { throw .cannotBeMade(path: path, SystemError("bind")) }
            guard unsafe chmod(temporary, Self.mode(of: temporary, for: groups)) == 0,
                listen(descriptor, Self.backlog) == 0,
                unsafe rename(temporary, path) == 0
            else {
                throw .failed(SystemError("listen at \(path)"))
            }
            // The kernel still knows the socket by its former name.
            try self.init(listening: descriptor, at: path, isInherited: false)
        } catch {
            unsafe unlink(temporary)
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(descriptor)
    }

    /// Whether a descriptor is a listening stream socket of the Unix domain.
    package static func isListening(_ descriptor: Int32) -> Bool {
        option(SO_ACCEPTCONN, of: descriptor) == 1 && option(SO_DOMAIN, of: descriptor) == AF_UNIX
            && option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
    }

    /// Gives a socket its group.
    ///
    /// - Returns: the mode with which the groups can connect.
    private static func mode(of path: String, for groups: Set<UInt32>?) -> mode_t {
        guard let groups else { return 0o666 }
        guard let group = groups.first else { return 0o600 }
        let isGroupSet = unsafe chown(path, uid_t.max, group) == 0
        return isGroupSet && groups.count == 1 ? 0o660 : 0o666
    }

    /// Makes sure that the path names no file, or a socket without a listener.
    private static func checkReplaceable(_ path: String) throws(ListeningSocketError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        guard !hasListener(at: path) else { throw .inUse(path: path) }
    }

    /// Whether a process listens on the socket at a path; `true` if that cannot be found out.
    package static func hasListener(at path: String) -> Bool {
        guard let address = try? SocketAddress(path: path) else { return false }
        // Not blocking: at a full backlog a connection waits for as long as the listener hangs.
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let probe = socket(AF_UNIX, Int32(kind), 0)
        defer { close(probe) }
        return address.connect(probe) == 0 || errno != ECONNREFUSED
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}

/// Why a process cannot listen.
package enum ListeningSocketError: Error, Equatable {
    /// An inherited descriptor is something else.
    case notAListeningUnixSocket(descriptor: Int32)
    /// The path names something else than a socket.
    case notASocket(path: String)
    /// Another process listens at the path.
    case inUse(path: String)
    /// The folder of the path takes no socket.
    case cannotBeMade(path: String, SystemError)
    /// The path does not fit into an address.
    case pathTooLong(path: String)
    /// The system refuses.
    case failed(SystemError)
}
