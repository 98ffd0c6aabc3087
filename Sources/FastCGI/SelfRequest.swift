import Glibc

/// A request of the responder to itself, as a web server would send it: whoever wants to know whether a worker can
/// finish one must not ask anybody else.
///
/// It goes through everything that a request goes through: the listening socket, the queue, a worker, the library, the
/// handler. Nothing here waits.
package final class SelfRequest {
    package enum Progress: Equatable, Sendable {
        case waiting
        /// A worker has finished it.
        case finished
        /// There is no connection, or no whole answer came of it.
        case failed
    }

    /// Its `SCRIPT_NAME`, at which no web server sends anything.
    package static let path = "/self"

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Sends the request on a connection that is open.
    init(sendingOn descriptor: Int32) {
        self.descriptor = descriptor
        let message = Record.request(
            parameters: [("REQUEST_METHOD", "GET"), ("SCRIPT_NAME", Self.path)],
            body: [],
            keepsConnection: false
        )
        _ = unsafe message.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads what has come so far.
    package func progress() -> Progress {
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            switch count {
            case 0: return isWhole ? .finished : .failed
            case 1...: received += buffer.prefix(count)
            default: return errno == EAGAIN || errno == EINTR ? .waiting : .failed
            }
        }
    }

    /// Whether an answer came, and after it the record that ends a request.
    private var isWhole: Bool {
        let end = received.suffix(Record.headerLength * 2)
        return received.count > Record.headerLength * 2 && received[1] == Record.Kind.stdout.rawValue
            && end[end.startIndex + 1] == Record.Kind.endRequest.rawValue
    }
}

extension SelfRequest {
    /// Sends the request to the responder that listens at a path, which may be another process's.
    ///
    /// - Throws: where there is no connection; the code says why.
    package convenience init(connectingTo path: String) throws(SystemError) {
        guard let address = try? SocketAddress(path: path) else { throw SystemError("connect", code: ENAMETOOLONG) }
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(kind), 0)
        guard address.connect(descriptor) == 0 else {
            let error = SystemError("connect")
            close(descriptor)
            throw error
        }
        self.init(sendingOn: descriptor)
    }
}

extension Responder {
    /// Sends a request to ourselves.
    ///
    /// Where our own socket does not let us in (its file is another user's, is gone, or is somebody else's by now), a
    /// pair of sockets takes its place; then all is tried but the accepting.
    package func requestToSelf() -> SelfRequest {
        if let path = listener.path {
            do throws(SystemError) {
                return try SelfRequest(connectingTo: path)
            } catch {
                // A backlog that is full, or descriptors that have run out, are the answer that was asked for.
                let isElsewhere = [EACCES, EPERM, ENOENT, ENOTDIR, ECONNREFUSED, ENOTSOCK, EPROTOTYPE]
                guard isElsewhere.contains(error.code) else { return SelfRequest(sendingOn: -1) }
            }
        }
        var pair: [Int32] = [-1, -1]
        _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
        if pair[0] >= 0 { try? welcome(pair[0]) }
        return SelfRequest(sendingOn: pair[1])
    }
}
