import Foundation
import TestSupport
import Testing

/// Commands and `check`, where rooms need not be listed, and memberships are a login's.
@Suite struct `Rooms and memberships from elsewhere` {
    private let run: CommandLineProgram

    init() throws {
        run = try CommandLineProgram()
        try configure("")
        for arguments in [["user", "add", "ada"], ["room", "add", "stage-1"]] {
            try #require(try run.call(arguments).status == 0)
        }
        try #require(try run("member", "add", "stage-1", "ada", "--role", "host").status == 0)
    }

    private func configure(_ yaml: String) throws {
        try "directory: {url: 'sqlite:\(run.folder)/directory.sqlite'}\npeers: []\n\(yaml)"
            .write(toFile: run.folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private let templates = """
        rooms:
          templates:
            - {match: 'call-*', access: open, role: speaker, agents: [narrator, '']}
            - {match: 'stage-*', access: open}

        """
    private let claims = "sessions: {source: nginx}\nmemberships: {source: claims}\n"

    private func findings(_ subjects: String...) throws -> [[String]] {
        let outcome = try run.call(exactly: ["check", "--config", run.folder + "/config.yaml", "--json"])
        let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: String]] ?? []
        return json.filter { subjects.contains($0["subject"] ?? "") }.map { finding in
            ["level", "subject", "message"].map { finding[$0] ?? "" }
        }
    }

    // MARK: room

    @Test func `say which template takes a room over that is removed`() throws {
        try configure(templates)
        #expect(
            try run("room", "remove", "stage-1").errors == """
                livekit-tokend: removed room stage-1 with 1 membership and no stream sessions
                livekit-tokend: its template stage-* (open to every user, as viewer) takes it over

                """
        )
    }

    @Test func `say which template counts no longer for a room that is added`() throws {
        try configure(templates)
        #expect(
            try run("room", "add", "call-7").errors == """
                livekit-tokend: added room call-7
                livekit-tokend: its template call-* (open to every user, as speaker) counts no longer for it

                """
        )
    }

    @Test func `say nothing of templates where none matches`() throws {
        try configure(templates)
        #expect(try run("room", "add", "lobby").errors == "livekit-tokend: added room lobby\n")
        #expect(try !run("room", "remove", "lobby").errors.contains("template"))
    }

    @Test func `name a template for members alone as such`() throws {
        try configure(claims + "rooms: {templates: [{match: 'stage-*'}]}\n")
        let removed = try run("room", "remove", "stage-1").errors
        #expect(removed.contains("its template stage-* (for members alone) takes it over"))
    }

    // MARK: member

    @Test func `say of the directory's memberships that they do not count`() throws {
        let words = "livekit-tokend: memberships of the directory do not count: memberships.source is claims\n"
        let calls = [
            ["member", "add", "stage-1", "ada", "--role", "viewer"], ["member", "list", "stage-1"],
            ["member", "remove", "stage-1", "ada"],
        ]
        for call in calls { #expect(try !run.call(call).errors.contains("do not count"), "\(call)") }
        try configure(claims)
        for call in calls {
            let outcome = try run.call(call)
            #expect(outcome.status == 0 && outcome.errors.hasSuffix(words), "\(call): \(outcome.errors)")
        }
    }

    // MARK: token create

    @Test func `say why a command cannot enter where a login may`() throws {
        try "APIabc: 0123456789abcdef0123456789abcdef0123456789\n"
            .write(toFile: run.folder + "/keys.yaml", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: run.folder + "/keys.yaml")
        try configure("livekit: {key_file: keys.yaml}\n" + claims + templates)
        let member = try run("token", "create", "stage-1", "ada")
        #expect(member.status == 65)
        #expect(member.errors.contains("let the login say that its user is a member (--rooms)"), "\(member.errors)")
        let room = try run("token", "create", "elsewhere", "ada")
        #expect(
            room.errors.contains("the login names no such room (--rooms); let it name"),
            "\(room.errors)"
        )
        #expect(try run("token", "create", "call-1", "ada").status == 0)
        // Known users alone, unless all get in.
        #expect(try run("token", "create", "call-1", "bob").errors.contains("unknown_user"))
        try configure(
            "livekit: {key_file: keys.yaml}\nsessions: {source: nginx, users: any}\n" + templates
        )
        #expect(try run("token", "create", "call-1", "bob").status == 0)
    }

    // MARK: check

    @Test func `are told by check`() throws {
        #expect(try findings("memberships", "rooms") == [])
        try configure(claims + templates)
        #expect(
            try findings("memberships", "rooms") == [
                ["ok", "memberships", "claims, in LIVEKIT_ROOMS of each login"],
                [
                    "ok", "rooms",
                    "need not be listed: call-* (open to every user, as speaker), with narrator, the unnamed agent",
                ],
                ["ok", "rooms", "need not be listed: stage-* (open to every user, as viewer)"],
                [
                    "warning", "memberships",
                    "1 membership of the directory does not count, as memberships.source is claims; let logins say the "
                        + "same, then remove it with livekit-tokend member remove",
                ],
            ]
        )
        _ = try run("member", "remove", "stage-1", "ada")
        try configure(
            "sessions: {source: nginx}\nmemberships: {source: groups, groups_separator: ',', "
                + "rooms: {a: {b: [host]}, c: {d: [host]}}}\n"
        )
        #expect(
            try findings("memberships", "rooms") == [
                ["ok", "memberships", "groups, in LIVEKIT_GROUPS of each login; rooms of 2 groups"]
            ]
        )
    }

    /// Roles that the configuration lacks are no matter where memberships do not count.
    @Test func `are no matter of roles`() throws {
        _ = try run("member", "add", "stage-1", "ada", "--role", "speaker")
        try configure(claims + "roles: {viewer: {}}\n")
        #expect(try findings("roles") == [])
    }
}
