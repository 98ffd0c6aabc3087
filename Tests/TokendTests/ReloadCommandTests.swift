import Foundation
import Testing

@testable import livekit_tokend

/// `reload` where no service answers; the stack's tests have one that does.
@Suite struct `A reload by the command` {
    private let program: CommandLineProgram

    init() throws {
        program = try CommandLineProgram()
    }

    private func configure(_ line: String = "") throws {
        try "listen: \(program.folder)/s.sock\ndirectory: {url: 'sqlite:\(program.folder)/d.sqlite'}\n"
            .appending("peers: []\n\(line)\n")
            .write(toFile: program.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private func reload(_ process: String) throws -> CommandLineProgram.Outcome {
        try program.call(exactly: ["reload", "--config", program.folder + "/config.yaml", "--", process])
    }

    @Test(arguments: ["", "0", "-1", "1x", "$MAINPID", "99999999999"])
    func `takes the number of a process and nothing else`(process: String) throws {
        try configure()
        let outcome = try reload(process)
        #expect(outcome.status == 64 && outcome.output == "")
        #expect(outcome.errors.hasPrefix("livekit-tokend: "))
    }

    @Test func `of a process that is not there ends with 69`() throws {
        try configure()
        // More than the kernel gives to a process: PID_MAX_LIMIT is 2²².
        let outcome = try reload("4194305")
        #expect(outcome.status == 69)
        #expect(outcome.errors == "livekit-tokend: there is no process 4194305; name the one of the service\n")
    }

    /// Gives a shell the name of the program.
    private static let named = "printf livekit-tokend >/proc/$$/comm"

    /// SIGHUP would end it.
    @Test func `of a process of another program sends it no signal`() throws {
        try configure()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["60"]
        try process.run()
        defer { process.terminate() }
        let outcome = try reload("\(process.processIdentifier)")
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("livekit-tokend: process \(process.processIdentifier) is of sleep; "))
        #expect(process.isRunning)
    }

    @Test(arguments: [("", Int32(69)), ("lisen: x", 78), ("audit: {file: /no/such/folder/audit.log}", 78)])
    func `of a service that cannot be asked judges the configuration without a key`(line: String, status: Int32) throws
    {
        try configure(line)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "trap 'exit 7' HUP; \(Self.named); while :; do sleep 0.1; done"]
        try process.run()
        let name = URL(filePath: "/proc/\(process.processIdentifier)/comm")
        while try String(contentsOf: name, encoding: .utf8) != "livekit-tokend\n" { usleep(10_000) }
        let outcome = try reload("\(process.processIdentifier)")
        process.waitUntilExit()
        // By the signal, or by its own hand once it had heard of it.
        #expect(process.terminationReason == .uncaughtSignal || process.terminationStatus == 7)
        #expect(outcome.status == status && outcome.output == "")
        #expect(outcome.errors.contains("cannot be asked") == (status == 69))
    }
}

@Suite struct `A process of a service` {
    private static let status = """
        Name:\tlivekit-tokend
        NSpid:\t4711\t1
        Uid:\t0\t998\t0\t998
        Gid:\t0\t997\t0\t997
        Groups:\t997 33 
        """

    @Test func `is read from the kernel's words`() throws {
        let process = ServiceProcess(4711, status: Self.status, cgroups: nil)
        let ids = try #require(process.ids)
        #expect(ids.user == 998 && ids.group == 997 && ids.groups == [997, 33])
        #expect(process.ownNumber == 1 && process.isOfUnit == nil)
        let hidden = ServiceProcess(4711, status: "", cgroups: nil)
        #expect(hidden.ids == nil && hidden.ownNumber == nil)
    }

    @Test(arguments: [
        ("0::/system.slice/livekit-tokend.service\n", true),
        ("12:pids:/x\n1:name=systemd:/system.slice/livekit-tokend.service/control\n0::/\n", true),
        ("0::/system.slice/livekit-tokend.service.d\n", false), ("0::/user.slice\n", false), ("", false),
    ])
    func `is of the unit whose group it is in`(cgroups: String, expected: Bool) {
        #expect(ServiceProcess(1, status: "", cgroups: cgroups).isOfUnit == expected)
    }
}
