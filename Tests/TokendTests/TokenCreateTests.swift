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
        // In the columns of the terminal.
        #expect(seen.lines.first?.hasPrefix("livekit-tokend: no token: not_member; run: ") == true, "\(seen.lines)")
        #expect(!seen.lines.joined().contains("token.refused"))
    }

    @Test func `names the user or room that exists in other letters, and advises no second one`() throws {
        #expect(
            try refusal("STAGE-1", "ada").words
                == "unknown_room; room stage-1 exists, and differs in case alone; name that"
        )
        #expect(
            try refusal("stage-1", "ADA").words == "unknown_user; user ada exists, and differs in case alone; name that"
        )
    }

    /// What `token create` says where it refuses, after "no token: ", and the command of the cure, if it gives one.
    private func refusal(_ arguments: String...) throws -> (words: String, command: [String]) {
        let outcome = try run.call(["token", "create"] + arguments)
        #expect(outcome.status == 65, "\(outcome.errors)")
        let line = outcome.errors.split(separator: "\n").last.map { String($0) } ?? ""
        let words = try #require(line.wholeMatch(of: /livekit-tokend: no token: (.+)/), "\(line)").1
        let command = words.firstMatch(of: /livekit-tokend ((user|room|member|stream) (add|enable|clear)[^,;:]*)/)?.1
        return (
            String(words),
            command?.replacing("ROLE", with: "viewer").replacing("TIME", with: "+2h").split(separator: " ").map {
                String($0)
            } ?? []
        )
    }

    /// Asks, obeys what the refusal says, and asks again, until there is a token.
    @Test func `says of each refusal what to do, and to do it helps`() throws {
        var reasons: [Substring] = []
        for _ in 0..<5 {
            guard try run("token", "create", "stage-2", "eve").status != 0 else { break }
            let (words, command) = try refusal("stage-2", "eve")
            reasons.append(words.prefix { $0 != ";" })
            try #require(try run.call(command).status == 0, "\(words): \(command)")
            if command.first == "user", command[1] == "add" {
                try #require(try run("user", "disable", "eve").status == 0)
            }
            if command.first == "member" {
                try #require(try run("stream", "add", "stage-2", "--opens", "+1d").status == 0)
            }
        }
        #expect(reasons == ["unknown_user", "user_disabled", "unknown_room", "not_member", "stream_not_open"])
        #expect(try run("token", "create", "stage-2", "eve").status == 0)
    }

    @Test func `says what to do where no command alone is the cure`() throws {
        #expect(try run("member", "add", "stage-1", "bob", "--role", "host", "--scene", "intro").status == 0)
        let elsewhere = try refusal("stage-1", "bob").words
        #expect(elsewhere.hasPrefix("not_member_of_scene_or_event; name the scene or event of a membership"))
        #expect(elsewhere.hasSuffix("--role ROLE, with a role of host, speaker, viewer"))
        #expect(try run("room", "add", "soon").status == 0)
        #expect(try run("member", "add", "soon", "bob", "--role", "viewer").status == 0)
        #expect(try run("stream", "add", "soon", "--closes", "+30s").status == 0)
        #expect(try refusal("soon", "bob").words.hasPrefix("stream_ends_too_soon; livekit-tokend stream list soon "))
        try configure("roles: {viewer: {subscribe: true}}\n")
        #expect(
            try refusal("stage-1", "ada").words.hasPrefix(
                "role_not_configured; add the role (livekit-tokend member list stage-1) to roles in the configuration"
            )
        )
    }

    @Test func `advises no more than what was asked for`() throws {
        try #require(try run("member", "add", "stage-1", "bob", "--role", "host", "--scene", "intro").status == 0)
        let past = "UPDATE members SET expires_at = 1 WHERE user_id = 'bob';"
        try #require(try CompletedProcess("/usr/bin/sqlite3", [run.folder + "/d.sqlite", past]).status == 0)
        let (words, command) = try refusal("stage-1", "bob", "--scene", "intro")
        #expect(words.hasPrefix("membership_expired; give it another end: "), "\(words)")
        try #require(try run.call(command.map { $0 == "viewer" ? "host" : $0 }.filter { $0 != "with" }).status == 0)
        #expect(try run("token", "create", "stage-1", "bob", "--scene", "intro").status == 0)
        #expect(try refusal("stage-1", "bob", "--scene", "other").words.hasPrefix("not_member_of_scene_or_event"))
    }

    @Test func `never gives a shell more to read than the command`() throws {
        #expect(try refusal("stage-1", "$(id)").words == "unknown_user; run: livekit-tokend user add '$(id)'")
        #expect(try refusal("stage-1", "o'x").words == "unknown_user; run: livekit-tokend user add 'o'\\''x'")
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
