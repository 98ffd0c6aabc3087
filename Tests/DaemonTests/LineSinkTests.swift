import Daemon
import Glibc
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
