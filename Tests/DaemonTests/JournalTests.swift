import CLinux
import Daemon
import Glibc
import Testing

@Suite struct `A stream to the journal` {
    private let path = "/tmp/daemon-journal-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    @Test func `says whose lines they are, and then has them`() throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let name = Array(path.utf8)
        try #require(unsafe unix_bind(listener, name, name.count) == 0 && listen(listener, 1) == 0)
        defer { unsafe unlink(path) }
        let sink = try LineSink(journalAt: path, as: "program", ofUnit: "program.service")
        try sink.write(Array(#"{"event":"x"}"#.utf8))

        let connection = accept(listener, nil, nil)
        try #require(connection >= 0)
        defer { close(connection) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
        #expect(
            String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
                == "program\nprogram.service\n6\n0\n0\n0\n0\n{\"event\":\"x\"}\n"
        )
    }

    @Test func `where there is none is refused`() {
        #expect(throws: LineSink.Failure.failed(errno: ENOENT)) {
            try LineSink(journalAt: path, as: "program", ofUnit: "program.service")
        }
        #expect(throws: LineSink.Failure.failed(errno: ENAMETOOLONG)) {
            try LineSink(journalAt: String(repeating: "x", count: 200), as: "program", ofUnit: "program.service")
        }
    }
}
