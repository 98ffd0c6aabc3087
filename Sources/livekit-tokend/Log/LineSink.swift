import Glibc
import Synchronization

/// Where lines go: each whole, in one write, or a failure that the caller learns of.
///
/// A write to a pipe or a socket takes a line whole or not at all, and one to a file stops short only where the disk is
/// full; so writers need no lock as long as all goes well. A reader that has stopped reading (a full pipe, a hung
/// journal) must not hold the workers: the first line that finds it so waits for half a second, the lines after it do
/// not wait at all until one gets through again.
final class LineSink: Sendable {
    /// Milliseconds.
    ///
    /// It must leave a request time to be answered within its deadline.
    private static let patience: Int32 = 500

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

    private let descriptor: Int32
    private let kind: Kind
    /// The name of the file, if it is one that `follow` keeps to.
    private let path: String?
    /// Whether the file has lost its name and there is no new one.
    private let isLost = Atomic<Bool>(false)
    /// Whether the last line did not get through, so that the next one has more to do than to be written.
    private let isTroubled = Atomic<Bool>(false)
    private let trouble = Mutex(Trouble())

    private enum Kind {
        case plain
        /// A socket, as the journal gives services; a write that must not wait needs a flag there.
        case socket
    }

    private struct Trouble {
        /// Whether somebody has waited already, and in vain.
        var isStuck = false
        /// Whether the last write ended in the midst of a line, which nothing may be appended to.
        var isTorn = false
    }

    /// Appends to a file, which is made with mode 0640 if there is none.
    init(appendingTo path: String) throws(Failure) {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        self.descriptor = descriptor
        kind = .plain
        var status = stat()
        self.path = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? path : nil
    }

    /// Goes on in a new file if the one that is written to has been moved away or removed, as logs are rotated.
    ///
    /// It is to be called every now and then; what is written between the two is in the former file.
    func follow() {
        guard let path else { return }
        var (named, written) = (stat(), stat())
        _ = unsafe fstat(descriptor, &written)
        if unsafe stat(path, &named) == 0, named.st_dev == written.st_dev, named.st_ino == written.st_ino { return }
        let new = Self.open(path)
        isLost.store(new < 0, ordering: .releasing)
        guard new >= 0 else { return }
        // The number stays, so whoever is writing needs no lock.
        _ = dup2(new, descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        close(new)
    }

    private static func open(_ path: String) -> Int32 {
        unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
    }

    private init(standardStream: Int32) {
        var status = stat()
        _ = unsafe fstat(standardStream, &status)
        kind = status.st_mode & S_IFMT == S_IFSOCK ? .socket : .plain
        // A pipe that we inherit is others' too, so it must go on blocking; one that we open ourselves need not.
        let isPipe = status.st_mode & S_IFMT == S_IFIFO
        let own = isPipe ? unsafe Glibc.open("/proc/self/fd/\(standardStream)", O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1
        descriptor = own >= 0 ? own : standardStream
        path = nil
    }

    /// Writes one line.
    ///
    /// - Parameter line: without its end.
    /// - Throws: if not all of it was written. A part of it may have been; then it is cut off from what follows.
    func write(_ line: consuming [UInt8]) throws(Failure) {
        guard !isLost.load(ordering: .acquiring) else { throw .failed(errno: ENOENT) }
        line.append(UInt8(ascii: "\n"))
        if isTroubled.load(ordering: .acquiring) { return try writeInTrouble(line, written: 0) }
        let written = writeOnce(line[...])
        if written < line.count { try writeInTrouble(line, written: max(0, written)) }
    }

    /// Goes on with a line that did not get through at once.
    private func writeInTrouble(_ line: [UInt8], written: Int) throws(Failure) {
        try trouble.withLock { (trouble) throws(Failure) in
            var rest = line[written...]
            if trouble.isTorn && written == 0 { rest = [UInt8(ascii: "\n")] + rest }
            let length = rest.count
            isTroubled.store(true, ordering: .releasing)
            defer {
                trouble.isTorn = !rest.isEmpty && (written > 0 || rest.count < length || trouble.isTorn)
                trouble.isStuck = !rest.isEmpty
                isTroubled.store(!rest.isEmpty, ordering: .releasing)
            }
            while !rest.isEmpty {
                let count = writeOnce(rest)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    guard !trouble.isStuck, waitUntilWritable() else { throw .stuck }
                } else if errno != EINTR {
                    throw .failed(errno: errno)
                }
            }
        }
    }

    private func writeOnce(_ bytes: ArraySlice<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes {
            switch kind {
            case .plain: unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            case .socket: unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
        }
    }

    private func waitUntilWritable() -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, Self.patience) == 1
    }
}
