import Foundation
import StrictJSON
import TestSupport
import Testing

@Suite struct `token create` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        try configure("")
        let keys = "\(run.folder)/keys.yaml"
        try "APIgolden: golden-secret-of-the-tests-0123456789\n".write(toFile: keys, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        for words in [["user", "add", "ada"], ["user", "add", "bob"], ["room", "add", "stage-1"]] {
            try #require(try run.call(words).status == 0)
        }
        try #require(try run("member", "add", "stage-1", "ada", "--role", "host").status == 0)
    }

    private func configure(_ more: String) throws {
        try "directory: {url: 'sqlite:\(run.folder)/d.sqlite'}\nlivekit: {key_file: keys.yaml}\npeers: []\n\(more)"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    /// What a terminal shows, as lines.
    private func terminal(_ user: String) throws -> (status: Int32, lines: [String]) {
        let command = "'\(CommandLineProgram.path)' token create stage-1 \(user) --config '\(run.folder)/config.yaml'"
        let process = try CompletedProcess("/usr/bin/script", ["-qec", command, "/dev/null"])
        let text = String(decoding: process.output, as: UTF8.self).replacing("\r\n", with: "\n")
        return (process.status, text.split(separator: "\n").map { String($0) })
    }

    @Test func `writes the token alone to standard output, and its line to standard error`() throws {
        let outcome = try run("token", "create", "stage-1", "ada")
        #expect(outcome.status == 0)
        #expect(outcome.value.wholeMatch(of: /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}/) != nil)
        let line = try JSONValue(parsing: Array(outcome.errors.utf8.dropLast()))
        #expect(line["event"]?.text == "token.issued" && line["userId"]?.text == "ada")
    }

    @Test func `tells a person in words what the token is, and then shows it`() throws {
        let seen = try terminal("ada")
        #expect(seen.status == 0 && seen.lines.count == 2, "\(seen.lines)")
        #expect(
            seen.lines.first?.wholeMatch(
                of: /livekit-tokend: token [0-9a-f-]{36} for user ada as host in room stage-1, until [0-9TZ:-]+:/
            ) != nil,
            "\(seen.lines)"
        )
        #expect(seen.lines.last?.hasPrefix("eyJ") == true)
    }

    @Test func `tells a person once why there is none`() throws {
        let seen = try terminal("bob")
        #expect(seen.status == 65)
        #expect(seen.lines == ["livekit-tokend: no token: not_member"])
    }

    @Test func `writes its line to the file of the log, a terminal or not`() throws {
        let file = run.folder + "/audit.log"
        try configure("audit: {file: '\(file)'}\n")
        #expect(try terminal("ada").lines.count == 1)
        #expect(try terminal("bob").status == 65)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains("\"event\":\"token.issued\"") == true)
        #expect(lines.last?.contains("\"reason\":\"not_member\"") == true)
    }
}
