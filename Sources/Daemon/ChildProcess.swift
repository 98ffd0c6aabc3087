import CLinux
import Glibc

/// Another program, run as a child of this process and waited for, with bounds on its time and on what it writes.
///
/// The child gets the arguments and the variables that are given, and no descriptor, variable, blocked or ignored
/// signal of this process. Its standard input is empty.
package enum ChildProcess {
    /// How a child ended, and what it wrote.
    package struct Outcome: Equatable, Sendable {
        /// How a child ended.
        package enum End: Equatable, Sendable {
            case exited(status: Int32)
            case killed(signal: Int32)
        }

        package let end: End
        /// What it wrote to standard output, whole.
        package let output: [UInt8]
        /// What it wrote to standard error, of which the first `maximumErrors` bytes are kept.
        package let errors: [UInt8]

        /// Takes what was found.
        package init(_ end: End, output: [UInt8] = [], errors: [UInt8] = []) {
            self.end = end
            self.output = output
            self.errors = errors
        }
    }

    /// In bytes.
    package static let maximumErrors = 4096

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: absolute; `PATH` is not searched.
    ///   - arguments: those after the program's own name.
    ///   - variables: the whole environment of the child.
    ///   - maximumOutput: the bytes that it may write to standard output.
    ///   - milliseconds: the time in which it must have ended.
    /// - Throws: if it cannot be started, writes more or takes longer; it is killed then.
    package static func run(
        _ path: String,
        _ arguments: [String],
        variables: [(name: String, value: String)],
        outputAtMost maximumOutput: Int,
        within milliseconds: Int64
    ) throws(ChildProcessError) -> Outcome {
        let end = MonotonicClock.nanoseconds + milliseconds * 1_000_000
        let output = try Pipe()
        let errors = try Pipe()
        let texts = [path] + arguments
        let environment = variables.map { "\($0.name)=\($0.value)" }
        // A text would end there.
        guard (texts + environment).allSatisfy({ !$0.utf8.contains(0) }) else { throw .cannotStart(code: EINVAL) }
        let process = try start(path, texts, environment, output.writer.number, errors.writer.number)
        output.writer.close()
        errors.writer.close()
        do throws(ChildProcessError) {
            var collected = Collected(maximumOutput: maximumOutput)
            try collected.read(output.reader, errors.reader, until: end)
            let status = try wait(for: process, until: end)
            return Outcome(status, output: collected.output, errors: collected.errors)
        } catch {
            kill(process, SIGKILL)
            var status: Int32 = 0
            while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
            throw error
        }
    }

    private static func start(
        _ path: String,
        _ arguments: [String],
        _ environment: [String],
        _ output: Int32,
        _ errors: Int32
    ) throws(ChildProcessError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        unsafe close_from(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw .cannotStart(code: code) }
        return process
    }

    private static func wait(for process: pid_t, until end: Int64) throws(ChildProcessError) -> Outcome.End {
        var status: Int32 = 0
        while true {
            let ended = unsafe waitpid(process, &status, WNOHANG)
            // The macros of wait(2), which Swift cannot read.
            if ended == process {
                let signal = status & 0x7F
                return signal == 0 ? .exited(status: status >> 8 & 0xFF) : .killed(signal: signal)
            }
            if ended < 0, errno != EINTR { throw .cannotStart(code: errno) }
            guard MonotonicClock.nanoseconds < end else { throw .takesTooLong }
            usleep(2000)
        }
    }
}

/// Why a child did not come to its own end.
package enum ChildProcessError: Error, Equatable, CustomStringConvertible {
    /// The system does not start it; the code is one of errno(3).
    case cannotStart(code: Int32)
    case writesTooMuch
    case takesTooLong

    /// A predicate whose subject is the program.
    package var description: String {
        switch self {
        case .cannotStart(let code): "cannot be started: \(SystemErrorText.of(code))"
        case .writesTooMuch: "writes too much"
        case .takesTooLong: "takes too long"
        }
    }
}

/// What a child has written.
private struct Collected {
    let maximumOutput: Int
    var output: [UInt8] = []
    var errors: [UInt8] = []

    /// Reads both until the child has closed them.
    mutating func read(_ outputs: Descriptor, _ errors: Descriptor, until end: Int64) throws(ChildProcessError) {
        while outputs.isOpen || errors.isOpen {
            // A descriptor below 0 is not looked at.
            var polled = [outputs, errors].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            let left = end - MonotonicClock.nanoseconds
            guard left > 0 else { throw .takesTooLong }
            let count = unsafe poll(&polled, 2, Int32(min(left / 1_000_000 + 1, 60_000)))
            if count < 0, errno != EINTR { throw .cannotStart(code: errno) }
            guard count > 0 else { continue }
            if polled[0].revents != 0 {
                output += Self.next(outputs)
                guard output.count <= maximumOutput else { throw .writesTooMuch }
            }
            if polled[1].revents != 0 {
                let bytes = Self.next(errors)
                self.errors += bytes.prefix(ChildProcess.maximumErrors - self.errors.count)
            }
        }
    }

    /// What has arrived; at the end, or where it cannot be read, the descriptor is closed.
    private static func next(_ descriptor: Descriptor) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
        }
        if count < 0, errno == EINTR { return [] }
        if count <= 0 { descriptor.close() }
        return Array(bytes.prefix(max(0, count)))
    }
}

/// A descriptor that is closed once.
private final class Descriptor {
    private(set) var number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close() }

    var isOpen: Bool { number >= 0 }

    func close() {
        if isOpen { _ = Glibc.close(number) }
        number = -1
    }
}

/// A pipe, whose ends no other child inherits.
private struct Pipe {
    let reader: Descriptor
    let writer: Descriptor

    init() throws(ChildProcessError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe open_pipe(&ends) == 0 else { throw .cannotStart(code: errno) }
        (reader, writer) = (Descriptor(ends[0]), Descriptor(ends[1]))
    }
}
