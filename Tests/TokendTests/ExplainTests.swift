import Foundation
import StrictJSON
import Testing

@Suite struct `explain` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        try configure("")
        let keys = "\(run.folder)/keys.yaml"
        try "APIgolden: golden-secret-of-the-tests-0123456789\n".write(toFile: keys, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        for words in [
            ["user", "add", "ada", "--name", "Ada"], ["room", "add", "stage-1"], ["room", "add", "lobby", "--open"],
        ] {
            try #require(try run.call(words).status == 0)
        }
        try #require(try run("member", "add", "stage-1", "ada", "--role", "speaker").status == 0)
    }

    private func configure(_ more: String) throws {
        try "directory: {url: 'sqlite:\(run.folder)/d.sqlite'}\nlivekit: {key_file: keys.yaml}\npeers: []\n\(more)"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    /// Calls it; `--config` goes after the word.
    private func ask(_ arguments: String..., input: String = "") throws -> CommandLineProgram.Outcome {
        let words = ["explain", "--config", run.folder + "/config.yaml"] + arguments
        return try run.call(exactly: words, input: input)
    }

    /// The first line with a label, without it.
    private func line(_ label: String, _ outcome: CommandLineProgram.Outcome) -> String? {
        outcome.output.split(separator: "\n").first { $0.hasPrefix("\(label) ") }.map { String($0.dropFirst(14)) }
    }

    @Test func `says who may enter, as what and until when`() throws {
        let outcome = try ask("ada", "stage-1", "--at", "2026-12-24T20:00:00Z")
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(line("verdict", outcome) == "may enter, as speaker")
        #expect(line("user", outcome) == "ada (Ada), of the directory")
        #expect(line("room", outcome) == "stage-1, of the directory, for members alone, always on air")
        #expect(line("membership", outcome) == "speaker: counts")
        #expect(line("may", outcome) == "join, publish, subscribe, send data")
        #expect(line("token", outcome) == "until 2026-12-24T20:05:00Z, in 5m 0s: token.ttl")
        #expect(line("identity", outcome)?.hasPrefix("user-") == true)
        #expect(line("what to do", outcome) == nil)
    }

    @Test func `says why a membership does not count, and what to do`() throws {
        _ = try run("stream", "add", "stage-1", "--opens", "2026-12-24T20:00:00Z", "--closes", "2026-12-24T21:00:00Z")
        _ = try run("member", "add", "stage-1", "ada", "--role", "host", "--scene", "intro")
        let early = try ask("ada", "stage-1", "--at", "2026-12-24T19:00:00Z")
        #expect(early.status == 65)
        #expect(line("verdict", early) == "no token: stream_not_open")
        #expect(line("what to do", early)?.contains("livekit-tokend stream add stage-1") == true)
        #expect(early.output.contains("speaker: does not count, as the room is not on air"))
        #expect(early.output.contains("host, scene intro: does not count, as the request is not for that scene"))
        #expect(line("stream", early)?.contains("not yet open; it opens in 1h 0m") == true)
        let onAir = try ask("ada", "stage-1", "--at", "2026-12-24T20:58:00Z")
        #expect(line("token", onAir) == "until 2026-12-24T21:00:00Z, in 2m 0s: the end of the stream session")
        #expect(try ask("ada", "stage-1", "--at", "2026-12-24T20:59:30Z").output.contains("stream_ends_too_soon"))
        let scene = try ask("ada", "stage-1", "--scene", "intro", "--at", "2026-12-24T19:00:00Z")
        #expect(line("verdict", scene) == "may enter, as host")
    }

    @Test func `reads a bearer, and never prints it`() throws {
        let bearer = try run("session", "create", "ada", "--ttl", "2m").value
        let outcome = try ask("-", "stage-1", input: bearer + "\n")
        #expect(outcome.status == 0)
        #expect(line("token", outcome)?.hasSuffix(": the end of the session") == true)
        #expect(!(outcome.output + outcome.errors).contains(bearer))
        let unknown = try ask("-", "stage-1", input: "lks_unknown")
        #expect(unknown.status == 65)
        #expect(line("verdict", unknown) == "no token: session_unknown")
        #expect(!(unknown.output + unknown.errors).contains("lks_unknown"))
    }

    @Test func `says who is disabled, and who is unknown`() throws {
        _ = try run("user", "disable", "ada")
        let disabled = try ask("ada", "lobby")
        #expect(disabled.status == 65)
        #expect(line("user", disabled) == "ada (Ada), of the directory, disabled there")
        #expect(line("what to do", disabled) == "run: livekit-tokend user enable ada")
        let unknown = try ask("bob", "lobby")
        #expect(line("verdict", unknown) == "no token: unknown_user")
        #expect(
            line("room", unknown)
                == "lobby, of the directory, open to every user with a session, as viewer, always on air"
        )
        #expect(try line("room", ask("ada", "nowhere")) == "nowhere, which does not exist for this user")
    }

    @Test func `takes what a login would say`() throws {
        try configure("sessions: {source: nginx, users: any}\nmemberships: {source: claims}\n")
        let bob = try ask("bob", "team-42-a", "--rooms", #"{"team-42-*": ["host"]}"#)
        #expect(bob.status == 0)
        #expect(line("user", bob) == "bob, whom the directory does not know; sessions.users: any lets them in")
        #expect(line("room", bob) == "team-42-a, which the login names, for members alone, always on air")
        let ada = try ask("ada", "stage-1")
        #expect(line("verdict", ada) == "no token: not_member")
        #expect(line("membership", ada) == "speaker, of the directory: does not count, as memberships.source is claims")
        let malformed = try ask("ada", "stage-1", "--rooms", #"{"stage-1": "host"}"#)
        #expect(line("verdict", malformed)?.hasPrefix("no token: rooms_claim_malformed: ") == true)
        let expired = try ask("ada", "stage-1", "--rooms", #"{"stage-1": [{"role": "host", "until": 5}]}"#)
        #expect(line("what to do", expired) == "let the login name a later until, or none (--rooms)")
        let wizard = try ask("ada", "stage-1", "--rooms", #"{"stage-1": ["wizard"]}"#)
        #expect(line("what to do", wizard)?.hasSuffix("name another (--rooms): host, speaker, viewer") == true)
        #expect(try ask("-", "stage-1", input: "x").status == 65)
        #expect(try ask("ada", "stage-1", "--groups", "crew").status == 65)

        try configure(
            "sessions: {source: nginx, users: any}\nrooms: {templates: [{match: 'call-*', agents: [narrator]}]}\n"
                + "memberships: {source: groups, groups_separator: ';', rooms: {'a, b': {'call-*': [speaker]}}}\n"
        )
        let call = try ask("bob", "call-1", "--groups", "x;a, b")
        #expect(call.status == 0)
        #expect(line("room", call) == "call-1, by the template call-*, for members alone, always on air")
        #expect(line("agents", call) == "narrator")
        #expect(try ask("bob", "call-1", "--groups", #"["a, b"]"#).status == 0)
        // What a group gives is written in the configuration, and not at the provider.
        let stranger = try ask("bob", "call-1", "--groups", "x")
        #expect(line("what to do", stranger)?.contains("in memberships.rooms (--groups)") == true)
        let elsewhere = try ask("bob", "nowhere", "--groups", "x")
        #expect(line("what to do", elsewhere)?.contains("for a group in memberships.rooms, list the room with") == true)
        #expect(try run("token", "create", "call-1", "bob", "--groups", "a, b").status == 0)
    }

    @Test func `works without a directory`() throws {
        try "directory: {url: none}\nlivekit: {key_file: keys.yaml}\npeers: []\nsessions: {source: nginx, users: any}\n"
            .appending("memberships: {source: claims}\n")
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
        #expect(try ask("bob", "a", "--rooms", #"{"a": ["viewer"]}"#).status == 0)
        #expect(try ask("bob", "b", "--rooms", #"{"a": ["viewer"]}"#).status == 65)
        #expect(try run("token", "create", "a", "bob", "--rooms", #"{"a": ["viewer"]}"#).status == 0)
    }

    @Test func `writes JSON`() throws {
        let outcome = try ask("ada", "stage-1", "--at", "2026-12-24T20:00:00Z", "--json")
        let json = try JSONValue(parsing: Array(outcome.output.utf8.dropLast()))
        #expect(json["admitted"] == .bool(true) && json["roles"] == .array([.string("speaker")]))
        #expect(json["expiresAt"] == .string("2026-12-24T20:05:00Z") && json["endsWith"] == .string("lifetime"))
        #expect(json["room"]?["by"] == .string("directory"))
        #expect(json["permissions"]?["canPublish"] == .bool(true))
        let refused = try ask("bob", "stage-1", "--json")
        #expect(refused.status == 65)
        let other = try JSONValue(parsing: Array(refused.output.utf8.dropLast()))
        #expect(other["admitted"] == .bool(false) && other["reason"] == .string("unknown_user"))
        #expect(other["user"]?["inDirectory"] == .bool(false))
    }

    @Test(arguments: [
        ["a b", "stage-1"], ["ada", "stage 1"], ["ada", "stage-1", "--at", "soon"], ["ada"], ["ada", "a", "b"],
    ])
    func `refuses what is malformed`(arguments: [String]) throws {
        #expect(try run.call(exactly: ["explain", "--config", run.folder + "/config.yaml"] + arguments).status == 64)
    }

    @Test func `fails with 69 where the directory does not answer`() throws {
        try Data("garbage".utf8).write(to: URL(filePath: run.folder + "/d.sqlite"))
        #expect(try ask("ada", "stage-1").status == 69)
    }
}
