import Configuration
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `The environment` {
    private func load(
        _ variables: [String: String],
        file: String? = nil,
        id: String? = nil,
        files: [String: StubSystem.File] = [:]
    ) throws(ConfigurationError) -> LoadedKey {
        try KeySource(directory: "/", file: file, id: id).load(on: StubSystem(variables: variables, files: files))
    }

    private func problem(
        _ variables: [String: String],
        file: String? = nil,
        id: String? = nil,
        files: [String: StubSystem.File] = [:]
    ) throws -> String {
        try #require(throws: ConfigurationError.self) { try load(variables, file: file, id: id, files: files) }.message
    }

    @Test func `gives a key by LIVEKIT_API_KEY and LIVEKIT_API_SECRET`() throws {
        let pair = ["LIVEKIT_API_KEY": "API1", "LIVEKIT_API_SECRET": strong]
        #expect(try load(pair, file: "/no/such").key.id == "API1")
        #expect(try load(["LIVEKIT_API_SECRET": strong], id: "API2").key.id == "API2")
        #expect(
            try problem(["LIVEKIT_API_SECRET": strong])
                == "LIVEKIT_API_SECRET is set but LIVEKIT_API_KEY is not; set both"
        )
    }

    @Test func `is refused with a weak secret, without repeating it, and with the way for a development machine`()
        throws
    {
        let message = try problem(["LIVEKIT_API_KEY": "devkey", "LIVEKIT_API_SECRET": "secret"])
        #expect(message.hasPrefix("LIVEKIT_API_SECRET: the secret is a sample that everybody knows"))
        #expect(message.contains("development: true"))
        let short = try problem(["LIVEKIT_API_KEY": "APIa", "LIVEKIT_API_SECRET": "shorty"])
        #expect(short.hasPrefix("LIVEKIT_API_SECRET: the secret has 6 bytes"))
        #expect(!short.contains("shorty") && short.contains("development: true"))
    }

    @Test func `gives keys by LIVEKIT_KEYS`() throws {
        let keys = "API1: \(strong)1\nAPI2: \(strong)2\n"
        #expect(try load(["LIVEKIT_KEYS": keys]).key.id == "API1")
        #expect(try load(["LIVEKIT_KEYS": keys, "LIVEKIT_API_KEY": "API2"]).key.id == "API2")
    }

    @Test func `needs no key where the file gives one, but one of them must`() throws {
        #expect(try problem([:]).contains("livekit.key_file"))
    }

    @Test func `with LIVEKIT_API_KEY alone lacks its secret, or names a key of the file`() throws {
        let alone = ["LIVEKIT_API_KEY": "API9"]
        #expect(try problem(alone) == "LIVEKIT_API_KEY is set but LIVEKIT_API_SECRET is not; set both")
        let reason = "(LIVEKIT_API_KEY is set without LIVEKIT_API_SECRET, so the file must have the key)"
        #expect(try problem(alone, file: "/k").hasSuffix(reason))
        let files = ["/k": StubSystem.File.regular(Array("API1: \(strong)".utf8))]
        #expect(try problem(alone, file: "/k", files: files) == "/k: has no key API9; it has API1 \(reason)")
    }

    /// What tools leave around a secret: a token signed with it would be refused by LiveKit.
    @Test(arguments: [
        ("S\n", "ends with a line end: remove it (printf instead of echo)"),
        ("S\r\n", "ends with a line end: remove it (printf instead of echo)"),
        ("S\r", "ends with a carriage return: remove it, and save its file with Unix line ends"),
        ("\u{FEFF}S", "begins with a byte order mark: remove it"),
        (" S", "begins with a blank: remove it"), ("\tS", "begins with a blank: remove it"),
        ("S ", "ends with a blank: remove it"), ("S\t", "ends with a blank: remove it"),
        ("\"S\"", "is in quotes, which are a part of it here: remove them"),
        ("'S'", "is in quotes, which are a part of it here: remove them"),
        ("${S}", "is a template that was not filled in"), ("{{ .Values.S }}", "is a template that was not filled in"),
        ("<S>", "is a template that was not filled in"), ("$LIVEKIT_SECRET", "is a template that was not filled in"),
        ("$(cat S)", "is a template that was not filled in"),
        ("please-CHANGEME-S", "is a word that stands in the place of one"),
        ("S S", "has a blank in place 45"), ("S\nS", "has a line end in place 45"),
        ("S\u{1B}S", "has a control character in place 45"), ("Sä", "has a character that is not ASCII in place 45"),
    ])
    func `obeys the rules of a key file`(value: String, problem words: String) throws {
        let value = value.replacing("S", with: strong, maxReplacements: value.contains("LIVEKIT") ? 0 : 2)
        let secret = try problem(["LIVEKIT_API_KEY": "API1", "LIVEKIT_API_SECRET": value])
        #expect(secret == "LIVEKIT_API_SECRET \(words)")
        #expect(try problem(["LIVEKIT_API_KEY": value, "LIVEKIT_API_SECRET": strong]) == "LIVEKIT_API_KEY \(words)")
        #expect(try problem(["LIVEKIT_API_SECRET": strong], id: value) == "livekit.api_key \(words)")
    }

    @Test func `says where the key was found, and what it hides`() throws {
        let keys = "API1: \(strong)"
        let files = ["/k": StubSystem.File.regular(Array(keys.utf8))]
        let all = ["LIVEKIT_API_KEY": "API1", "LIVEKIT_API_SECRET": strong, "LIVEKIT_KEYS": keys]
        let loaded = try load(all, file: "/k", files: files)
        #expect(loaded.place == .secretVariable && loaded.hidden == [.keysVariable, .file("/k")])
        #expect(try load(all, file: "/no/such").hidden == [.keysVariable], "a file that is not there is not hidden")
        let variable = try load(["LIVEKIT_KEYS": keys], file: "/k", files: files)
        #expect(variable.place == .keysVariable && variable.hidden == [.file("/k")])
        let file = try load([:], file: "/k", files: files)
        #expect(file.place == .file("/k") && file.hidden.isEmpty)
    }
}
