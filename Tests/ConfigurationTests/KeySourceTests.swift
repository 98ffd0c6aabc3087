import Configuration
import LiveKitToken
import StrictJSON
import Testing

private let strong = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"

/// A key file at the path that errors name `/etc/x/keys.yaml`.
private struct TestKeyFile {
    static let path = "/etc/x/keys.yaml"
    let file: StubSystem.File

    init(_ content: String, owner: UInt32 = 990, permissions: UInt32 = 0o600) {
        file = .regular(Array(content.utf8), owner: owner, permissions: permissions)
    }

    init(_ file: StubSystem.File) {
        self.file = file
    }

    func load(id: String? = nil, isDevelopment: Bool = false) throws(ConfigurationError) -> APIKey {
        try KeySource(directory: "/etc/x", file: "keys.yaml", id: id, isDevelopment: isDevelopment)
            .load(on: StubSystem(files: [Self.path: file]))
    }

    /// The error for the file, without the path that it begins with.
    func problem(id: String? = nil) throws -> String {
        let error = try #require(throws: ConfigurationError.self) { try load(id: id) }
        #expect(error.message.hasPrefix(Self.path + ":"))
        return String(error.message.dropFirst(Self.path.count))
    }
}

@Suite struct `A key file in LiveKit's format` {
    @Test(arguments: [
        "APIabc: \(strong)", "APIabc: \(strong)\n", "APIabc:   \(strong)  \r\n", #"APIabc: "\#(strong)""#,
        "APIabc: '\(strong)'", "# a comment\n\nAPIabc: \(strong)\n", "'APIabc': \(strong)",
    ])
    func `gives its key`(content: String) throws {
        #expect(try TestKeyFile(content).load().id == "APIabc")
    }

    @Test func `gives the first of several keys, or the one that is named`() throws {
        let file = TestKeyFile("API1: \(strong)1\nAPI2: \(strong)2\n")
        #expect(try file.load().id == "API1")
        #expect(try file.load(id: "API2").id == "API2")
        #expect(try file.problem(id: "API3") == ": has no key API3; name one of its 2")
    }

    @Test func `keeps a secret byte for byte, with colons and signs of base64`() throws {
        let secret = "a:b+c/d=\(strong)"
        let key = try TestKeyFile("APIabc: \(secret)").load()
        let signed = JSONWebSignature.compact(signing: [], with: key)
        let same = try APIKey(id: "x", secret: Array(secret.utf8))
        #expect(try JSONWebSignature(compact: signed).isSigned(by: same))
    }

    @Test(arguments: [
        "APIabc", "APIabc:\(strong)", ": \(strong)", "APIabc: ", "APIabc: two words of \(strong)", "APIabc: #\(strong)",
        "{APIabc: \(strong)}", "- APIabc: \(strong)", "APIabc: \(strong)ä", "APIabc: |\n  \(strong)",
        "APIabc: '\(strong)", "what is this",
    ])
    func `is refused with the line and without what it says, if it is anything else`(content: String) throws {
        let problem = try TestKeyFile("# first\n" + content).problem()
        #expect(problem.hasPrefix(":2: ") || problem.hasPrefix(":3: "))
        #expect(problem.dropFirst(4) == "is not a line of the form `APIkey: secret`")
    }

    @Test func `is refused if it is not UTF-8`() throws {
        let file = TestKeyFile(.regular([0x01, 0xFF, 0xFE, 0x3A, 0x20, 0x80, 0x81]))
        #expect(try file.problem() == ":1: is not a line of the form `APIkey: secret`")
    }

    @Test func `may not have a key twice`() throws {
        #expect(
            try TestKeyFile("A: \(strong)\nA: \(strong)").problem() == ":2: has a key that is there twice; keep one"
        )
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n"])
    func `may not be empty`(content: String) throws {
        #expect(try TestKeyFile(content).problem().contains("is empty"))
    }
}

@Suite struct `A key file` {
    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o610, 0o601, 0o777] as [UInt32])
    func `must not be open to group or others`(mode: UInt32) throws {
        let problem = try TestKeyFile("APIabc: \(strong)", permissions: mode).problem()
        #expect(
            problem.contains("mode 0\(String(mode, radix: 8)),") && problem.contains("chmod 600 \(TestKeyFile.path)")
        )
    }

    @Test(arguments: [0o600, 0o400] as [UInt32])
    func `may be its owner's alone`(mode: UInt32) throws {
        #expect(try TestKeyFile("APIabc: \(strong)", permissions: mode).load().id == "APIabc")
    }

    @Test func `must belong to root or to the process's own user`() throws {
        #expect(try TestKeyFile("APIabc: \(strong)", owner: 0).load().id == "APIabc")
        let problem = try TestKeyFile("APIabc: \(strong)", owner: 33).problem()
        #expect(problem == ": the key file belongs to www-data; it must belong to root or 990")
    }

    @Test(arguments: [
        (FileError.isMissing, "missing"), (.isSymbolicLink, "symbolic link"), (.isNotRegular, "not a regular file"),
        (.failed("Permission denied"), "cannot be read: Permission denied"),
    ])
    func `must be a file, and be there`(error: FileError, words: String) throws {
        #expect(try TestKeyFile(.unreadable(error)).problem().contains(words))
    }

    @Test func `has at most 65536 bytes`() throws {
        let line = Array("APIabc: \(strong)\n".utf8)
        let comment = [UInt8](repeating: UInt8(ascii: "#"), count: 65_536 - line.count)
        #expect(try TestKeyFile(.regular(line + comment)).load().id == "APIabc")
        #expect(try TestKeyFile(.regular(line + comment + [0x0A])).problem().contains("longer than 65536 bytes"))
    }

    @Test(arguments: ["", "APIabc: short"])
    func `is named as its owner knows it, where systemd hands over a copy`(content: String) throws {
        let source = KeySource(directory: "/run/x", originalDirectory: "/etc/livekit-tokend", file: "keys.yaml")
        let error = try #require(throws: ConfigurationError.self) {
            try source.load(on: StubSystem(files: ["/run/x/keys.yaml": TestKeyFile(content).file]))
        }
        #expect(error.message.hasPrefix("/etc/livekit-tokend/keys.yaml:"))
    }

    @Test func `is wiped from memory, as is its secret`() throws {
        let content = "APIabc: \(strong)\n"
        let system = StubSystem(files: ["/k": TestKeyFile(content).file])
        _ = try KeySource(directory: "/", file: "/k").load(on: system)
        #expect(system.wiped == [Array(strong.utf8), Array(content.utf8)])
    }

    @Test func `has an age, that of the file beside the configuration if there is one`() throws {
        let files: [String: StubSystem.File] = [
            "/run/x/keys.yaml": .regular([], modifiedAt: 9), "/etc/x/keys.yaml": .regular([], modifiedAt: 5),
        ]
        let source = KeySource(directory: "/run/x", originalDirectory: "/etc/x", file: "keys.yaml")
        #expect(source.changedAt(on: StubSystem(files: files)) == NumericDate(5))
        #expect(source.changedAt(on: StubSystem(files: files.filter { $0.key.hasPrefix("/run") })) == NumericDate(9))
        #expect(source.changedAt(on: StubSystem()) == nil)
        for variable in KeySource.secretVariables {
            #expect(source.changedAt(on: StubSystem(variables: [variable: "x"], files: files)) == nil)
        }
    }
}

@Suite struct `A secret` {
    @Test(arguments: [
        ("secret", "everybody knows"), ("replace_with_your_own_secret", "everybody knows"),
        (String(strong.prefix(31)), "31 bytes"), (String(repeating: "ab", count: 20), "not random"),
        (String(repeating: "a", count: 40), "not random"),
    ])
    func `is refused if it is weak, without being repeated`(secret: String, words: String) throws {
        let file = TestKeyFile("APIabc: \(secret)")
        let problem = try file.problem()
        #expect(problem.hasPrefix(":1: the secret "))
        #expect(problem.contains(words) && problem.contains("openssl rand"), "\(problem)")
        #expect(!problem.contains(": \(secret)"))
        let key = try file.load(isDevelopment: true)
        #expect(key.weakness != nil)
    }
}

@Suite struct `The environment` {
    private func load(
        _ variables: [String: String],
        file: String? = nil,
        id: String? = nil
    ) throws(ConfigurationError) -> APIKey {
        try KeySource(directory: "/", file: file, id: id).load(on: StubSystem(variables: variables))
    }

    @Test func `gives a key by LIVEKIT_API_KEY and LIVEKIT_API_SECRET`() throws {
        #expect(try load(["LIVEKIT_API_KEY": "API1", "LIVEKIT_API_SECRET": strong], file: "/no/such").id == "API1")
        #expect(try load(["LIVEKIT_API_SECRET": strong], id: "API2").id == "API2")
        let error = try #require(throws: ConfigurationError.self) { try load(["LIVEKIT_API_SECRET": strong]) }
        #expect(error.message == "LIVEKIT_API_SECRET is set but LIVEKIT_API_KEY is not; set both")
    }

    @Test func `is refused with a weak secret, without repeating it`() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try load(["LIVEKIT_API_KEY": "APIa", "LIVEKIT_API_SECRET": "short"])
        }
        #expect(error.message.hasPrefix("LIVEKIT_API_SECRET: the secret has 5 bytes"))
        #expect(!error.message.contains("short"))
    }

    @Test func `gives keys by LIVEKIT_KEYS`() throws {
        let keys = "API1: \(strong)1\nAPI2: \(strong)2"
        #expect(try load(["LIVEKIT_KEYS": keys]).id == "API1")
        #expect(try load(["LIVEKIT_KEYS": keys, "LIVEKIT_API_KEY": "API2"]).id == "API2")
    }

    @Test func `needs no key where the file gives one, but one of them must`() throws {
        let error = try #require(throws: ConfigurationError.self) { try load([:]) }
        #expect(error.message.contains("livekit.key_file"))
    }
}
