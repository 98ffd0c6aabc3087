import Foundation
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Testing
import TokenEndpoint

@Suite struct `Commands about the directory` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
    }

    private func populate() throws {
        for arguments in [["user", "add", "ada"], ["room", "add", "stage-1"]] {
            #expect(try run(arguments[0], arguments[1], arguments[2]).status == 0)
        }
    }

    @Test func `make a user of a new UUID, and print it`() throws {
        let added = try run("user", "add")
        #expect(added.status == 0)
        #expect(LiveKitToken.UUID(Array(added.value.utf8)) != nil)
        #expect(try run("user", "list").lines.map(\.first) == [added.value])
    }

    @Test func `list users in columns, and in JSON`() throws {
        #expect(try run("user", "add", "ada", "--did", "did:web:a", "--name", "Zoë \"Z\"").value == "ada")
        #expect(try run("user", "add", "bob").value == "bob")
        #expect(try run("user", "disable", "bob").status == 0)
        let lines = try run("user", "list").lines
        #expect(
            lines.map { [$0[0], $0[1], $0[3], $0[4], $0[5]] } == [
                ["ada", "enabled", "did:web:a", "Zoë \"Z\"", ParticipantIdentity(user: "ada").text.description],
                ["bob", "disabled", "", "", ParticipantIdentity(user: "bob").text.description],
            ]
        )
        let json = try JSONValue(parsing: Array(try run("user", "list", "--json").output.utf8.dropLast()))
        guard case .array(let users) = json else { return #expect(Bool(false), "no array") }
        #expect(users.map { user in user.members?.first { $0.name == "userId" }?.value.text } == ["ada", "bob"])
        #expect(users.map { user in user.members?.first { $0.name == "did" }?.value.text } == ["did:web:a", nil])
        let identities = users.map { user in user.members?.first { $0.name == "identity" }?.value.text }
        #expect(identities == [ParticipantIdentity(user: "ada").text, ParticipantIdentity(user: "bob").text])
    }

    @Test func `list no identity where it is not the user's`() throws {
        try "directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\ntoken: {identity: session}\n"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
        try populate()
        #expect(try run("user", "list").lines.map(\.count) == [5])
        #expect(try !run("user", "list", "--json").output.contains("identity"))
    }

    @Test func `print a bearer once, and keep its digest alone`() throws {
        try populate()
        let created = try run("session", "create", "ada", "--ttl", "2h")
        #expect(created.status == 0 && created.errors == "")
        let bearer = created.value
        #expect(bearer.hasPrefix("lks_") && bearer.utf8.count == 47)
        #expect(Base64URL.decode(Array(bearer.utf8.dropFirst(4)))?.count == 32)
        let listed = try run("session", "list", "ada")
        #expect(!listed.output.contains(bearer.dropFirst(4)))
        let digest = SessionDigest(bearer: Array(bearer.utf8)).bytes.prefix(6)
        #expect(listed.lines[0][0] == digest.map { String(format: "%02x", $0) }.joined())
        let file = try Data(contentsOf: URL(fileURLWithPath: run.folder + "/directory.sqlite"))
        #expect(file.range(of: Data(bearer.utf8)) == nil)
        #expect(try run("session", "create", "ada").value != bearer)
    }

    @Test(arguments: [("", ""), ("", "\n"), ("", "\r\n"), ("  ", "\n")])
    func `revoke the session whose bearer is on standard input`(before: String, ending: String) throws {
        try populate()
        let bearer = try run("session", "create", "ada").value
        _ = try run("session", "create", "ada")
        #expect(try run("session", "revoke", "--stdin", input: before + bearer + ending).status == 0)
        #expect(try run("session", "list", "ada").lines.count { !$0[3].isEmpty } == 1)
    }

    @Test(arguments: ["", "\n", "two words", "a\nb", "lks_\u{0}", String(repeating: "x", count: 9000)])
    func `refuse a bearer that is none, and do not repeat it`(input: String) throws {
        let outcome = try run("session", "revoke", "--stdin", input: input)
        #expect(outcome.status == 65)
        #expect(
            outcome.errors
                == "livekit-tokend: standard input must be one bearer and nothing else, as session create printed it\n"
        )
    }

    @Test func `revoke all sessions of a user`() throws {
        try populate()
        for _ in 0..<2 { _ = try run("session", "create", "ada") }
        #expect(try run("session", "revoke", "--user", "ada").errors.contains("revoked 2 sessions"))
        #expect(try run("session", "list", "ada").lines.allSatisfy { !$0[3].isEmpty })
    }

    @Test func `give a membership that exists its new end, and say so`() throws {
        try populate()
        #expect(try run("member", "add", "stage-1", "ada", "--role", "host", "--until", "+1h").status == 0)
        let again = try run("member", "add", "stage-1", "ada", "--role", "host")
        #expect(again.status == 0 && again.errors.contains("already, and is now without end"))
        #expect(try run("member", "list", "stage-1").lines == [["ada", "host", "", "", ""]])
    }

    @Test func `plan and end a stream session by the id that is printed`() throws {
        try populate()
        let id = try run("stream", "add", "stage-1", "--event", "e", "--opens", "2099-01-01T00:00:00+01:00").value
        #expect(try run("stream", "list", "stage-1").lines == [[id, "", "e", "2098-12-31T23:00:00Z", ""]])
        #expect(try run("stream", "end", id).errors.contains("is closed"))
        #expect(try run("stream", "end", id).errors.contains("was closed already"))
    }

    @Test func `say what a removal took along`() throws {
        try populate()
        _ = try run("session", "create", "ada")
        _ = try run("member", "add", "stage-1", "ada", "--role", "host")
        _ = try run("stream", "add", "stage-1")
        #expect(try run("user", "remove", "ada").errors.contains("with 1 session and 1 membership"))
        #expect(try run("room", "remove", "stage-1").errors.contains("with no memberships and 1 stream session"))
    }

    @Test func `print the version of the schema, whether or not the directory was there`() throws {
        let made = try run("migrate")
        #expect(made.status == 0 && made.value == "\(Schema.version)" && made.errors.contains("made "))
        let again = try run("migrate")
        #expect(again.status == 0 && again.value == "\(Schema.version)" && again.errors.contains("up to date"))
    }

    /// Arguments that cannot be done, the exit status, and words that say what would be right.
    static let refusals: [(arguments: [String], status: Int32, words: String)] = [
        (["user", "add", "ada"], 65, "exists already"), (["user", "add", "a b"], 64, "visible ASCII"),
        (["user", "add", ""], 64, "visible ASCII"), (["user", "add", "zoë"], 64, "visible ASCII"),
        (["user", "add", String(repeating: "x", count: 257)], 64, "256"),
        (["user", "add", "x", "--did", "web:a"], 64, "did:"),
        (["user", "add", "x", "--name", "a\u{1B}b"], 64, "control"),
        (["user", "add", "x", "--name", ""], 64, "1 to 256"),
        (["user", "add", "x", "--name", "a\u{FFFF}"], 64, "1 to 256"),
        (["user", "add", "x", "--name", "\u{FFFE}"], 64, "1 to 256"), (["user", "add", "x", "y"], 64, "y"),
        (["user", "disable", "bob"], 65, "user list"), (["user", "remove", "bob"], 65, "user list"),
        (["user", "remove", "ADA"], 65, "user ada does"), (["user", "add", "Ada Lovelace"], 64, "a digest of it"),
        (["user", "enable"], 64, "user-id"),
        (["session", "create", "bob"], 65, "user add bob"), (["session", "create", "ada", "--ttl", "1y"], 64, "1w"),
        (["session", "create", "ada", "--ttl", "-1"], 64, "ttl"),
        (["session", "create", "ada", "--ttl", "59"], 65, "min_ttl"),
        (["session", "list", "bob"], 65, "user list"), (["session", "revoke"], 64, "--stdin"),
        (["session", "revoke", "--user", "ada", "--stdin"], 64, "either"),
        (["session", "revoke", "60bc1c675b95"], 64, "name the user with --user"),
        (["room", "add", "stage-1"], 65, "exists already"), (["room", "add", "_x"], 65, "rooms.pattern"),
        (["room", "add", "a/b"], 65, "rooms.pattern"), (["room", "remove", "nowhere"], 65, "room list"),
        (["room", "remove", "STAGE-1"], 65, "room stage-1 does"), (["room", "add", "Daily Standup"], 64, "slug"),
        (["member", "add", "stage-1", "ada"], 64, "--role"),
        (["member", "add", "stage-1", "ada", "--role", "king"], 65, "host, speaker, viewer"),
        (["member", "add", "nowhere", "ada", "--role", "host"], 65, "room add nowhere"),
        (["member", "add", "stage-1", "bob", "--role", "host"], 65, "user add bob"),
        (["member", "add", "Stage-1", "ada", "--role", "host"], 65, "room stage-1 does"),
        (["member", "list", "nowhere"], 65, "room list"),
        (["member", "add", "stage-1", "ada", "--role", "host", "--scene", "a/b"], 65, "--scene"),
        (["member", "add", "stage-1", "ada", "--role", "host", "--until", "soon"], 64, "+90m"),
        (["member", "add", "stage-1", "ada", "--role", "host", "--until", "0"], 65, "future"),
        (["member", "remove", "stage-1", "ada"], 65, "member list stage-1"),
        (["stream", "add", "nowhere"], 65, "room add nowhere"),
        (["stream", "add", "stage-1", "--opens", "+2h", "--closes", "+1h"], 65, "after --opens"),
        (["stream", "add", "stage-1", "--closes", "1"], 65, "future"), (["stream", "end", "x"], 65, "stream list"),
    ]

    @Test(arguments: refusals.indices) func `refuse what cannot be done, and say what can`(index: Int) throws {
        let (arguments, status, words) = Self.refusals[index]
        try populate()
        let outcome = try run.call(arguments)
        #expect(outcome.status == status, "\(arguments)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        #expect(outcome.output == "", "\(arguments)")
        #expect(!outcome.errors.contains("\u{1B}"))
    }

    /// A call whose standard output takes nothing.
    private func unheard(_ arguments: String...) throws -> CommandLineProgram.Outcome {
        let program = [CommandLineProgram.executable.path] + arguments + ["--config", run.folder + "/config.yaml"]
        return try run.call(program: "/bin/sh", ["-c", "exec \"$@\" >/dev/full", "sh"] + program)
    }

    @Test func `change nothing that they cannot tell`() throws {
        try populate()
        #expect(try unheard("session", "create", "ada").status == 69)
        #expect(try run("session", "list", "ada").output == "")
        #expect(try unheard("user", "add", "bob").status == 69)
        #expect(try run("user", "list").lines.map(\.first) == ["ada"])
    }

    @Test func `take the configuration file from the option, else from the variable`() throws {
        try populate()
        let program = CommandLineProgram.executable.path
        let variable = "LIVEKIT_TOKEND_CONFIG=\(run.folder)/config.yaml"
        let named = try run.call(program: "/usr/bin/env", [variable, program, "user", "list"])
        #expect(named.status == 0 && named.lines.map(\.first) == ["ada"], "\(named.errors)")
        let option = ["--config", "/nonexistent.yaml"]
        let other = try run.call(program: "/usr/bin/env", [variable, program, "user", "list"] + option)
        #expect(other.status == 78 && other.errors.contains("/nonexistent.yaml"))
        let empty = try run.call(program: "/usr/bin/env", ["LIVEKIT_TOKEND_CONFIG=", program, "check", "--json"])
        #expect(empty.output.contains("/etc/livekit-tokend/config.yaml"))
        let check = try run.call(program: "/usr/bin/env", [variable, program, "check", "--json"])
        #expect(check.output.contains(run.folder + "/config.yaml"))
    }

    @Test func `go by other words, too`() throws {
        for arguments in [["user", "create", "ada"], ["room", "new", "stage-1"], ["session", "add", "ada"]] {
            #expect(try run.call(arguments).status == 0, "\(arguments)")
        }
        #expect(try run("user", "ls").lines.map(\.first) == ["ada"])
        #expect(try run("room", "delete", "stage-1").status == 0)
        #expect(try run("user", "rm", "ada").status == 0)
        let unknown = try run("usr", "list")
        #expect(unknown.status == 64 && unknown.errors.contains("the commands are serve, reload, check, migrate, user"))
    }

    @Test func `take a day for its first moment, and weeks`() throws {
        try populate()
        #expect(try run("member", "add", "stage-1", "ada", "--role", "host", "--until", "2099-12-01").status == 0)
        #expect(try run("member", "list", "stage-1").lines.map(\.last) == ["2099-12-01T00:00:00Z"])
        #expect(try run("session", "create", "ada", "--ttl", "1w").status == 0)
    }

    @Test func `say what a former user or room had left, and remove it`() throws {
        try populate()
        let sql =
            "INSERT INTO members (room_id, user_id, role) VALUES ('q', 'ada', 'host'), ('stage-1', 'eve', 'host');"
        _ = try run.call(program: "/usr/bin/sqlite3", [run.folder + "/directory.sqlite", sql])
        #expect(try run("room", "add", "q").errors.contains("removed 1 membership and no stream sessions"))
        #expect(try run("user", "add", "eve").errors.contains("removed no sessions and 1 membership"))
        #expect(try run("member", "list", "q").output == "")
    }

    @Test func `tell a room from one that differs in case alone`() throws {
        try populate()
        let added = try run("room", "add", "Stage-1")
        #expect(added.status == 0 && added.errors.contains("room stage-1 is another room"))
    }

    @Test func `list what can be read, and name what cannot`() throws {
        try populate()
        let sql = """
            DROP TRIGGER users_name_updated; UPDATE users SET name = CAST(x'41C3' AS TEXT);
            PRAGMA ignore_check_constraints = ON; INSERT INTO rooms (room_id, access) VALUES ('q', 'public');
            """
        _ = try run.call(program: "/usr/bin/sqlite3", [run.folder + "/directory.sqlite", sql])
        let users = try run("user", "list")
        #expect(users.status == 0 && users.lines.map { $0[4] } == [""])
        #expect(users.errors.contains("the row ada of users is listed without its name"))
        let rooms = try run("room", "list", "--json")
        #expect(rooms.status == 69 && rooms.output.contains("stage-1"))
        #expect(rooms.errors.contains("the row q of rooms is left out"))
    }

    @Test func `show no character of a stored name that deceives a reader`() throws {
        try populate()
        let sql = "UPDATE users SET name = 'a' || char(0x202E) || 'b';"
        _ = try run.call(program: "/usr/bin/sqlite3", [run.folder + "/directory.sqlite", sql])
        let listed = try run("user", "list")
        #expect(listed.status == 0 && listed.lines.map(\.first) == ["ada"])
        #expect(!(listed.output + listed.errors).unicodeScalars.contains("\u{202E}"))
    }

    @Test func `take over a restored dump by migrate alone`() throws {
        try populate()
        let database = run.folder + "/directory.sqlite"
        _ = try run.call(
            program: "/usr/bin/sqlite3",
            [database, "PRAGMA application_id = 0; PRAGMA user_version = 0;"]
        )
        let refused = try run("user", "list")
        #expect(refused.status == 69 && refused.errors.contains("run livekit-tokend migrate"))
        let adopted = try run("migrate")
        #expect(adopted.status == 0 && adopted.errors.contains("took over") && adopted.value == "\(Schema.version)")
        #expect(try run("user", "list").lines.map(\.first) == ["ada"])
    }

    @Test(arguments: [["--config="], ["--config", ""]])
    func `take no empty name for a configuration file`(_ option: [String]) throws {
        let outcome = try run.call(exactly: ["user", "list"] + option)
        #expect(outcome.status == 64)
        #expect(outcome.errors == "livekit-tokend: --config is empty; name a file\n")
    }

    @Test func `say that the directory cannot be had, with the cure`() throws {
        try "directory: {url: 'sqlite:\(run.folder)/nowhere/d.sqlite'}\npeers: []\n"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
        let outcome = try run("user", "list")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("make it, owned by the user of the service"))
    }
}
