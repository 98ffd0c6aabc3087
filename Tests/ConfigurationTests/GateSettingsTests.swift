import Configuration
import JoinGate
import Testing

private let nginx = "sessions: {source: nginx}\n"
private let claims = nginx + "memberships: {source: claims}\n"
private let groups = nginx + "memberships: {source: groups, groups_separator: ',', rooms: {crew: {a: [host]}}}\n"

@Suite struct `The gate of a configuration` {
    @Test(arguments: ["", "gate: off", "gate: false"]) func `is off unless it is switched on`(yaml: String) throws {
        #expect(try settings(yaml).gate == nil)
    }

    @Test(arguments: ["gate: on", "gate: true", "gate: {}", "gate: {grants: dangerous}"])
    func `judges memberships and the dangerous grants by default`(yaml: String) throws {
        let gate = try #require(try settings(yaml).gate)
        #expect(gate.grants == .dangerous && !gate.leavesMembershipsUnjudged)
    }

    @Test func `may judge all grants`() throws {
        #expect(try settings("gate: {grants: strict}").gate?.grants == .strict)
    }

    @Test(arguments: [claims, groups]) func `may leave the memberships of logins unjudged`(yaml: String) throws {
        let gate = try #require(try settings(yaml + "gate: {memberships: unjudged}").gate)
        #expect(gate.grants == .dangerous && gate.leavesMembershipsUnjudged)
    }

    @Test(arguments: [
        "token: {identity: session}", "token: {identity: user}", nginx, "sessions: {source: nginx, users: any}",
    ]) func `judges by what it can see`(yaml: String) throws {
        #expect(try settings(yaml + "\ngate: on").gate != nil)
    }

    /// What a gate that is off does not need, it may lack.
    @Test(arguments: [
        "token: {identity: token}", claims,
        "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: claims}",
    ]) func `asks nothing of the other settings while it is off`(yaml: String) throws {
        #expect(try settings(yaml + "\ngate: off").gate == nil)
    }

    static let broken: [BrokenConfiguration] = [
        BrokenConfiguration("gate: yes", "config.yaml:1: gate must be on, off, or a mapping", "{grants: strict}"),
        BrokenConfiguration("gate: 'on'", "config.yaml:1: gate must be on, off, or a mapping"),
        BrokenConfiguration("gate: On", "config.yaml:1: gate must be on, off, or a mapping"),
        BrokenConfiguration("gate: strict", "config.yaml:1: gate must be on, off, or a mapping"),
        BrokenConfiguration("gate:", "config.yaml:1: gate must be on, off, or a mapping"),
        BrokenConfiguration("gate: [on]", "config.yaml:1: gate must be on, off, or a mapping"),
        BrokenConfiguration("gate: {grants: all}", "config.yaml:1: gate.grants must be dangerous or strict"),
        BrokenConfiguration("gate: {grants: [strict]}", "config.yaml:1: gate.grants must be a string"),
        BrokenConfiguration("gate: {memberships: judged}", "config.yaml:1: gate.memberships must be unjudged"),
        BrokenConfiguration("gate: {grnts: strict}", "config.yaml:1: gate.grnts is unknown: write grants"),
        // Without a directory.
        BrokenConfiguration(
            "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: claims}\ngate: on",
            "config.yaml:4: gate is on, and directory.url is none",
            "directory: {url: 'sqlite:/var/lib/livekit-tokend/directory.sqlite'}, or gate: off"
        ),
        BrokenConfiguration(
            "directory: {url: none}\nsessions: {source: nginx, users: any}\nmemberships: {source: claims}\n"
                + "gate: {memberships: unjudged}",
            "config.yaml:4: gate is on, and directory.url is none"
        ),
        // Identities that lead to no user, or to sessions of others.
        BrokenConfiguration(
            "token: {identity: token}\ngate: on",
            "config.yaml:2: gate is on, and token.identity is token",
            "write user or session there"
        ),
        BrokenConfiguration(
            nginx + "token: {identity: session}\ngate: {}",
            "config.yaml:3: gate is on, token.identity is session, and sessions.source is nginx",
            "write token: {identity: user}"
        ),
        BrokenConfiguration(
            """
            sessions: {source: jwt, jwt: {issuer: 'https://a', audience: b, key_set_file: /c}}
            token: {identity: session}
            gate: on
            """,
            "config.yaml:3: gate is on, token.identity is session, and sessions.source is jwt",
            "write token: {identity: user}"
        ),
        // Memberships that it does not see.
        BrokenConfiguration(
            claims + "gate: on",
            "config.yaml:3: gate is on, and memberships.source is claims",
            "write gate: {memberships: unjudged}",
            "blocks, disabled users and stream sessions alone"
        ),
        BrokenConfiguration(
            groups + "gate: {grants: strict}",
            "config.yaml:3: gate is on, and memberships.source is groups",
            "write gate: {memberships: unjudged}"
        ),
        BrokenConfiguration(
            "gate: {memberships: unjudged}",
            "config.yaml:1: gate.memberships is unjudged, and memberships.source is directory",
            "remove it"
        ),
        BrokenConfiguration(
            claims + "gate: {grants: strict, memberships: unjudged}",
            "config.yaml:3: gate.grants is strict, and gate.memberships is unjudged",
            "write dangerous"
        ),
    ]

    @Test(arguments: broken)
    func `is refused with what would be right`(_ broken: BrokenConfiguration) throws {
        let message = try #require(throws: ConfigurationError.self) { try settings(broken.yaml) }.message
        for words in [broken.place] + broken.words { #expect(message.contains(words), "\(message)") }
    }
}
