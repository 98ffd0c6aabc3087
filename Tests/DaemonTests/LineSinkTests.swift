import Daemon
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct `A sink of lines` {
    private let path = "/tmp/daemon-sink-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    private func content(of path: String) throws -> String {
        String(decoding: try ReadableFile(opening: path).contents(atMost: 65_536), as: UTF8.self)
    }

    @Test func `appends whole lines to a file that others may not read`() throws {
        defer { unsafe unlink(path) }
        try LineSink(appendingTo: path).write(Array("one".utf8))
        try LineSink(appendingTo: path).write(Array("two".utf8))
        #expect(try content(of: path) == "one\ntwo\n")
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o007 == 0)
    }

    @Test func `goes on in a new file when the old one is moved away, and takes nothing while there is none`() throws {
        defer { for file in [path, path + ".1"] { unsafe unlink(file) } }
        let sink = try LineSink(appendingTo: path)
        try sink.write(Array("one".utf8))
        #expect(unsafe rename(path, path + ".1") == 0)
        sink.follow()
        try sink.write(Array("two".utf8))
        #expect(try content(of: path + ".1") == "one\n")
        #expect(try content(of: path) == "two\n")

        unsafe unlink(path)
        #expect(unsafe mkdir(path, 0o700) == 0)
        sink.follow()
        #expect(throws: LineSink.Failure.failed(errno: ENOENT)) { try sink.write(Array("three".utf8)) }
        unsafe rmdir(path)
        sink.follow()
        try sink.write(Array("four".utf8))
        #expect(try content(of: path) == "four\n")
    }

    @Test func `goes on in the same file when it is moved back`() throws {
        let folder = path
        let file = folder + "/log"
        #expect(unsafe mkdir(folder, 0o700) == 0)
        defer {
            unsafe unlink(file)
            unsafe rmdir(folder)
        }
        let sink = try LineSink(appendingTo: file)
        try sink.write(Array("one".utf8))
        #expect(unsafe rename(folder, folder + ".away") == 0)
        sink.follow()
        #expect(throws: LineSink.Failure.failed(errno: ENOENT)) { try sink.write(Array("two".utf8)) }
        #expect(unsafe rename(folder + ".away", folder) == 0)
        sink.follow()
        try sink.write(Array("three".utf8))
        #expect(try content(of: file) == "one\nthree\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes files of others"))
    func `makes root's file the folder's owner's, also in place of one that was moved away`() throws {
        let (folder, file) = (path, path + "/log")
        #expect(unsafe mkdir(folder, 0o755) == 0)
        #expect(unsafe chown(folder, 65_534, 65_533) == 0)
        defer {
            for name in [file, file + ".1"] { unsafe unlink(name) }
            unsafe rmdir(folder)
        }
        let sink = try LineSink(appendingTo: file)
        #expect(FileStatus(file).map { [$0.owner, $0.group, $0.permissions & 0o007] } == [65_534, 65_533, 0])
        #expect(unsafe rename(file, file + ".1") == 0)
        sink.follow()
        try sink.write(Array("one".utf8))
        #expect(FileStatus(file)?.owner == 65_534)
        #expect(unsafe chown(file, 0, 0) == 0)
        _ = try LineSink(appendingTo: file)
        #expect(FileStatus(file)?.owner == 0, "a file that exists is its owner's business")
    }

    @Test(.enabled(if: geteuid() == 0, "only root may write where others have made a link"))
    func `is led by no link of another user, and makes no file behind one`() throws {
        let (folder, file, target) = (path, path + "/log", path + ".target")
        #expect(unsafe mkdir(folder, 0o755) == 0)
        #expect(unsafe symlink(target, file) == 0)
        defer {
            for name in [file, target] { unsafe unlink(name) }
            unsafe rmdir(folder)
        }
        #expect(throws: LineSink.Failure.link) { try LineSink(appendingTo: file) }
        #expect(FileStatus(target) == nil)
        try LineSink(appendingTo: target).write(Array("one".utf8))
        try LineSink(appendingTo: file).write(Array("two".utf8))
        for (user, mode) in [(UInt32(65_534), UInt32(0o755)), (0, 0o775), (0, 0o1777)] {
            #expect(unsafe chown(folder, user, 65_533) == 0 && chmod(folder, mode) == 0)
            #expect(throws: LineSink.Failure.link) { try LineSink(appendingTo: file) }
        }
        #expect(try content(of: target) == "one\ntwo\n")
    }

    @Test func `says so if there is no file to be had`() {
        #expect(throws: LineSink.Failure.failed(errno: ENOENT)) { try LineSink(appendingTo: "/no/such/audit.log") }
    }

    @Test func `says so if the disk is full`() throws {
        let full = try LineSink(appendingTo: "/dev/full")
        #expect(throws: LineSink.Failure.failed(errno: ENOSPC)) { try full.write(Array("one".utf8)) }
    }

    @Test func `gives up on a reader who does not read, and goes on when he does`() throws {
        #expect(unsafe mkfifo(path, 0o600) == 0)
        defer { unsafe unlink(path) }
        let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let sink = try LineSink(appendingTo: path)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
        var written = 0
        #expect(throws: LineSink.Failure.stuck) {
            while written < 1000 {
                try sink.write(line)
                written += 1
            }
        }
        #expect(throws: LineSink.Failure.stuck) { try sink.write(line) }

        var taken: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        func drain() {
            while true {
                let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(reader, $0.baseAddress, $0.count) }
                guard count > 0 else { return }
                taken += buffer.prefix(count)
            }
        }
        drain()
        try sink.write(Array("after".utf8))
        drain()
        let lines = taken.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count(where: { Array($0) == line }) == written, "no line that was reported as lost is whole")
        #expect(
            lines.last.map { String(decoding: $0, as: UTF8.self) } == "after",
            "a torn line does not spoil the next"
        )
    }
}

/// A pipe whose writing end blocks, as a process inherits it.
private final class BlockingPipe {
    let reader, writer: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        _ = unsafe pipe(&ends)
        (reader, writer) = (ends[0], ends[1])
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
    }

    deinit { for end in [reader, writer] { close(end) } }

    /// What has been written and not been read.
    func drain() -> String {
        var (taken, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(reader, $0.baseAddress, $0.count) }
            guard count > 0 else { return String(decoding: taken, as: UTF8.self) }
            taken += buffer.prefix(count)
        }
    }

    var isBlocking: Bool { fcntl(writer, F_GETFL) & O_NONBLOCK == 0 }
}

@Suite struct `A sink of an inherited stream` {
    private let pipe = BlockingPipe()

    @Test func `writes each line before it says so, and leaves the stream as it is`() throws {
        let sink = LineSink(inheriting: pipe.writer, patience: 60_000)
        for number in 0..<100 {
            try sink.write(Array("line \(number)".utf8))
            #expect(pipe.drain() == "line \(number)\n")
        }
        #expect(pipe.isBlocking, "other processes write to it too")
    }

    @Test func `writes the lines of many threads whole`() {
        let sink = LineSink(inheriting: pipe.writer, patience: 60_000)
        let threads = Atomic(0)
        inThreads(8) {
            let thread = threads.add(1, ordering: .relaxed).oldValue
            for number in 0..<50 { try? sink.write(Array("\(thread) \(number)".utf8)) }
        }
        let lines = Set(pipe.drain().split(separator: "\n").map { String($0) })
        #expect(lines == Set((0..<8).flatMap { thread in (0..<50).map { "\(thread) \($0)" } }))
    }

    @Test func `gives up on a reader who does not read, writes no such line later, and goes on when he does`() throws {
        let sink = LineSink(inheriting: pipe.writer)
        let filler = String(repeating: "x", count: 1000)
        var written = 0
        #expect(throws: LineSink.Failure.stuck) {
            while written < 1000 {
                try sink.write(Array("\(written) \(filler)".utf8))
                written += 1
            }
        }
        for _ in 0..<3 { #expect(throws: LineSink.Failure.stuck) { try sink.write(Array("lost".utf8)) } }
        #expect(pipe.isBlocking)

        var text = pipe.drain()
        while (try? sink.write(Array("after".utf8))) == nil { usleep(1000) }
        text += pipe.drain()
        #expect(text == (0..<written).map { "\($0) \(filler)\n" }.joined() + "after\n")
    }

    @Test func `says so if the stream is closed`() {
        let sink = LineSink(inheriting: 1_000_000)
        #expect(throws: LineSink.Failure.failed(errno: EBADF)) { try sink.write(Array("one".utf8)) }
    }
}
