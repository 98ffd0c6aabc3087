import CLinux
import Glibc
import Synchronization

/// A connection from a web server, with two descriptors of it: one that we keep, and one that the library may close.
///
/// The library closes what it was handed whenever it dislikes a request. Were that our only descriptor, its number
/// could belong to another connection by the time a deadline strikes; and a registration with epoll ends with the last
/// descriptor, so ours decides when.
final class Connection: Sendable {
    let descriptor: Int32
    /// What the library reads and writes; -1 once it has closed it.
    private let lentDescriptor: Atomic<Int32>
    /// What names the connection in the readiness queue: never used twice.
    let token: UInt64

    /// Takes a connection that was just accepted.
    ///
    /// - Throws: where descriptors have run out; the connection is closed then.
    init(accepted descriptor: Int32, token: UInt64) throws(SystemError) {
        let lent = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard lent >= 0 else {
            let error = SystemError("dup")
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        lentDescriptor = Atomic(lent)
        self.token = token
    }

    var lent: Int32 { lentDescriptor.load(ordering: .relaxed) }

    /// Notes that the library has closed what it was lent.
    func forgetLent() {
        lentDescriptor.store(-1, ordering: .relaxed)
    }

    /// Bounds every single read and write of the library, which waits for ever by itself.
    func limitEachCall(toMilliseconds limit: Int64) {
        var time = timeval(tv_sec: Int(limit / 1000), tv_usec: Int(limit % 1000 * 1000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// The user of the peer; `nil` if the kernel does not say.
    static func peer(of descriptor: Int32) -> UInt32? {
        var user = uid_t()
        return unsafe peer_user(descriptor, &user) == 0 ? user : nil
    }

    /// Ends the connection for everybody who holds a descriptor of it: a read that waits returns at once.
    func shutDown() {
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    deinit {
        close(descriptor)
        if lent >= 0 { close(lent) }
    }
}
