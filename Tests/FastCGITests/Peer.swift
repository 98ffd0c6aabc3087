import FastCGI
import Glibc
import Synchronization
import Testing

/// A web server's end of a FastCGI connection, which can be as wrong as a test wants it to be.
final class Peer {
    let descriptor: Int32

    /// Connects to a socket of the file system.
    init(connectingTo path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0, "connect: errno \(errno)")
        var limit = timeval(tv_sec: 120, tv_usec: 0)  // a test that hangs fails
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Sends no more, but still reads.
    func halfClose() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// What FCGI_STDOUT held up to FCGI_END_REQUEST; `nil` if the connection ended before that.
    func answer() -> String? {
        var output: [UInt8] = []
        while let header = read(Record.headerLength) {
            let length = Int(header[4]) << 8 | Int(header[5])
            guard let content = read(length), read(Int(header[6])) != nil else { return nil }
            switch header[1] {
            case Record.Kind.stdout.rawValue: output += content
            case Record.Kind.endRequest.rawValue: return String(decoding: output, as: UTF8.self)
            default: break
            }
        }
        return nil
    }

    /// Waits for the other side to close the connection, whatever it sends before; `false` if it does not.
    func isClosed() -> Bool {
        var byte: UInt8 = 0
        while true {
            switch unsafe recv(descriptor, &byte, 1, 0) {
            case 1: continue
            case 0: return true
            default: return errno == ECONNRESET
            }
        }
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
                return unsafe recv(descriptor, rest.baseAddress, rest.count, 0)
            }
            guard got > 0 else { return nil }
            length += got
        }
        return bytes
    }
}

extension Record {
    /// A request of a peer that keeps its connection, unless a test wants another one.
    static func request(
        _ parameters: KeyValuePairs<String, String> = ["REQUEST_METHOD": "POST"],
        text: String = "",
        role: UInt8 = 1,
        keep: Bool = true
    ) -> [UInt8] {
        request(parameters, body: Array(text.utf8), role: role, keepsConnection: keep)
    }
}

extension Responder.Limits {
    /// Limits that no request meets, however busy the machine is; a test of one sets that one.
    static var patient: Self {
        var limits = Self()
        (limits.receiving, limits.total, limits.firstByte, limits.idle) = (60_000, 60_000, 60_000, 120_000)
        return limits
    }
}

/// A responder that runs on a socket of its own for as long as a test needs it.
final class RunningResponder: Sendable {
    let path: String
    let load = Load()
    private let isOver = Atomic<Bool>(false)
    private let events = Mutex<[Responder.Event]>([])
    private let requests = Mutex<[Request]>([])
    private let hasEnded = Atomic<Bool>(false)
    private let running = Mutex<Responder?>(nil)

    init(
        peers: Set<UInt32> = [geteuid()],
        workers: Int = 2,
        limits: Responder.Limits = .patient,
        maximumBody: Int = 16,
        parameters: [String] = [],
        reserve: WorkerReserve = WorkerReserve(),
        handler: @escaping @Sendable (Request) -> [UInt8] = { request in
            ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: request.body)
        }
    ) throws {
        path = "/tmp/fastcgi-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let socket = try ListeningSocket(path: path, groups: [])
        let responder = try Responder(
            listener: socket,
            peers: peers,
            workers: workers,
            limits: limits,
            maximumBody: maximumBody,
            parameters: parameters,
            load: load,
            reserve: reserve,
            handler: { [self] request in
                requests.withLock { $0.append(request) }
                return handler(request)
            },
            report: { [self] event in events.withLock { $0.append(event) } }
        )
        running.withLock { $0 = responder }
        try responder.start()
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(responder, self)).toOpaque()
        _ = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let box = unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                while !box.owner.isOver.load(ordering: .acquiring) {
                    box.responder.enforceDeadlines()
                    usleep(20_000)
                }
                box.responder.stop()
                box.owner.hasEnded.store(true, ordering: .releasing)
                return nil
            },
            box
        )
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let responder: Responder
        let owner: RunningResponder

        init(_ responder: Responder, _ owner: RunningResponder) {
            self.responder = responder
            self.owner = owner
        }
    }

    var reported: [Responder.Event] { events.withLock(\.self) }
    var received: [Request] { requests.withLock(\.self) }

    /// A request of the responder to itself.
    func sendLoopbackRequest() throws -> LoopbackRequest {
        let responder = running.withLock { $0 }
        return try #require(responder).sendLoopbackRequest()
    }

    /// Tells it to stop, and does not wait.
    func beginStop() {
        isOver.store(true, ordering: .releasing)
    }

    /// Tells it to stop, and waits until it has.
    func stop() -> Bool {
        beginStop()
        _ = Self.eventually { hasEnded.load(ordering: .acquiring) }
        running.withLock { $0 = nil }
        remove(path)
        return hasEnded.load(ordering: .acquiring)
    }

    /// Waits until something is so, for a minute at most.
    static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<6000 {
            if condition() { return true }
            usleep(10_000)
        }
        return condition()
    }
}

/// Something that has happened, or not yet.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() {
        value.store(true, ordering: .releasing)
    }
}

/// Removes a file, if it is there.
func remove(_ path: String) {
    unsafe unlink(path)
}
