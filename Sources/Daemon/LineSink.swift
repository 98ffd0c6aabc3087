import CLinux
import Glibc
import Synchronization

/// A sink of lines: each is written whole, in one write, or the caller learns that it was not.
///
/// A write to a pipe or a socket takes a line whole or not at all, and one to a file stops short only where the disk is
/// full; so writers need no lock as long as all goes well. A reader that has stopped reading (a full pipe, a hung
/// journal, a stopped terminal) must not hold the writers: the first line that meets it waits for half a second, and
/// the lines after it do not wait until there is room again.
///
/// What is opened here, and a socket, can be told not to wait. A regular file never waits for a reader. Every other
/// stream is shared with the processes that it was inherited from, and is written by a thread of its own (`LineRelay`).
package final class LineSink: Sendable {
    /// Milliseconds for which a line may wait; a request must have time left to be answered within its deadline.
    package static let patience: Int32 = 500

    /// Why a line was not written whole, or a file not opened.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// The reader does not read.
        case stuck
        /// A symbolic link names a file, and root would be led by it to one that the owner of the folder chose.
        case link
        case failed(errno: Int32)

        /// A clause that says why.
        package var description: String {
            switch self {
            case .stuck: "the reader has stopped reading"
            case .link: "it is a symbolic link, which root does not follow here; name the file that it leads to"
            case .failed(let code): SystemErrorText.of(code)
            }
        }
    }

    /// Standard output.
    package static let standardOutput = LineSink(inheriting: STDOUT_FILENO)
    /// Standard error.
    package static let standardError = LineSink(inheriting: STDERR_FILENO)

    private let descriptor: Int32
    private let kind: Kind
    private let relay: LineRelay?
    private let isOwned: Bool
    /// The path of the file, if it is one that `follow` watches.
    private let path: String?
    /// Changed under the lock only.
    private let state = Atomic<State>(.flowing)
    /// The lock, with the state before the file was lost.
    private let lock = Mutex(State.flowing)

    private enum Kind {
        case plain
        /// A socket, as the journal gives to services; there a write that must not wait needs a flag.
        case socket
    }

    /// | state | how the latest line ended | what the next line does |
    /// | --- | --- | --- |
    /// | `flowing` | whole | is written without the lock |
    /// | `recovering` | a writer with the lock goes on with it | waits for the lock |
    /// | `failing` | not at all | takes the lock, and does not wait for the reader |
    /// | `failingMidLine` | in its midst | the same, after an end of line |
    /// | `lost` | – (the file has lost its name, and no new one can be made) | fails |
    ///
    /// A file that gets its name back has the state that it had before.
    private enum State: UInt8, AtomicRepresentable {
        case flowing
        case recovering
        case failing
        case failingMidLine
        case lost
    }

    /// Appends to a file, which is made with mode 0640 if it does not exist.
    package init(appendingTo path: String) throws(Failure) {
        descriptor = try Self.open(path)
        isOwned = true
        relay = nil
        kind = .plain
        var status = stat()
        self.path = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? path : nil
    }

    /// Continues in a new file if the current one has been renamed or removed, as logs are rotated.
    ///
    /// To be called on one thread, every now and then; lines that are written in between go to the former file.
    package func follow() {
        guard let path else { return }
        var (named, written) = (stat(), stat())
        _ = unsafe fstat(descriptor, &written)
        let isSame = unsafe stat(path, &named) == 0 && named.st_dev == written.st_dev && named.st_ino == written.st_ino
        if isSame && state.load(ordering: .relaxed) != .lost { return }
        lock.withLock { former in
            if isSame { return state.store(former, ordering: .releasing) }
            let before = state.load(ordering: .relaxed)
            let new: Int32
            do throws(Failure) {
                new = try Self.open(path)
            } catch {
                // The former file is still a log where only descriptors are short.
                let isShortage = [EMFILE, ENFILE, ENOMEM].map { Failure.failed(errno: $0) }.contains(error)
                if before != .lost, isShortage { return }
                if before != .lost { former = before }
                return state.store(.lost, ordering: .releasing)
            }
            // The number stays, so that writers of whole lines need no lock.
            _ = dup2(new, descriptor)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            close(new)
            state.store(.flowing, ordering: .releasing)
        }
    }

    /// Makes sure that this process may append to a file, or make it, without doing either.
    package static func requireAppendable(_ path: String) throws(Failure) {
        if FileStatus(path)?.kind == .directory { throw .failed(errno: EISDIR) }
        let isThere = unsafe faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0
        let (place, right) = isThere ? (path, W_OK) : (parent(of: path), W_OK | X_OK)
        let result = unsafe faccessat(AT_FDCWD, place, right, AT_EACCESS)
        guard result == 0 else { throw .failed(errno: errno) }
    }

    /// Opens a file for appending, and makes it where it is missing.
    ///
    /// A file that root makes belongs to the owner of its folder: it would be out of reach of the service. Root follows
    /// links in folders alone where no other user can make one, and makes no file behind any.
    private static func open(_ path: String) throws(Failure) -> Int32 {
        let folder = geteuid() == 0 ? FileStatus(parent(of: path)) : nil
        let follow = folder.map { $0.owner == 0 && $0.permissions & 0o022 == 0 } ?? true
        let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW)
        var descriptor = unsafe Glibc.open(path, flags)
        if descriptor < 0, errno == ENOENT {
            descriptor = unsafe Glibc.open(path, flags | O_CREAT | O_EXCL, 0o640)
            if descriptor >= 0, let folder { _ = fchown(descriptor, folder.owner, folder.group) }
        }
        if descriptor < 0, errno == EEXIST {
            // Another process was faster, or the path is a link to a file that is missing.
            descriptor = unsafe Glibc.open(path, folder == nil ? flags | O_CREAT : flags, 0o640)
            if descriptor < 0, errno == ENOENT { throw .link }
        }
        if descriptor < 0, errno == ELOOP, !follow { throw .link }
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        return descriptor
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Writes to a stream that other processes may share; it stays open.
    ///
    /// - Parameter patience: milliseconds for which a line may wait, where the stream is none that can be told not to.
    package init(inheriting stream: Int32, patience: Int32 = LineSink.patience) {
        var status = stat()
        _ = unsafe fstat(stream, &status)
        kind = status.st_mode & S_IFMT == S_IFSOCK ? .socket : .plain
        let canWait = ![S_IFSOCK, S_IFREG].contains(status.st_mode & S_IFMT)
        relay = canWait ? LineRelay(to: stream, patience: Int64(patience)) : nil
        descriptor = stream
        isOwned = false
        path = nil
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Writes one line.
    ///
    /// - Parameter line: without its end.
    /// - Throws: if the line was not written whole. A part of it may have been: that is cut off from what follows.
    package func write(_ line: consuming [UInt8]) throws(Failure) {
        line.append(UInt8(ascii: "\n"))
        if let relay { return try relay.write(line) }
        guard state.load(ordering: .acquiring) == .flowing else { return try writeWithLock(line, written: 0) }
        let written = writeOnce(line[...])
        if written < line.count { try writeWithLock(line, written: max(0, written)) }
    }

    /// Writes the rest of a line that did not get through at once, or a line after one that did not.
    private func writeWithLock(_ line: [UInt8], written: Int) throws(Failure) {
        try lock.withLock { (_) throws(Failure) in
            let before = state.load(ordering: .relaxed)
            guard before != .lost else { throw .failed(errno: ENOENT) }
            var rest = line[written...]
            if before == .failingMidLine && written == 0 { rest = [UInt8(ascii: "\n")] + rest }
            let length = rest.count
            state.store(.recovering, ordering: .releasing)
            defer {
                let endsMidLine = written > 0 || rest.count < length || before == .failingMidLine
                let after: State = rest.isEmpty ? .flowing : endsMidLine ? .failingMidLine : .failing
                state.store(after, ordering: .releasing)
            }
            while !rest.isEmpty {
                let count = writeOnce(rest)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    guard before == .flowing, waitUntilWritable() else { throw .stuck }
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
