import Glibc
import Synchronization

/// Where lines go: each whole, in one write, or a failure that the caller learns of.
///
/// A reader that has stopped reading (a full pipe, a hung journal) must not hold the workers: the first line that finds
/// it so waits for half a second, the lines after it do not wait at all until one gets through again.
final class LineSink: Sendable {
    /// Milliseconds.
    ///
    /// It must leave a request time to be answered within its deadline.
    private static let patience: Int32 = 500

    private let state: Mutex<State>

    private struct State: ~Copyable {
        var descriptor: Int32
        let kind: Kind
        /// Whether the last line got through.
        var isFlowing = true
        /// Whether the last write ended in the midst of a line, which nothing may be appended to.
        var isTorn = false
    }

    private enum Kind: Equatable {
        case plain
        /// A socket, as the journal gives services; a write that must not wait needs a flag there.
        case socket
    }

    enum Failure: Error, Equatable, CustomStringConvertible {
        case stuck
        case failed(errno: Int32)

        var description: String {
            switch self {
            case .stuck: "nobody reads what is written"
            case .failed(let code): unsafe String(cString: strerror(code))
            }
        }
    }

    static let standardOutput = LineSink(standardStream: STDOUT_FILENO)
    static let standardError = LineSink(standardStream: STDERR_FILENO)

    /// Appends to a file, which is made with mode 0640 if there is none.
    init(appendingTo path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        state = Mutex(State(descriptor: descriptor, kind: .plain))
    }

    private init(standardStream descriptor: Int32) {
        var status = stat()
        _ = unsafe fstat(descriptor, &status)
        var state = State(descriptor: descriptor, kind: status.st_mode & S_IFMT == S_IFSOCK ? .socket : .plain)
        if status.st_mode & S_IFMT == S_IFIFO {
            // The pipe that we inherit is others' too, so it must go on blocking; one that we open ourselves need not.
            let own = unsafe open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            if own >= 0 { state.descriptor = own }
        }
        self.state = Mutex(state)
    }

    /// Writes one line.
    ///
    /// - Parameter line: without its end.
    /// - Throws: if not all of it was written. A part of it may have been; then it is cut off from what follows.
    func write(_ line: [UInt8]) throws(Failure) {
        try state.withLock { (state) throws(Failure) in
            var bytes = line
            bytes.append(UInt8(ascii: "\n"))
            if state.isTorn { bytes.insert(UInt8(ascii: "\n"), at: 0) }
            var written = 0
            defer {
                state.isTorn = written < bytes.count && (written > 0 || state.isTorn)
                state.isFlowing = written == bytes.count
            }
            while written < bytes.count {
                let count = Self.write(bytes, from: written, to: state)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    guard state.isFlowing, Self.waitUntilWritable(state.descriptor) else { throw .stuck }
                } else if errno != EINTR {
                    throw .failed(errno: errno)
                }
            }
        }
    }

    private static func write(_ bytes: [UInt8], from start: Int, to state: borrowing State) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
            return switch state.kind {
            case .plain: unsafe Glibc.write(state.descriptor, rest.baseAddress, rest.count)
            case .socket:
                unsafe send(state.descriptor, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
        }
    }

    private static func waitUntilWritable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, patience) == 1
    }
}
