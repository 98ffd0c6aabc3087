import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

extension LoginParameters {
    /// Parameters as a web server passes them.
    init(_ values: KeyValuePairs<LoginParameter, String>) {
        self.init()
        for (parameter, value) in values { self[parameter] = Array(value.utf8) }
    }
}

@Suite struct `a login by parameters of the web server` {
    private func login(
        _ parameters: LoginParameters,
        _ memberships: ParameterLogins.Memberships = .none,
        at now: NumericDate = noon
    ) throws -> Session {
        let credential = Credential(.failure(.noAuthorization), login: parameters)
        try ParameterLogins(memberships: memberships).examine(credential)
        return try ParameterLogins(memberships: memberships).login(for: credential, at: now)
    }

    private func user(_ id: Identifier = "ada", did: UTF8String? = nil, name: UTF8String? = nil) -> User {
        User(id: id, did: did, name: name, isDisabled: false)
    }

    @Test func `is a session of the user that it names, without an end, key or rooms where it says none`() throws {
        #expect(try login(LoginParameters([.user: "ada"])) == Session(user: user(), endsAt: nil, key: nil))
    }

    @Test func `has all that the parameters say`() throws {
        let parameters = LoginParameters([
            .user: "ada", .name: "Ada", .did: "did:web:ada.example", .session: "s-1", .sessionEnd: "1795521601",
            .rooms: "{}", .groups: "a,b", .jwt: "a.b.c", .answer: "200",
        ])
        #expect(
            try login(parameters, .rooms)
                == Session(
                    user: user(did: "did:web:ada.example", name: "Ada"),
                    endsAt: noon(1),
                    key: digest("s-1").bytes,
                    claim: .string("{}")
                )
        )
    }

    @Test(arguments: [LoginParameters(), LoginParameters([.user: ""]), LoginParameters([.name: "Ada", .jwt: "a.b.c"])])
    func `is missing without a user`(parameters: LoginParameters) {
        #expect(throws: SessionError.missing(.noLogin)) { try login(parameters) }
        let credential = Credential(.failure(.noAuthorization), login: parameters)
        #expect(throws: SessionError.missing(.noLogin)) {
            try ParameterLogins(memberships: .none).login(for: credential, at: noon)
        }
    }

    @Test func `needs no bearer, and heeds none`() throws {
        let bearer = try #require(BearerToken(Array("abc".utf8)[...]))
        let credential = Credential(.success(bearer), login: LoginParameters([.user: "ada"]))
        let session = try ParameterLogins(memberships: .none).login(for: credential, at: noon)
        #expect(session == Session(user: user(), endsAt: nil, key: nil))
    }

    // MARK: - The user

    @Test(arguments: ["a", "ada@example.com", "auth0|5f7c", "f:1:2", "ada,eve", String(repeating: "x", count: 256)])
    func `takes an id as it is`(text: String) throws {
        #expect(try login(LoginParameters([.user: text])).user.id == id(text))
    }

    @Test(arguments: [
        " ", "ada ", " ada", "ada eve", "ada, eve", "ada\t", "ada\u{1}", "ada\u{7F}", "zoë", "ada\0",
        String(repeating: "x", count: 257),
    ])
    func `refuses an id that is none, and repairs nothing`(text: String) {
        #expect(throws: SessionError.invalid(.malformedParameter(.user))) { try login(LoginParameters([.user: text])) }
    }

    @Test(arguments: [[0xFF], [0x61, 0xE9], [0xC0, 0xAF], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func `refuses an id that is no UTF-8`(bytes: [UInt8]) {
        var parameters = LoginParameters()
        parameters[.user] = bytes
        #expect(throws: SessionError.invalid(.malformedParameter(.user))) { try login(parameters) }
    }

    // MARK: - The DID

    @Test(arguments: [
        "did:", "DID:web:a", "ada", "did:web:a b", "did:web:ä", "did:" + String(repeating: "x", count: 253),
    ])
    func `refuses a DID that is none, and says whose it is`(text: String) {
        #expect(
            throws: SessionError.invalid(
                .malformedParameter(.did),
                of: Session(user: user(), endsAt: nil, key: digest("s").bytes)
            )
        ) { try login(LoginParameters([.user: "ada", .did: text, .session: "s"])) }
    }

    // MARK: - The name

    struct Name: Sendable, CustomTestStringConvertible {
        let plain: String?
        let percent: String?
        let name: UTF8String?
        var isDropped: Bool { name == nil && (plain ?? percent) != nil }
        var testDescription: String { "\(plain ?? "-") \(percent ?? "-")" }

        init(_ plain: String?, _ percent: String?, _ name: UTF8String?) {
            self.plain = plain
            self.percent = percent
            self.name = name
        }
    }

    static let names: [Name] = [
        Name("Ada Lovelace", nil, "Ada Lovelace"), Name("Zoë 🎤", nil, "Zoë 🎤"), Name("100%", nil, "100%"),
        Name("Zo%C3%AB", nil, "Zo%C3%AB"), Name(nil, "Ada%20Lovelace", "Ada Lovelace"), Name(nil, "Zo%C3%AB", "Zoë"),
        Name(nil, "Zo%c3%aB", "Zoë"), Name(nil, "%F0%9F%8E%A4", "🎤"), Name(nil, "Zoë", "Zoë"), Name(nil, "a+b", "a+b"),
        Name(nil, "100%25", "100%"), Name(nil, "%41", "A"),
        // Decoded once, and not again.
        Name(nil, "%2541", "%41"), Name(nil, "%25E2%2580%25AE", "%E2%80%AE"),
        // The encoded one counts, and where it is none, there is none.
        Name("Eve", "Ada", "Ada"), Name("Eve", "%", nil), Name("Eve", "%0A", nil),
        // RFC 3986 §2.1: two hexadecimal digits.
        Name(nil, "%", nil), Name(nil, "Ada%", nil), Name(nil, "%4", nil), Name(nil, "%4G", nil), Name(nil, "%G4", nil),
        Name(nil, "%-1", nil), Name(nil, "%+1", nil), Name(nil, "% 41", nil), Name(nil, "%%41", nil),
        Name(nil, "%u0041", nil), Name(nil, "%４1", nil),
        // What breaks the rule for names, encoded or not.
        Name("\u{202E}ada", nil, nil), Name(nil, "%E2%80%AEada", nil), Name("\u{200B}\u{200B}", nil, nil),
        Name("\tAda\t", nil, nil), Name(nil, "%00", nil), Name(nil, "Ada%0D%0ASet-Cookie:x", nil),
        Name(nil, "%20", nil),
        Name(String(repeating: "a", count: 257), nil, nil), Name(nil, String(repeating: "%41", count: 257), nil),
        Name(nil, String(repeating: "%41", count: 256), UTF8String(String(repeating: "A", count: 256))),
        // No UTF-8, truncated, too long a form, a surrogate (RFC 3629 §3).
        Name(nil, "%E9", nil), Name(nil, "Zo%C3", nil), Name(nil, "%C0%AF", nil), Name(nil, "%ED%A0%80", nil),
        Name(nil, "%F4%90%80%80", nil),
    ]

    @Test(arguments: names)
    func `has a name that is one, decoded once where it is encoded; another is dropped, and no refusal`(
        name: Name
    ) throws {
        var parameters = LoginParameters([.user: "ada"])
        parameters[.name] = name.plain.map { Array($0.utf8) }
        parameters[.percentName] = name.percent.map { Array($0.utf8) }
        let session = try login(parameters)
        #expect(session.user.name == name.name)
        #expect(session.isNameDropped == name.isDropped)
    }

    @Test func `drops a name in Latin-1, as some frameworks send it`() throws {
        var parameters = LoginParameters([.user: "ada"])
        parameters[.name] = Array("Jos".utf8) + [0xE9]
        let session = try login(parameters)
        #expect(session.user.name == nil && session.isNameDropped)
    }

    // MARK: - The end

    @Test(arguments: [(1, true), (0, false), (-1, false)])
    func `is expired from the second of its end on`(seconds: Int64, isGood: Bool) throws {
        let end = noon(seconds)
        let parameters = LoginParameters([.user: "ada", .sessionEnd: "\(end.seconds)"])
        let session = Session(user: user(), endsAt: end, key: nil)
        if isGood {
            #expect(try login(parameters) == session)
        } else {
            #expect(throws: SessionError.invalid(.expired, of: session)) { try login(parameters) }
        }
    }

    @Test(arguments: ["0", "1", "0000000001"])
    func `may have ended long ago`(text: String) {
        let parameters = LoginParameters([.user: "ada", .sessionEnd: text])
        let end = NumericDate(text.utf8.last == UInt8(ascii: "1") ? 1 : 0)
        #expect(throws: SessionError.invalid(.expired, of: Session(user: user(), endsAt: end, key: nil))) {
            try login(parameters)
        }
    }

    @Test func `may end in the year 31,688,738,506`() throws {
        let last = String(repeating: "9", count: 18)
        #expect(
            try login(LoginParameters([.user: "ada", .sessionEnd: last])).endsAt == NumericDate(999_999_999_999_999_999)
        )
    }

    @Test(arguments: [
        " ", "-1", "+1795521601", " 1795521601", "1795521601 ", "1795521601.0", "1.795521601e9", "0x6B05", "١٢٣",
        "never",
        "2026-11-28 03:04:18.835032507 +0000 UTC", "1,795,521,601", String(repeating: "9", count: 19),
        "1795521601, 1795521602",
    ])
    func `refuses an end that is no whole number of seconds`(text: String) {
        #expect(
            throws: SessionError.invalid(
                .malformedParameter(.sessionEnd),
                of: Session(user: user(), endsAt: nil, key: nil)
            )
        ) { try login(LoginParameters([.user: "ada", .sessionEnd: text])) }
    }

    // MARK: - The key

    @Test func `has a key of its session, which is not the session itself`() throws {
        let one = try login(LoginParameters([.user: "ada", .session: "s-1"]))
        let other = try login(LoginParameters([.user: "ada", .session: "s-2"]))
        #expect(one.key == digest("s-1").bytes && other.key == digest("s-2").bytes)
        #expect(one.label != other.label)
    }

    // MARK: - What it says of rooms

    @Test(arguments: ["{}", #"{"a":["host"]}"#, "no JSON", " "])
    func `hands on what is said of rooms as text, unjudged`(text: String) throws {
        let parameters = LoginParameters([.user: "ada", .rooms: text, .groups: "g"])
        #expect(try login(parameters, .rooms).claim == .string(UTF8String(text)))
        #expect(try login(parameters).claim == nil)
    }

    @Test func `says nothing of rooms or groups where the parameter is empty`() throws {
        #expect(try login(LoginParameters([.user: "ada", .rooms: "", .groups: "g"]), .rooms).claim == nil)
        let separated = ParameterLogins.Memberships.groups(separator: Array(",".utf8))
        #expect(try login(LoginParameters([.user: "ada", .rooms: "{}", .groups: ""]), separated).claim == nil)
    }

    @Test func `has rooms that are no UTF-8 as null, which is not nothing`() throws {
        var parameters = LoginParameters([.user: "ada"])
        parameters[.rooms] = [0xFF]
        #expect(try login(parameters, .rooms).claim == .null)
    }

    @Test(arguments: [
        ("crew", ",", ["crew"]), ("a,b", ",", ["a", "b"]), ("a, b", ",", ["a", " b"]), ("a, b", ", ", ["a", "b"]),
        ("a,,b", ",", ["a", "", "b"]), (",a,", ",", ["", "a", ""]), (",", ",", ["", ""]), ("a|b", ",", ["a|b"]),
        ("a||b", "||", ["a", "b"]), ("a|||b", "||", ["a", "|b"]), ("a|", "||", ["a|"]), ("aXXa", "a", ["", "XX", ""]),
        ("/stage/hosts, main", "|", ["/stage/hosts, main"]), ("équipe🎤zoë", "🎤", ["équipe", "zoë"]),
        ("a b", "", ["a b"]),
    ])
    func `parts groups at the separator, and trims nothing`(text: String, separator: String, groups: [String]) throws {
        let memberships = ParameterLogins.Memberships.groups(separator: Array(separator.utf8))
        let session = try login(LoginParameters([.user: "ada", .groups: text]), memberships)
        #expect(session.claim == .array(groups.map { .string(UTF8String($0)) }))
    }

    @Test func `has a group that is no UTF-8 as null among the others`() throws {
        var parameters = LoginParameters([.user: "ada"])
        parameters[.groups] = Array("a,".utf8) + [0xE9] + Array(",b".utf8)
        let memberships = ParameterLogins.Memberships.groups(separator: Array(",".utf8))
        #expect(try login(parameters, memberships).claim == .array([.string("a"), .null, .string("b")]))
    }
}

@Suite struct `login parameters` {
    @Test func `have names of their own, none of which a header of a client becomes (RFC 3875 §4.1.18)`() {
        let names = LoginParameter.allCases.map(\.variable)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("LIVEKIT_") })
    }

    @Test func `are absent where they are empty, and can be taken back`() {
        var parameters = LoginParameters([.user: ""])
        #expect(parameters[.user] == nil)
        parameters[.user] = Array("ada".utf8)
        #expect(parameters[.user] == Array("ada".utf8))
        parameters[.user] = []
        #expect(parameters[.user] == nil)
    }

    @Test(
        arguments: [
            (nil, false), ("200", false), ("204", false), ("299", false), ("401", true), ("403", true), ("100", true),
            ("302", true), ("500", true), ("2", true), ("20", true), ("2000", true), ("2xx", true), (" 200", true),
            ("200, 200", true), ("200 : 200", true), ("-", true), ("２００", true),
        ] as [(String?, Bool)]
    )
    func `deny where the back end has answered, and with no status of 2xx`(answer: String?, isDenied: Bool) {
        var parameters = LoginParameters([.user: "ada"])
        parameters[.answer] = answer.map { Array($0.utf8) }
        #expect(parameters.isDenied == isDenied)
    }

    @Test func `are shown by no print, dump or interpolation`() {
        let parameters = LoginParameters([.user: "canary-5d0c", .rooms: "canary-5d0c"])
        let credential = Credential(.failure(.noAuthorization), login: parameters)
        var text = "\(parameters) \(credential)"
        dump(parameters, to: &text)
        dump(credential, to: &text)
        debugPrint(parameters, credential, to: &text)
        #expect(!text.contains("canary"))
        #expect(!text.contains(Array("canary".utf8).map(\.description).joined(separator: ", ")))
    }
}
