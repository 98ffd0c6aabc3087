import Foundation
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `Commands about blocks` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        for words in [["user", "add", "ada"], ["room", "add", "studio"]] {
            try #require(try run.call(words).status == 0)
        }
    }

    /// Calls `block` or `unblock`; `--config` goes before the operands.
    private func call(_ command: String, _ arguments: String...) throws -> CommandLineProgram.Outcome {
        try run.call(exactly: [command, "--config", run.folder + "/config.yaml"] + arguments)
    }

    /// What it said, a line each, without the name of the program.
    private func said(_ outcome: CommandLineProgram.Outcome) -> [String] {
        outcome.errors.split(separator: "\n").map { String($0.replacing("livekit-tokend: ", with: "")) }
    }

    private func configure(_ text: String) throws {
        try text.write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private static let manual =
        "until removed: see \"Throw somebody out, for good\" in /usr/share/doc/livekit-tokend/deploy.md.gz"
    private static let withoutGate =
        "new tokens alone are barred, as gate is off: LiveKit takes one that was issued before until a minute after "
        + "its end, and keeps who is inside \(manual)"

    @Test func `bar a person from every room, or from one, until a time, and say what follows`() throws {
        #expect(try said(call("block", "ada")) == ["user ada is blocked in every room without end", Self.withoutGate])
        let until = "2099-12-24T20:00:00Z"
        let room = try call("block", "ada", "--room", "studio", "--until", until, "--why", "spam & \"noise\"")
        #expect(room.status == 0 && room.output == "")
        #expect(
            said(room) == ["user ada is blocked in room studio until \(until) (spam & \"noise\")", Self.withoutGate]
        )
        let identity = ParticipantIdentity(user: "ada").text.description
        let lines = try run("block", "list").lines
        #expect(
            lines.map { [$0[0], $0[1], $0[2], $0[3], $0[5]] } == [
                ["ada", "", "", "", identity], ["ada", "studio", until, "spam & \"noise\"", identity],
            ]
        )
        let json = try run("block", "list", "--json").output
        #expect(json.contains(#"{"userId":"ada","roomId":"studio","expiresAt":"\#(until)","why":"spam & \"noise\"","#))
    }

    @Test func `say with the gate that joins are barred as well`() throws {
        try configure("directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\ngate: on\n")
        #expect(
            try said(call("block", "ada")).last
                == "tokens and joins are barred from now on; somebody who is inside stays \(Self.manual)"
        )
    }

    @Test func `give a block that exists its new end and reason, and say so`() throws {
        _ = try call("block", "ada", "--room", "studio", "--until", "2099-12-24", "--why", "spam")
        #expect(
            try said(call("block", "ada", "--room", "studio")).first
                == "user ada was blocked in room studio until 2099-12-24T00:00:00Z (spam) already, and is now without end"
        )
        #expect(try run("block", "list").lines.map { Array($0[..<4]) } == [["ada", "studio", "", ""]])
    }

    @Test func `take a length of time, a day or seconds for the end`() throws {
        for end in [["--for", "1h"], ["--until", "+1h"], ["--until", "4102444800"]] {
            let outcome = try run.call(exactly: ["block", "--config", run.folder + "/config.yaml", "ada"] + end)
            #expect(outcome.status == 0 && outcome.errors.contains(" until 20"), "\(outcome.errors)")
        }
        #expect(try run("block", "list").lines.map { $0[2] } == ["2100-01-01T00:00:00Z"])
    }

    private static let logins = "sessions: {source: nginx, users: any}\nmemberships: {source: claims}\n"

    @Test func `name what the directory does not know, and what differs in case alone`() throws {
        try configure("directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\n\(Self.logins)")
        #expect(
            try said(call("block", "Ada", "--room", "Studio")) == [
                "user Ada is blocked in room Studio without end",
                "the directory does not know user Ada: the block is for logins of that id",
                "user ada is another user: it differs from Ada in case alone",
                "the directory does not list room Studio: the block is for a room of that id",
                "room studio is another room: it differs from Studio in case alone; to bar from that, name it, and: "
                    + "livekit-tokend unblock Ada --room Studio",
            ]
        )
        #expect(try said(call("block", "Ada")).last == Self.withoutGate)
        #expect(try said(call("block", "auth0|eve"))[1].hasPrefix("the directory does not know user auth0|eve"))
    }

    @Test func `bar no other spelling of a user where sessions are the directory's`() throws {
        let other = try call("block", "Ada")
        #expect(other.status == 65)
        #expect(said(other) == ["user Ada does not exist; user ada does, who differs in case alone"])
        #expect(try run("block", "list").output == "")
        // Somebody who is gone, and whose tokens are not.
        #expect(try call("block", "eve").status == 0)
    }

    @Test(arguments: ["", logins]) func `bar no identity, and say where the user's id is`(configuration: String) throws
    {
        try configure("directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\n\(configuration)")
        let identity = ParticipantIdentity(user: "ada").text.description
        let refused = try call("block", identity)
        #expect(refused.status == 65)
        #expect(
            said(refused) == [
                "USER_ID is an identity in LiveKit; name the user's id, which join.admitted and token.issued of that "
                    + "identity have in the log as userId"
            ]
        )
        #expect(try run("block", "list").output == "")
        // Unless it is an id.
        try #require(try run.call(["user", "add", identity]).status == 0)
        #expect(try call("block", identity).status == 0)
    }

    @Test func `list those that bar from a room`() throws {
        _ = try call("block", "ada", "--room", "studio")
        _ = try call("block", "bob")
        _ = try call("block", "eve", "--room", "lobby")
        #expect(try run("block", "list", "--room", "studio").lines.map(\.first) == ["ada", "bob"])
        #expect(try run("block", "ls").lines.count == 3)
    }

    @Test func `lift all blocks of a person, or that of a room, and say what stays`() throws {
        _ = try call("block", "ada", "--room", "studio", "--why", "spam")
        _ = try call("block", "ada", "--room", "lobby")
        _ = try call("block", "ada")
        #expect(
            try said(call("unblock", "ada", "--room", "studio")) == [
                "user ada was blocked in room studio without end (spam), and is no more",
                "user ada stays blocked in every room without end", "user ada stays blocked in room lobby without end",
            ]
        )
        let refused = try call("unblock", "ada", "--room", "studio")
        #expect(refused.status == 65)
        #expect(
            said(refused) == [
                "user ada has no block in room studio, and is blocked in every room without end; "
                    + "livekit-tokend unblock ada lifts that"
            ]
        )
        #expect(try said(call("unblock", "ada")).count == 2)
        #expect(try run("block", "list").output == "")
        let again = try call("unblock", "ada")
        #expect(again.status == 65 && said(again) == ["user ada has no such block; see livekit-tokend block list"])
    }

    @Test func `lift no block of another person`() throws {
        _ = try call("block", "ada")
        let other = try call("unblock", "ADA")
        #expect(other.status == 65)
        #expect(said(other) == ["user ADA is not blocked; user ada is, who differs in case alone"])
        #expect(try run("block", "list").lines.count == 1)
    }

    @Test func `bar a person who is called list, after two dashes alone`() throws {
        for name in ["list", "ls"] {
            let guess = try call("block", "--room", "studio", name)
            #expect(guess.status == 64)
            #expect(
                said(guess).first
                    == "block: \(name) is a command, which is livekit-tokend block list; an operand of that name comes "
                    + "after --"
            )
            #expect(try said(call("block", "--", name)).first == "user \(name) is blocked in every room without end")
        }
        #expect(try run("block", "list").lines.map(\.first) == ["list", "ls"])
        #expect(try call("unblock", "list").status == 0)
    }

    static let refusals: [(arguments: [String], status: Int32, words: String)] = [
        (["ada", "--for", "1h", "--until", "+1h"], 64, "block: --for and --until both say when it ends; give one"),
        (["ada", "bob"], 64, "unexpected argument bob; a block is of one person: livekit-tokend block USER_ID"),
        ([], 64, "missing <user-id>"), (["a b"], 64, "USER_ID must be 1 to 256 visible ASCII characters"),
        (["ada", "--for", "0"], 65, "--for must be at least 1s"),
        (["ada", "--for", "soon"], 64, "--for must be a duration"),
        (["ada", "--until", "0"], 65, "--until must be in the future"), (["ada", "--until", "x"], 64, "+90m"),
        (["ada", "--room", "a/b"], 65, "--room must match rooms.pattern"),
        (["ada", "--why", ""], 64, "--why must be 1 to 256 bytes"), (["ada", "--why", "a\nb"], 64, "--why must be"),
        (["ada", "--why", "a\u{202E}b"], 64, "none that turn the direction of text"),
    ]

    @Test(arguments: refusals.indices) func `refuse what cannot be meant, and say what can`(index: Int) throws {
        let (arguments, status, words) = Self.refusals[index]
        let outcome = try run.call(exactly: ["block", "--config", run.folder + "/config.yaml"] + arguments)
        #expect(outcome.status == status, "\(arguments)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        #expect(try run("block", "list").output == "")
    }

    @Test(arguments: [["block", "ada"], ["unblock", "ada"], ["block", "list"]])
    func `want a directory, and say which`(words: [String]) throws {
        try configure(
            "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: claims}\npeers: []\n"
        )
        let outcome = try run.call(exactly: words + ["--config", run.folder + "/config.yaml"])
        #expect(outcome.status == 69)
        #expect(
            said(outcome) == [
                "blocks are kept in a directory, and this deployment has none (directory.url: none); set directory.url: "
                    + "sqlite:/var/lib/livekit-tokend/directory.sqlite, and restart the service"
            ]
        )
    }

    // MARK: Commands about users

    @Test func `are told of by those about users: a disabled one who is removed stays out`() throws {
        _ = try run("user", "disable", "ada")
        #expect(
            try said(run("user", "remove", "ada")) == [
                "removed user ada with no sessions and no memberships",
                "user ada was disabled, and is therefore blocked in every room without end; livekit-tokend unblock ada "
                    + "lifts that",
            ]
        )
        #expect(try run("block", "list").lines.map { Array($0[..<4]) } == [["ada", "", "", "disabled when removed"]])
        #expect(
            try said(run("user", "add", "ada")) == [
                "user ada is blocked in every room without end (disabled when removed); livekit-tokend unblock ada lifts "
                    + "that"
            ]
        )
        _ = try call("block", "ada", "--room", "studio")
        #expect(try said(run("user", "enable", "ada")).last?.contains("every room without end") == true)
        _ = try call("unblock", "ada")
        #expect(try said(run("user", "remove", "ada")) == ["removed user ada with no sessions and no memberships"])
        #expect(try said(run("user", "add", "ada")).isEmpty)
    }

    // MARK: explain

    @Test func `are explained, with their end, their reason and the cure`() throws {
        let keys = "\(run.folder)/keys.yaml"
        try "APIgolden: golden-secret-of-the-tests-0123456789\n".write(toFile: keys, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        try configure(
            "directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\nlivekit: {key_file: keys.yaml}\npeers: []\n"
        )
        _ = try run("member", "add", "studio", "ada", "--role", "host")
        _ = try call("block", "ada", "--room", "studio", "--until", "2099-12-24T20:00:00Z", "--why", "spam")
        let explain = ["explain", "--config", run.folder + "/config.yaml", "ada", "studio", "--at"]
        let outcome = try run.call(exactly: explain + ["2099-12-24T19:00:00Z"])
        #expect(outcome.status == 65)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("verdict       no token: blocked"))
        #expect(
            lines.contains(
                "what to do    livekit-tokend block list --room studio shows why; run: livekit-tokend unblock ada"
            )
        )
        #expect(lines.contains("block         in room studio, until 2099-12-24T20:00:00Z, in 1h 0m: spam"))
        // It stays to be seen what would be without the block.
        #expect(lines.contains("membership    host: counts"))
        let json = try run.call(exactly: explain + ["2099-12-24T19:00:00Z", "--json"]).output
        #expect(json.contains(#""reason":"blocked""#))
        #expect(json.contains(#""block":{"roomId":"studio","until":"2099-12-24T20:00:00Z","why":"spam"}"#))
        let over = try run.call(exactly: explain + ["2099-12-24T20:00:00Z"])
        #expect(over.status == 0 && !over.output.contains("block"))
        let created = try run.call(exactly: ["token", "create", "studio", "ada"] + explain[1...2])
        #expect(created.status == 65 && created.output == "" && created.errors.contains("blocked"), "\(created.errors)")
    }
}
