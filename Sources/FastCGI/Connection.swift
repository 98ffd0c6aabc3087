import CLinux
import Glibc
import Synchronization

/// A connection from a web server, with two descriptors: one of the responder's, and one that the library may close.
///
/// The library closes the descriptor that it was handed when it dislikes a request. Were that the only one, its number
/// could belong to another connection by the time a deadline passes. A registration with epoll ends with the last
/// descriptor, so the responder's decides when.
final class Connection: Sendable {
    let descriptor: Int32
    private let ownedByLibrary: Atomic<Int32>
    /// The name of the connection in the readiness queue, which no other connection ever has.
    let token: UInt64
    private let load: Load

    /// Takes both descriptors of a connection that was just accepted.
    init(accepted descriptor: Int32, second: Int32, token: UInt64, load: Load) {
        self.descriptor = descriptor
        ownedByLibrary = Atomic(second)
        self.token = token
        self.load = load
        load.connectionOpened()
    }

    /// The descriptor that the library reads and writes; -1 once it has closed it.
    var libraryDescriptor: Int32 { ownedByLibrary.load(ordering: .relaxed) }

    /// To be called when the library has closed its descriptor.
    func forgetLibraryDescriptor() {
        ownedByLibrary.store(-1, ordering: .relaxed)
    }

    /// Bounds each single read and write of the library, which would otherwise wait for ever.
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

    /// Whether bytes have arrived that no worker has read yet.
    var hasInput: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Ends the connection for both descriptors: a read that waits returns at once.
    func shutDown() {
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    deinit {
        close(descriptor)
        if libraryDescriptor >= 0 { close(libraryDescriptor) }
        load.connectionClosed()
    }
}
