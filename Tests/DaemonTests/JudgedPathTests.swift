import Daemon
import Glibc
import Testing

/// A folder as Kubernetes mounts a secret: `keys` leads to `..data/keys`, and `..data` to the folder of the day.
private final class Mount {
    let path = "/tmp/daemon-path-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    init() throws {
        for folder in [path, "\(path)/..day"] { try #require(unsafe mkdir(folder, 0o755) == 0) }
        let file = unsafe open("\(path)/..day/keys", O_WRONLY | O_CREAT, 0o600)
        try #require(file >= 0)
        try #require(unsafe write(file, "hello", 5) == 5)
        close(file)
        try #require(unsafe symlink("..day", "\(path)/..data") == 0)
        try #require(unsafe symlink("..data/keys", "\(path)/keys") == 0)
    }

    deinit {
        for name in ["/keys", "/..data", "/round", "/..day/keys"] { unsafe unlink(path + name) }
        for folder in ["/..day", ""] { unsafe rmdir(path + folder) }
    }
}

@Suite struct `A judged path` {
    @Test func `has each link judged after the folder that holds it`() throws {
        let mount = try Mount()
        var steps: [String] = []
        let file = try JudgedPath.open("\(mount.path)/keys") { step in
            steps.append("\(step.isLink) \(step.path)")
            return step.status.owner == geteuid() ? nil : "is of another user"
        }
        #expect(try file.contents(atMost: 5) == Array("hello".utf8))
        #expect(
            steps == [
                "false \(mount.path)", "true \(mount.path)/keys", "false \(mount.path)", "true \(mount.path)/..data",
            ]
        )
        steps = []
        let direct = try JudgedPath.open("\(mount.path)/..day/../..day/keys") { _ in "is a link" }
        #expect(direct.status == file.status)
    }

    @Test func `ends at a link that is refused`() throws {
        let mount = try Mount()
        for last in [true, false] {
            #expect(throws: ReadableFileError.isRefused("no")) {
                try JudgedPath.open("\(mount.path)/keys") { $0.isLink == last ? "no" : nil }
            }
        }
    }

    @Test func `is of a regular file, and never goes round`() throws {
        let mount = try Mount()
        try #require(unsafe symlink("round", "\(mount.path)/round") == 0)
        let problems = [
            ("round", ReadableFileError.failed(code: ELOOP)), ("missing", .doesNotExist),
            ("..data/missing", .doesNotExist),
            ("..data", .isNotRegular), ("..data/", .isNotRegular), ("keys/x", .failed(code: ENOTDIR)),
        ]
        for (name, problem) in problems {
            #expect(throws: problem, "\(name)") { try JudgedPath.open("\(mount.path)/\(name)") { _ in nil } }
        }
        #expect(throws: ReadableFileError.isNotRegular) { try JudgedPath.open("") { _ in nil } }
    }
}
