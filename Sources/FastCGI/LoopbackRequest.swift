import CLinux
import Glibc

/// A request of the responder to itself, which shows whether its workers finish requests.
///
/// It takes the way of a web server's request: listening socket, queue, worker, library, handler. Its methods do not
/// wait.
package final class LoopbackRequest {
    /// How far the request has come.
    package enum Progress: Equatable, Sendable {
        case waiting
        /// A worker has finished the request.
        case finished
        /// The connection failed, or ended before the whole answer.
        case failed
    }

    /// The `SCRIPT_NAME` of the request; no web server sends requests for it.
    package static let path = "/self"

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Sends the request on an open connection.
    init(sendingOn descriptor: Int32) {
        self.descriptor = descriptor
        let message = Record.request(
            ["REQUEST_METHOD": "GET", "SCRIPT_NAME": Self.path],
            keepsConnection: false
        )
        _ = unsafe message.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads what has arrived, and judges it.
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

    /// The body of the answer, once the request is finished (RFC 3875 §6.2.1).
    package var body: [UInt8] {
        var document: [UInt8] = []
        var rest = received[...]
        while rest.count >= Record.headerLength {
            let header = Array(rest.prefix(Record.headerLength))
            let length = Int(header[4]) << 8 | Int(header[5])
            let content = rest.dropFirst(Record.headerLength).prefix(length)
            if header[1] == Record.Kind.stdout.rawValue { document += content }
            rest = rest.dropFirst(Record.headerLength + length + Int(header[6]))
        }
        let separator = Array("\r\n\r\n".utf8)
        let start = document.indices.first { document[$0...].starts(with: separator) }
        return start.map { Array(document[($0 + separator.count)...]) } ?? []
    }

    /// Whether an answer has arrived, and after it FCGI_END_REQUEST.
    private var isWhole: Bool {
        let end = received.suffix(Record.headerLength * 2)
        return received.count > Record.headerLength * 2 && received[1] == Record.Kind.stdout.rawValue
            && end[end.startIndex + 1] == Record.Kind.endRequest.rawValue
    }
}

extension LoopbackRequest {
    /// Sends the request to the responder that listens at a path, which may be another process.
    ///
    /// - Throws: if the connection fails.
    package convenience init(connectingTo path: String) throws(SystemError) {
        guard let address = try? SocketAddress(path: path) else { throw SystemError("connect", code: ENAMETOOLONG) }
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(kind), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        guard address.connect(descriptor) == 0 else {
            let error = SystemError("connect")
            close(descriptor)
            throw error
        }
        self.init(sendingOn: descriptor)
    }
}

extension Responder {
    /// Sends a request to this responder.
    ///
    /// A pair of sockets replaces a listening socket that this process cannot connect to: its file is another user's,
    /// is gone, or is another process's by now. Then everything is tested but the accepting.
    package func sendLoopbackRequest() -> LoopbackRequest {
        if let path = listener.path {
            do throws(SystemError) {
                return try makingRoom { () throws(SystemError) in try LoopbackRequest(connectingTo: path) }
            } catch {
                // A full backlog is a result, and so is a lack of descriptors with no connection to spare.
                let isElsewhere = [EACCES, EPERM, ENOENT, ENOTDIR, ECONNREFUSED, ENOTSOCK, EPROTOTYPE]
                guard isElsewhere.contains(error.code) else { return LoopbackRequest(sendingOn: -1) }
            }
        }
        let pair = try? makingRoom { () throws(SystemError) in try Self.socketPair() }
        guard let (own, second, other) = pair else { return LoopbackRequest(sendingOn: -1) }
        if let connection = admit(own, second: second) { try? enqueue(connection) }
        return LoopbackRequest(sendingOn: other)
    }

    /// A connection of this process with itself: the two descriptors of one end, and the other end.
    private static func socketPair() throws(SystemError) -> (own: Int32, second: Int32, other: Int32) {
        var pair: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw SystemError("socketpair")
        }
        let second = fcntl(pair[0], F_DUPFD_CLOEXEC, 0)
        guard second >= 0 else {
            let error = SystemError("dup")
            for descriptor in pair { close(descriptor) }
            throw error
        }
        return (pair[0], second, pair[1])
    }
}
