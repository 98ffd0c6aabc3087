import Daemon
import Glibc
import Testing

@Suite struct `A readable file` {
    private let path = "/tmp/daemon-file-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    private func write(_ text: String, mode: mode_t = 0o600) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        _ = unsafe text.withCString { unsafe Glibc.write(descriptor, $0, strlen($0)) }
        fchmod(descriptor, mode)
    }

    @Test func `has the content, and the status of the very file`() throws {
        write("hello", mode: 0o640)
        defer { unsafe unlink(path) }
        let file = try ReadableFile(opening: path)
        unsafe unlink(path)
        #expect(file.status.kind == .file)
        #expect(file.status.permissions == 0o640)
        #expect(file.status.owner == geteuid())
        #expect(abs(file.status.modifiedAt - WallClock.now.seconds) < 60)
        #expect(try file.contents(atMost: 5) == Array("hello".utf8))
    }

    @Test func `is not read where it is longer than allowed`() throws {
        write("hello")
        defer { unsafe unlink(path) }
        #expect(throws: ReadableFileError.isTooLong) { try ReadableFile(opening: path).contents(atMost: 4) }
    }

    @Test func `is not a pipe or a folder, and waits for neither`() {
        #expect(unsafe mkfifo(path, 0o600) == 0)
        defer { unsafe unlink(path) }
        #expect(throws: ReadableFileError.isNotRegular) { try ReadableFile(opening: path) }
        #expect(throws: ReadableFileError.isNotRegular) { try ReadableFile(opening: "/tmp") }
        #expect(throws: ReadableFileError.doesNotExist) { try ReadableFile(opening: "/no/such/file") }
        #expect(throws: ReadableFileError.failed(code: ENAMETOOLONG)) {
            try ReadableFile(opening: String(repeating: "x", count: 300))
        }
    }

    @Test func `is wiped in place`() {
        var bytes = Array("secret".utf8)
        bytes.wipe()
        #expect(bytes == [0, 0, 0, 0, 0, 0])
    }
}

@Suite struct `The kernel's random numbers` {
    @Test func `are not the same twice`() {
        var generator = KernelRandomness()
        let numbers = (0..<1000).map { _ in generator.next() }
        #expect(Set(numbers).count == numbers.count)
    }
}
