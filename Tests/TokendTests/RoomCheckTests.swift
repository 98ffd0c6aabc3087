import Foundation
import SQLiteDirectory
import TestSupport
import Testing

@Suite struct `What stream sessions close` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        try configure("")
        for arguments in [["user", "add", "ada"], ["room", "add", "stage-1"], ["room", "add", "lobby", "--open"]] {
            try #require(try run.call(arguments).status == 0)
        }
    }

    private func configure(_ roles: String) throws {
        try "directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\n\(roles)"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    /// The findings of `check` about rooms and roles: the level, the subject and the message of each.
    private func findings() throws -> [[String]] {
        let outcome = try run.call(exactly: ["check", "--config", run.folder + "/config.yaml", "--json"])
        let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: String]] ?? []
        return json.filter { ["rooms", "roles"].contains($0["subject"]) }.map { finding in
            ["level", "subject", "message"].map { finding[$0] ?? "" }
        }
    }

    // MARK: stream add

    @Test func `is said by the command that plans the first one`() throws {
        let times = ["--opens", "2099-01-01T20:00:00Z", "--closes", "2099-01-01T22:00:00Z"]
        let first = try run.call(["stream", "add", "stage-1", "--event", "gala"] + times)
        #expect(
            first.errors == """
                livekit-tokend: room stage-1 is on air for event gala from 2099-01-01T20:00:00Z until \
                2099-01-01T22:00:00Z
                livekit-tokend: from now on it is closed outside of its stream sessions, but for members with the role \
                host; to open it at all times again: livekit-tokend stream clear stage-1

                """
        )
        let second = try run.call(["stream", "add", "stage-1", "--scene", "a", "--event", "b"])
        #expect(
            second.errors == """
                livekit-tokend: room stage-1 is on air for scene a of event b without end
                livekit-tokend: outside of its stream sessions it is closed, but for members with the role host

                """
        )
    }

    @Test(
        arguments: [
            ("roles: {viewer: {subscribe: true}}", "for members of every role, as no role has anytime: true"),
            (
                "roles: {viewer: {anytime: true}, crew: {anytime: true}, host: {}}",
                "but for members with one of the roles crew, viewer"
            ),
        ]
    )
    func `is said for the roles that there are`(_ roles: String, _ words: String) throws {
        try configure(roles)
        #expect(try run("stream", "add", "stage-1").errors.contains("outside of its stream sessions, \(words);"))
    }

    @Test func `is not closed where the id cannot be printed`() throws {
        let script = "exec \"$0\" \"$@\" >/dev/full"
        let program = CommandLineProgram.path
        let arguments = ["stream", "add", "stage-1", "--config", run.folder + "/config.yaml"]
        let process = try CompletedProcess("/bin/sh", ["-c", script, program] + arguments)
        #expect(process.status == 69)
        #expect(try run("stream", "list", "stage-1").output == "")
    }

    @Test func `is lifted again`() throws {
        _ = try run("stream", "add", "stage-1")
        _ = try run("stream", "add", "stage-1", "--scene", "s")
        _ = try run("stream", "add", "lobby")
        #expect(try run("stream", "clear", "stage-1").errors.contains("removed 2 stream sessions of room stage-1"))
        #expect(try run("stream", "list", "stage-1").output == "")
        #expect(try run("stream", "list", "lobby").lines.count == 1)
        #expect(try run("stream", "clear", "nowhere").status == 65)
    }

    // MARK: check

    @Test func `is named by the check where all are past`() throws {
        #expect(try findings() == [])
        let planned = try run("stream", "add", "stage-1", "--opens", "+1h").value
        _ = try run("stream", "add", "lobby", "--closes", "+1h")
        #expect(try findings() == [])
        #expect(try run("stream", "end", planned).status == 0)
        let found = try findings()
        #expect(found.map { Array($0.prefix(2)) } == [["warning", "rooms"]])
        for words in ["stage-1: ", "but members with the role host", "stream add stage-1", "stream clear stage-1"] {
            #expect(found.first?[2].contains(words) == true, "\(found)")
        }
        #expect(found.first?[2].contains("lobby") == false)
    }

    @Test func `is not all that the check says of roles`() throws {
        try configure("roles: {viewer: {subscribe: true}, old: {}, gone: {}}")
        for role in ["old", "gone", "viewer"] { _ = try run("member", "add", "stage-1", "ada", "--role", role) }
        _ = try run("member", "add", "stage-1", "ada", "--role", "gone", "--scene", "s")
        #expect(try findings() == [])
        try configure(
            "roles: {viewer: {update_own_metadata: true}, boss: {room_admin: true}, host: {update_own_metadata: false}}"
        )
        let found = try findings()
        #expect(found.map { Array($0.prefix(2)) } == [["ok", "roles"], ["warning", "roles"], ["warning", "roles"]])
        for (index, words) in ["boss has room_admin", "viewer has update_own_metadata", "3 memberships give nothing"]
            .enumerated()
        {
            #expect(found[index][2].hasPrefix(words), "\(found[index])")
        }
        #expect(found[2][2].contains("gone, old"))
    }

    @Test func `is asked of a directory that need not be there`() throws {
        try FileManager.default.removeItem(atPath: run.folder + "/directory.sqlite")
        #expect(try findings() == [])
        #expect(!FileManager.default.fileExists(atPath: run.folder + "/directory.sqlite"))
    }
}
