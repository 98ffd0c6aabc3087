import Daemon
import Foundation
import StrictJSON
import Testing

@testable import livekit_tokend

@Suite struct `token admin` {
    private let run: CommandLineProgram
    private let log: String

    init() throws {
        run = try CommandLineProgram()
        log = run.folder + "/audit.log"
        try configure()
        let keys = "\(run.folder)/keys.yaml"
        try "APIgolden: golden-secret-of-the-tests-0123456789\n".write(toFile: keys, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        try #require(try run("room", "add", "stage-1").status == 0)
    }

    private func configure(log: String? = nil, _ more: String = "") throws {
        try
            ("directory: {url: 'sqlite:\(run.folder)/d.sqlite'}\nlivekit: {key_file: keys.yaml}\npeers: []\n"
            + "audit: {file: '\(log ?? self.log)'}\n\(more)")
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private var lines: [Substring] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    @Test func `prints a token that administers the room, and nothing else`() throws {
        let outcome = try run("token", "admin", "stage-1")
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(outcome.value.wholeMatch(of: /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}/) != nil)
        let decoded = try run.call(["token", "decode", "-", "--json"], input: outcome.output)
        #expect(decoded.status == 0, "the key of the configuration has signed it: \(decoded.errors)")
        let claims = try JSONValue(parsing: Array(decoded.output.utf8))
        #expect(claims["video"]?.members?.map(\.name) == ["room", "roomAdmin"])
        #expect(claims["video"]?["room"]?.text == "stage-1")
        #expect(claims["sub"]?.text?.description.hasPrefix("admin-") == true)
    }

    @Test(arguments: [(nil, 30), ("1s", 1), ("90s", 90), ("10m", 600)] as [(String?, Int64)])
    func `ends when it was asked to`(ttl: String?, seconds: Int64) throws {
        let outcome = try run.call(["token", "admin", "stage-1"] + (ttl.map { ["--ttl", $0] } ?? []))
        let decoded = try run.call(["token", "decode", "-", "--json"], input: outcome.output)
        let claims = try JSONValue(parsing: Array(decoded.output.utf8))
        let (issued, end) = (claims["iat"]?.integer ?? 0, claims["exp"]?.integer ?? 0)
        #expect(end - issued == seconds)
    }

    @Test(arguments: ["11m", "601s", "1h", "0s", "-1s", "", "forever"])
    func `takes no other time`(ttl: String) throws {
        let outcome = try run("token", "admin", "stage-1", "--ttl", ttl)
        #expect(outcome.status == 64 && outcome.output == "", "\(outcome.errors)")
        #expect(outcome.errors.contains("--ttl must be "))
        #expect(lines.isEmpty)
    }

    @Test(arguments: ["", "stage 1", "stäge", "a\nb", String(repeating: "a", count: 257)])
    func `takes the name of a room`(room: String) throws {
        let outcome = try run("token", "admin", room)
        #expect(outcome.status == 64 && outcome.output == "")
        #expect(lines.isEmpty)
    }

    @Test func `is written down first: who made it, and never the token`() throws {
        let token = try run("token", "admin", "stage-1").value
        try #require(lines.count == 1)
        let line = try JSONValue(parsing: Array(lines[0].utf8))
        let known = ["login", "sudoUser"]
        #expect(
            line.members?.map(\.name.description).filter { !known.contains($0) } == [
                "time", "level", "event", "roomId", "tokenId", "expiresAt", "apiKey", "client", "uid",
            ]
        )
        #expect(line["event"]?.text == "token.admin_issued" && line["apiKey"]?.text == "APIgolden")
        #expect(line["uid"]?.integer == Int64(getuid()))
        #expect(line["client"]?.text?.description == "command line of \(UserDatabase.name(of: getuid()))")
        let parts = token.split(separator: ".")
        #expect(!lines[0].contains(parts[1]) && !lines[0].contains(parts[2]))
    }

    @Test func `names the user of sudo, whatever its name holds`() throws {
        let outcome = try CompletedProcessWithVariables.run(
            ["SUDO_USER": "a\"\n{\u{1B}"],
            [CommandLineProgram.path, "token", "admin", "stage-1", "--config", run.folder + "/config.yaml"]
        )
        #expect(outcome == 0)
        try #require(lines.count == 1)
        #expect(try JSONValue(parsing: Array(lines[0].utf8))["sudoUser"]?.text == "a\"\n{\u{1B}")
    }

    @Test func `without its line there is none`() throws {
        try configure(log: run.folder + "/missing/audit.log")
        let missing = try run("token", "admin", "stage-1")
        #expect(missing.status == 78 && missing.output == "", "\(missing.errors)")
        try configure(log: "/dev/full")
        let full = try run("token", "admin", "stage-1")
        #expect(full.status == 69 && full.output == "", "\(full.errors)")
        #expect(full.errors.contains("no token, because its line cannot be logged: No space left on device"))
    }

    @Test func `without the key there is none`() throws {
        try FileManager.default.removeItem(atPath: run.folder + "/keys.yaml")
        let outcome = try run("token", "admin", "stage-1")
        #expect(outcome.status == 78 && outcome.output == "")
        #expect(lines.isEmpty)
    }

    @Test func `of a room that the directory does not know comes with a warning`() throws {
        let unknown = try run("token", "admin", "stage-9")
        #expect(unknown.status == 0 && unknown.value.hasPrefix("eyJ"))
        #expect(
            unknown.errors
                == "livekit-tokend: the directory does not know the room stage-9; see livekit-tokend room list\n"
        )
        try configure(log: nil, "rooms: {templates: [{match: 'stage-*', access: open, role: viewer}]}\n")
        #expect(try run("token", "admin", "stage-9").errors == "")
    }

    @Test func `needs no directory`() throws {
        try "not a database".write(toFile: run.folder + "/d.sqlite", atomically: true, encoding: .utf8)
        let outcome = try run("token", "admin", "stage-1")
        #expect(outcome.status == 0 && outcome.value.hasPrefix("eyJ"), "\(outcome.errors)")
    }
}

/// A process with variables beside those of this one.
private enum CompletedProcessWithVariables {
    static func run(_ variables: [String: String], _ words: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
