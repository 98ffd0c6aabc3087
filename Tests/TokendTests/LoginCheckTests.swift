import Glibc
import Testing

@testable import livekit_tokend

@Suite struct `check of logins` {
    private static let set =
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"main-1","#
        + #""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"OKP","crv":"Ed448","x":"AA"}]}"#
    private static let jwt = "source: jwt, users: any, jwt: {issuer: 'https://id.example.com', audience: livekit, "

    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// The findings on a subject, of a deployment with these sessions and this server of nginx.
    private func findings(
        _ subject: String,
        _ sessions: String,
        _ more: String = "",
        nginx: String = ""
    ) throws -> [Finding] {
        try folder.write(
            "config.yaml",
            "directory: {url: 'sqlite:\(folder.path)/d.sqlite'}\npeers: []\nsessions: {\(sessions)}\n\(more)\n"
        )
        try folder.write(
            "nginx.conf",
            "http { upstream livekit_tokend { server unix:/run/x.sock; }\nserver {\n\(nginx)\n} }\n"
        )
        let host = Host(
            processes: "\(folder.path)/proc",
            nginxConfiguration: "\(folder.path)/nginx.conf",
            units: SystemdUnits(directories: [])
        )
        let user = EffectiveUser(user: geteuid(), group: getegid(), name: "tester", isImpersonating: false)
        let check = Check(path: "\(folder.path)/config.yaml", as: user, on: host)
        return check.findings.filter { $0.subject == subject }
    }

    // MARK: Keys and secrets of issuers

    @Test func `names the keys of a set, and how old it is`() throws {
        try folder.write("set.json", Self.set)
        let found = try findings("key set", Self.jwt + "key_set_file: '\(folder.path)/set.json'}")
        #expect(found.map(\.level) == [.ok])
        let words = found.first?.message ?? ""
        #expect(words.contains("kept by hand, 1 key: main-1 (EdDSA); 1 key of other kinds skipped"), "\(words)")
        let fetched = try findings(
            "key set",
            Self.jwt + "key_set_file: '\(folder.path)/set.json', key_set_url: 'https://id.example.com/keys'}"
        )
        let age = fetched.first?.message ?? ""
        #expect(age.contains("confirmed ") && age.contains("s ago"), "\(fetched)")
    }

    @Test(arguments: [
        (nil, "is missing"), ("", "is not JSON"), (#"{"keys":[]}"#, "\"keys\" is empty"),
        (#"{"keys":[{"kty":"oct"}]}"#, "a secret was published"),
    ])
    func `says that no token is a login without a good set`(text: String?, words: String) throws {
        if let text { try folder.write("set.json", text) }
        let found = try findings("key set", Self.jwt + "key_set_file: '\(folder.path)/set.json'}")
        #expect(found.map(\.level) == [.error])
        #expect(found.first?.message.contains(words) == true, "\(found)")
        #expect(found.first?.message.contains("no token of https://id.example.com is a login; put") == true, "\(found)")
    }

    @Test func `judges a secret as the service does`() throws {
        let sessions = Self.jwt + "secret_file: '\(folder.path)/secret'}"
        let missing = try findings("secret", sessions)
        #expect(missing.map(\.level) == [.error] && missing.map(\.isConfiguration) == [true])
        try folder.write("secret", "short\n")
        #expect(try findings("secret", sessions).map(\.level) == [.error])
    }

    @Test(arguments: [("email", 1), ("preferred_username", 1), ("sub", 0), ("[app, email]", 1), ("oid", 0)])
    func `warns of a user's id that may pass to another`(claim: String, count: Int) throws {
        try folder.write("set.json", Self.set)
        let found = try findings(
            "logins",
            Self.jwt + "key_set_file: '\(folder.path)/set.json', claims: {user: \(claim)}}"
        )
        #expect(found.filter { $0.level == .warning }.count == count, "\(found)")
    }

    /// `{client_id: true}` reads like "there is one", and refuses the truth value alone.
    @Test(arguments: [
        ("{service_account: true}", "service_account: true, the truth value alone", "[true, 'true']"),
        ("{email_verified: false}", "email_verified: false, the truth value alone", "[false, 'false']"),
        ("{level: [a, 0]}", "level: 0, the number alone", "add '0' to the list"),
        ("{level: 1.5}", "level: 1.5, the number alone", "[1.5, '1.5'], or present"),
        ("[{claim: [app, machine], value: true}]", "[app, machine]: true", "or present to refuse"),
        ("{level: [0, '0']}", nil, ""), ("{client_id: present, typ: Offline}", nil, ""),
    ])
    func `warns of a claim that is refused as a value which no text has`(
        rules: String,
        words: String?,
        cure: String
    ) throws {
        try folder.write("set.json", Self.set)
        let found = try findings("logins", Self.jwt + "key_set_file: '\(folder.path)/set.json', refuse: \(rules)}")
        #expect(found.map(\.level) == (words == nil ? [] : [.warning]), "\(found)")
        let message = found.first?.message ?? ""
        #expect(message.contains("sessions.jwt.refuse has \(words ?? "")") || words == nil, "\(message)")
        #expect(message.contains(cure) || words == nil, "\(message)")
    }

    @Test func `tells whether a timer is enabled`() throws {
        try folder.write("units/timers.target.wants/x.timer", "")
        let units = SystemdUnits(directories: ["\(folder.path)/none", "\(folder.path)/units"])
        #expect(units.isEnabled("x.timer", in: "timers.target.wants"))
        #expect(!units.isEnabled("y.timer", in: "timers.target.wants"))
    }

    // MARK: What nginx passes

    private static let nginx = "source: nginx, users: any"
    private static let login =
        "location = /livekit/auth { internal; }\nlocation = /livekit/token {\n"
        + "auth_request /livekit/auth;\nfastcgi_param LIVEKIT_USER $livekit_user if_not_empty;\n}"

    /// What fastcgi.conf has.
    private static let jwtVariable = "fastcgi_param LIVEKIT_JWT $livekit_jwt if_not_empty;\n"

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sessions: String
        var more = ""
        let server: String
        let level: Finding.Level?
        let words: String
    }

    static let rows = [
        Row(testDescription: "a login that is passed", sessions: nginx, server: login, level: nil, words: ""),
        Row(testDescription: "none", sessions: nginx, server: "", level: .error, words: "LIVEKIT_USER nowhere"),
        Row(
            testDescription: "no rooms",
            sessions: nginx,
            more: "memberships: {source: claims}",
            server: login,
            level: .error,
            words: "LIVEKIT_ROOMS nowhere"
        ),
        Row(
            testDescription: "a login that is not read",
            sessions: "source: directory",
            server: login,
            level: .warning,
            words: "which is not read"
        ),
        Row(
            testDescription: "a variable of a JWT that no line sets, as in every deployment",
            sessions: "source: directory",
            server: jwtVariable + "set $livekit_jwt \"\";",
            level: nil,
            words: ""
        ),
        Row(
            testDescription: "a JWT that is not read",
            sessions: "source: directory",
            server: jwtVariable + "set $livekit_jwt $livekit_value;",
            level: .warning,
            words: "which is not read"
        ),
        Row(
            testDescription: "a JWT that is read, from a variable that no line sets",
            sessions: jwt + "key_set_file: /no/such/set.json, from: parameter}",
            server: jwtVariable,
            level: .error,
            words: "LIVEKIT_JWT nowhere"
        ),
        Row(
            testDescription: "a JWT that is read",
            sessions: jwt + "key_set_file: /no/such/set.json, from: parameter}",
            server: jwtVariable + "auth_request_set $livekit_jwt $upstream_http_x_livekit_jwt;",
            level: nil,
            words: ""
        ),
        Row(
            testDescription: "a JWT that is read, by a directive of a module",
            sessions: jwt + "key_set_file: /no/such/set.json, from: parameter}",
            server: jwtVariable + "js_set $livekit_jwt logins.jwt;",
            level: nil,
            words: ""
        ),
        Row(
            testDescription: "a JWT that is read, by a block of a module",
            sessions: jwt + "key_set_file: /no/such/set.json, from: parameter}",
            server: jwtVariable + "set_by_lua_block $livekit_jwt { return jwt }",
            level: nil,
            words: ""
        ),
        Row(
            testDescription: "no back end",
            sessions: nginx,
            server: login.replacing("location = /livekit/auth { internal; }", with: ""),
            level: .error,
            words: "no location = /livekit/auth"
        ),
        Row(
            testDescription: "a header of the client",
            sessions: nginx,
            server: login.replacing("$livekit_user", with: "$http_x_livekit_user"),
            level: .error,
            words: "everybody can be anyone"
        ),
        Row(
            testDescription: "a cookie of the client",
            sessions: nginx,
            server: login.replacing("$livekit_user", with: "\"u-$cookie_user\""),
            level: .error,
            words: "everybody can be anyone"
        ),
        Row(
            testDescription: "an auth_request of the site's own",
            sessions: "source: directory",
            server: "location / { auth_request /sso; }",
            level: nil,
            words: ""
        ),
    ]

    @Test(arguments: rows) func `compares what nginx passes with what is read`(row: Row) throws {
        let found = try findings("logins", row.sessions, row.more, nginx: row.server)
        #expect(found.first?.level == row.level, "\(found)")
        if row.level == nil { #expect(found.isEmpty) }
        #expect(found.first?.message.contains(row.words) ?? row.words.isEmpty, "\(found)")
    }

    @Test func `says nothing of an nginx that it cannot read whole`() throws {
        #expect(try findings("logins", Self.nginx, nginx: "include missing.conf;").isEmpty)
    }
}
