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
            lines.map { [$0[0], $0[1], $0[3], $0[4]] } == [
                ["ada", "enabled", "did:web:a", "Zoë \"Z\""], ["bob", "disabled", "", ""],
            ]
        )
        let json = try JSONValue(parsing: Array(try run("user", "list", "--json").output.utf8.dropLast()))
        guard case .array(let users) = json else { return #expect(Bool(false), "no array") }
        #expect(users.map { user in user.members?.first { $0.name == "userId" }?.value.text } == ["ada", "bob"])
        #expect(users.map { user in user.members?.first { $0.name == "did" }?.value.text } == ["did:web:a", nil])
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
        #expect(again.status == 0 && again.errors.contains("already, and is now for good"))
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
        (["user", "add", "x", "--name", ""], 64, "1 to 256"), (["user", "add", "x", "y"], 64, "y"),
        (["user", "disable", "bob"], 65, "user add bob"), (["user", "remove", "bob"], 65, "user add bob"),
        (["user", "enable"], 64, "user-id"),
        (["session", "create", "bob"], 65, "user add bob"), (["session", "create", "ada", "--ttl", "1w"], 64, "90s"),
        (["session", "create", "ada", "--ttl", "-1"], 64, "ttl"),
        (["session", "create", "ada", "--ttl", "59"], 65, "min_ttl"),
        (["session", "list", "bob"], 65, "user add bob"), (["session", "revoke"], 64, "--stdin"),
        (["session", "revoke", "--user", "ada", "--stdin"], 64, "either"),
        (["session", "revoke", "lks_abc"], 64, "--stdin"),
        (["room", "add", "stage-1"], 65, "exists already"), (["room", "add", "_x"], 65, "rooms.pattern"),
        (["room", "add", "a/b"], 65, "rooms.pattern"), (["room", "remove", "nowhere"], 65, "room add nowhere"),
        (["member", "add", "stage-1", "ada"], 64, "--role"),
        (["member", "add", "stage-1", "ada", "--role", "king"], 65, "host, speaker, viewer"),
        (["member", "add", "nowhere", "ada", "--role", "host"], 65, "room add nowhere"),
        (["member", "add", "stage-1", "bob", "--role", "host"], 65, "user add bob"),
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
