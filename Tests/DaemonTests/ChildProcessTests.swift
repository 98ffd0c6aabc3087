import Daemon
import Glibc
import Testing

@Suite struct `A child process` {
    /// Runs a line of shell.
    private func shell(
        _ line: String,
        _ arguments: String...,
        variables: [(name: String, value: String)] = [],
        outputAtMost maximumOutput: Int = 1000,
        within milliseconds: Int64 = 60_000
    ) throws -> ChildProcess.Outcome {
        try ChildProcess.run(
            "/bin/sh",
            ["-c", line] + arguments,
            variables: variables,
            outputAtMost: maximumOutput,
            within: milliseconds
        )
    }

    @Test func `tells its status, its output and its errors`() throws {
        let outcome = try shell("echo out; echo err >&2; exit 7")
        #expect(outcome == .init(.exited(status: 7), output: Array("out\n".utf8), errors: Array("err\n".utf8)))
    }

    @Test func `that a signal ends says which`() throws {
        #expect(try shell("kill -SEGV $$").end == .killed(signal: SIGSEGV))
    }

    @Test func `gets each argument as one, whatever is in it`() throws {
        let arguments = ["a b", "", "$(x)", "*", "ö\n'\""]
        let outcome = try ChildProcess.run(
            "/bin/sh",
            ["-c", #"printf '<%s>' "$@""#, "sh"] + arguments,
            variables: [],
            outputAtMost: 1000,
            within: 60_000
        )
        #expect(String(decoding: outcome.output, as: UTF8.self) == arguments.map { "<\($0)>" }.joined())
    }

    @Test func `has the variables that are given and no other`() throws {
        unsafe setenv("LIVEKIT_TOKEND_TEST_SECRET", "secret", 1)
        defer { unsafe unsetenv("LIVEKIT_TOKEND_TEST_SECRET") }
        let outcome = try ChildProcess.run(
            "/usr/bin/env",
            [],
            variables: [("https_proxy", "http://proxy:3128")],
            outputAtMost: 1000,
            within: 60_000
        )
        #expect(String(decoding: outcome.output, as: UTF8.self) == "https_proxy=http://proxy:3128\n")
    }

    @Test func `reads nothing, and has no descriptor beyond the three`() throws {
        let outcome = try shell("cat; for fd in /proc/self/fd/*; do echo ${fd##*/}; done")
        // The fourth is that of the folder itself, where the shell reads the names.
        let numbers = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map { String($0) }
        #expect(numbers.filter { Int($0) ?? 0 > 3 } == [])
    }

    /// The process ignores SIGPIPE as the service does; a child that did so would not end with its reader.
    @Test func `has no signal ignored`() throws {
        let outcome = try shell("grep ^SigIgn /proc/self/status; grep ^SigBlk /proc/self/status")
        let text = String(decoding: outcome.output, as: UTF8.self)
        // The first 31; those of real time are the C library's own.
        let masks = text.split(separator: "\n").map { UInt64($0.suffix(16), radix: 16).map { $0 & 0x7FFF_FFFF } }
        #expect(masks == [0, 0], "\(text)")
    }

    @Test(arguments: [(5, true), (4, false)]) func `may write so many bytes`(limit: Int, isEnough: Bool) throws {
        if isEnough {
            #expect(try shell("printf 12345", outputAtMost: limit).output == Array("12345".utf8))
        } else {
            #expect(throws: ChildProcessError.writesTooMuch) { try shell("printf 12345", outputAtMost: limit) }
        }
    }

    @Test func `that writes without end is stopped`() {
        #expect(throws: ChildProcessError.writesTooMuch) { try shell("exec yes", outputAtMost: 65_536) }
    }

    @Test func `may complain as long as it likes: the beginning is kept`() throws {
        let outcome = try shell("head -c 1000000 /dev/zero | tr '\\0' e >&2; echo done")
        #expect(outcome.output == Array("done\n".utf8))
        #expect(outcome.errors == [UInt8](repeating: UInt8(ascii: "e"), count: ChildProcess.maximumErrors))
    }

    @Test(arguments: ["exec sleep 600", "exec sleep 600 >&- 2>&-", "trap '' TERM; exec sleep 600"])
    func `that does not end in time is killed`(line: String) throws {
        let mark = "/tmp/daemon-child-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        defer { unsafe unlink(mark) }
        #expect(throws: ChildProcessError.takesTooLong) {
            try shell("echo $$ >'\(mark)'; \(line)", within: 2000)
        }
        let number = try ReadableFile(opening: mark).contents(atMost: 20)
        let process = try #require(pid_t(String(decoding: number.dropLast(), as: UTF8.self)))
        #expect(kill(process, 0) == -1 && errno == ESRCH)
    }

    @Test(arguments: ["/no/such/program", "/etc/passwd", "relative"])
    func `that cannot be started says so`(path: String) {
        #expect {
            try ChildProcess.run(path, [], variables: [], outputAtMost: 0, within: 60_000)
        } throws: { error in
            guard case .cannotStart? = error as? ChildProcessError else { return false }
            return true
        }
    }

    @Test func `gets no argument that ends in the middle`() {
        #expect(throws: ChildProcessError.cannotStart(code: EINVAL)) { try shell("true", "a\0b") }
    }
}
