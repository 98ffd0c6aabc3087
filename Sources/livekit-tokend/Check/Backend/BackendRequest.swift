import Daemon
import Glibc

/// One request to a back end on this machine, as nginx's `auth_request` sends it, and what came of it.
///
/// The time and the bytes of an answer are bounded: after `deadline` what has come counts.
struct BackendRequest {
    /// Nanoseconds; the longest that a recipe gives a back end, and as much again.
    static let deadline: Int64 = 10_000_000_000
    /// In bytes; more than nginx takes of the headers of an answer with the buffers that we advise.
    static let maximumLength = 65_536

    /// What came of a request.
    enum Outcome: Equatable {
        /// No process listens there, or none takes the connection; the code is one of errno(3).
        case notConnected(code: Int32)
        /// These bytes came, in so many nanoseconds.
        case answered([UInt8], after: Int64)
        /// The deadline passed before the headers of an answer had come.
        case silent
    }

    let url: BackendURL
    /// The host that clients name.
    let host: String
    /// The value of the header Cookie.
    let cookie: [UInt8]?

    /// The bytes of the request.
    var message: [UInt8] {
        let lines = [
            // nginx speaks HTTP/1.0 to what it passes requests to, unless it is told otherwise.
            "GET \(url.target) HTTP/1.0", "Host: \(host)", "Connection: close", "X-Forwarded-Proto: https",
            "X-Forwarded-Host: \(host)", "X-Forwarded-For: 127.0.0.1",
            "X-Original-URL: https://\(host)/livekit/token", "X-Original-Method: POST",
        ]
        var bytes = Array(lines.map { "\($0)\r\n" }.joined().utf8)
        if let cookie { bytes += Array("Cookie: ".utf8) + cookie + Array("\r\n".utf8) }
        return bytes + Array("\r\n".utf8)
    }

    /// Sends the request, and waits for the headers of the answer.
    func send() -> Outcome {
        let start = MonotonicClock.nanoseconds
        let family = url.address == .v6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return .notConnected(code: errno) }
        defer { close(descriptor) }
        guard connect(descriptor) == 0 || errno == EINPROGRESS else { return .notConnected(code: errno) }
        guard wait(descriptor, POLLOUT, since: start) else { return .silent }
        var (code, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { return .notConnected(code: code) }

        var rest = message[...]
        while !rest.isEmpty, wait(descriptor, POLLOUT, since: start) {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A back end may answer before it has read all.
            guard count > 0 || errno == EINTR || errno == EAGAIN else { break }
            rest = rest.dropFirst(max(0, count))
        }
        return receive(descriptor, since: start)
    }

    private func receive(_ descriptor: Int32, since start: Int64) -> Outcome {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < Self.maximumLength, !BackendAnswer.isWhole(bytes) {
            guard wait(descriptor, POLLIN, since: start) else { return .silent }
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return .answered(bytes, after: MonotonicClock.nanoseconds - start)
    }

    private func connect(_ descriptor: Int32) -> Int32 {
        switch url.address {
        case .v4(let address):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = url.port.bigEndian
            name.sin_addr.s_addr = address
            return unsafe withUnsafeBytes(of: &name) { unsafe Self.connect(descriptor, $0) }
        case .v6:
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = url.port.bigEndian
            name.sin6_addr = in6addr_loopback
            return unsafe withUnsafeBytes(of: &name) { unsafe Self.connect(descriptor, $0) }
        }
    }

    private static func connect(_ descriptor: Int32, _ name: UnsafeRawBufferPointer) -> Int32 {
        unsafe Glibc.connect(
            descriptor,
            name.baseAddress?.assumingMemoryBound(to: sockaddr.self),
            socklen_t(name.count)
        )
    }

    /// Whether the descriptor becomes ready within the deadline.
    private func wait(_ descriptor: Int32, _ events: Int32, since start: Int64) -> Bool {
        while true {
            let elapsed = MonotonicClock.nanoseconds - start
            guard elapsed < Self.deadline else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = unsafe poll(&entry, 1, Int32((Self.deadline - elapsed) / 1_000_000) + 1)
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}
