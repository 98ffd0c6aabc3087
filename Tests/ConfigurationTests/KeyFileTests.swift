import Configuration
import LiveKitToken
import StrictJSON
import Testing

@Suite struct `A key file in LiveKit's format` {
    private static let escaped = "\"\\u0026\(strong)\\/\\\\\\\"\""

    @Test(arguments: [
        "APIabc: S", "APIabc: S\n", "APIabc:   S  \r\n", "APIabc: \"S\"", "APIabc: 'S'", "# a comment\n\nAPIabc: S\n",
        "'APIabc': S", "---\nAPIabc: S\n", "--- # keys\n\nAPIabc: S", "\u{FEFF}APIabc: S", "\u{FEFF}---\nAPIabc: S",
        "APIabc: S  # staging", "APIabc: \"S\" # ä\t\n# more", "  APIabc: S\n  APIdef: S\n", "{APIabc: S}",
        "{\"APIabc\":\"S\"}", "{\n\t".replacing("\t", with: "  ") + "\"APIabc\" : \"S\",\n  \"APIdef\": \"S\"\n}\n",
        "--- \n{'APIabc': 'S',}  # JSON\n",
    ])
    func `gives its key`(content: String) throws {
        let key = try TestKeyFile(content.replacing("S", with: strong)).load()
        #expect(key.id == "APIabc")
        #expect(try Self.isSecret(strong, of: key))
    }

    @Test(arguments: [
        ("'a#b&*!''c\\{x}'", "a#b&*!'c\\{x}"), ("\"a#b&*!'c\\\\{x}\"", "a#b&*!'c\\{x}"),
        ("a#b&*!'c\\{x},[]\"", "a#b&*!'c\\{x},[]\""),
        ("\"\\u0026\\x3c\\/\\\"\"", "&</\""), ("a:b+c/d=", "a:b+c/d="), ("-a", "-a"), (":a", ":a"), ("?a", "?a"),
        ("'#a'", "#a"),
    ])
    func `has each secret byte for byte, however it is quoted`(written: String, secret: String) throws {
        let end = written.last.map { "'\"".contains($0) && written.first == $0 ? String($0) : "" } ?? ""
        let text = end.isEmpty ? written + strong : written.dropLast() + strong + end
        let key = try TestKeyFile("APIabc: \(text)\n").load()
        #expect(try Self.isSecret(secret + strong, of: key))
    }

    @Test func `gives the first of several keys, or the one that is named`() throws {
        let file = TestKeyFile("API1: \(strong)1\nAPI2: \(strong)2\n")
        #expect(try file.load().id == "API1")
        #expect(try file.load(id: "API2").id == "API2")
    }

    @Test func `names its keys where one is missing, but none that looks like a secret`() throws {
        let file = TestKeyFile("API1: \(strong)\n\(strong): API2\nAPI3: \(strong)\n")
        #expect(
            try file.problem(id: "API9") == ": has no key API9; it has API1, API3, 1 whose name looks like a secret"
        )
        let many = (0..<12).map { "API\($0): \(strong)\n" }.joined()
        #expect(try TestKeyFile(many).problem(id: "API").hasSuffix("API9, 2 more"))
    }

    @Test func `is refused where the secret is before the colon, on a development machine too`() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try TestKeyFile("\(strong): API2").load(isDevelopment: true)
        }
        #expect(error.message == "\(TestKeyFile.path):1: has the secret before the colon; write `APIkey: secret`")
    }

    /// Each is on line 2, after a comment; S is a secret.
    @Test(arguments: [
        ("S", "has no colon: one of the name and the secret of a key is missing; write `APIkey: secret`"),
        ("APIabc", "has no colon: one of the name and the secret of a key is missing; write `APIkey: secret`"),
        ("what is this", "has no colon: one of the name and the secret of a key is missing; write `APIkey: secret`"),
        ("APIabc:S", "has no blank after the colon, at column 7; write `APIkey: secret`"),
        ("'APIabc':S", "has no blank after the colon, at column 9; write `APIkey: secret`"),
        ("APIabc : S", "has a blank before the colon, at column 7; write `APIkey: secret`"),
        ("API abc: S", "has a blank in the name of the key, at column 4; write `APIkey: secret`"),
        ("API_KEY=S", "is written KEY=secret; write `APIkey: secret`"),
        ("APIabc:", "has nothing after the colon; write the secret there, on the same line"),
        ("APIabc: # S", "has nothing but a comment after the colon; put a secret that begins with # in quotes"),
        ("APIabc:\n  S", "has nothing after the colon; write the secret there, on the same line"),
        ("APIabc: ''", "has an empty secret, at column 10"),
        (
            ": S",
            "begins its name with a character that means "
                + "something to YAML, at column 1; put the name in quotes, on the same line"
        ),
        ("APIabc: S S", "has a blank in its secret, at column 53"),
        ("APIabc: \"S S\"", "has a blank in its secret, at column 54"),
        ("APIabc: S APIdef: S", "has two keys, at column 53; write each on a line of its own"),
        ("APIabc: x: S", "has a second colon and blank, at column 10; write each key on a line of its own"),
        ("APIabc: S:", "has a secret that ends with a colon, at column 53; put the secret in quotes"),
        ("APIabc: \"S\"x", "has text after the closing quote, at column 55"),
        ("APIabc: 'S", "has no closing quote for its secret"),
        ("APIabc: \"S\\\"", "has no closing quote for its secret"),
        ("APIabc: \"S\\n\"", "has a backslash that stands for no visible character of ASCII, at column 54"),
        ("APIabc: \"\\u00e4S\"", "has a backslash that stands for no visible character of ASCII, at column 10"),
        (
            "APIabc: |\n  S",
            "begins its secret with a character that means something to YAML, at column 9; "
                + "put the secret in quotes, on the same line"
        ),
        (
            "APIabc: !S",
            "begins its secret with a character that means something to YAML, at column 9; "
                + "put the secret in quotes, on the same line"
        ),
        ("APIabc: ~", "has a secret that means something to YAML; put it in quotes"),
        ("<<: S", "has a name that means something to YAML; put it in quotes"),
        ("APIabc: Sä", "has a character that is not ASCII in its secret, at column 53"),
        ("APIabc: S\u{1B}", "has a control character in its secret, at column 53; remove it"),
        ("APIabc: S\rAPIdef: S", "has a control character in its secret, at column 53; remove it"),
        ("APIabc:\tS", "has a tab, at column 8; write blanks"),
        ("APIabc: S\t# c", "has a tab, at column 53; write blanks"),
        ("\tAPIabc: S", "has a tab, at column 1; write blanks"),
        ("APIabc: S # \u{2028}", "has a control character in its comment; remove it"),
        ("- APIabc: S", "begins with a dash, as an element of a list does; write `APIkey: secret` alone"),
        ("--- APIabc: S", "has text after `---`; write it on the next line"),
        (
            "keys:\n  APIabc: S",
            "has keys inside another, as `keys:` of livekit-server's configuration does; a key file "
                + "has them alone: remove what is around them, and the blanks before them"
        ),
        (
            "{\"keys\": {\"APIabc\": \"S\"}}",
            "has keys inside another, as `keys:` of livekit-server's configuration does; "
                + "a key file has them alone: remove what is around them, and the blanks before them"
        ),
        ("APIabc: ${S}", "has a secret that is a template that was not filled in"),
        ("APIabc: {{ S }}", "has a secret that is a template that was not filled in"),
        ("{{ S }}", "is a template that was not filled in"),
        ("APIabc: '<S>'", "has a secret that is a template that was not filled in"),
        ("APIabc: changeme", "has a secret that is a word that stands in the place of one"),
        ("${KEY}: S", "has a name of a key that is a template that was not filled in"),
        ("{APIabc: S", "ends without a closing brace"),
        ("{APIabc: S} x", "has text after the closing brace, at column 56; remove it"),
        ("{\"APIabc\": \"S\" \"b\": \"S\"}", "lacks a comma or a closing brace, at column 59"),
        ("{APIabc:S}", "has no colon and blank after the name of a key, at column 53; write \"APIkey\": \"secret\""),
    ])
    func `is refused otherwise, with what is wrong and where, and without what it says`(text: String, words: String)
        throws
    {
        let content = "# first\n" + text.replacing("S", with: strong)
        let problem = try TestKeyFile(content).problem()
        #expect(problem == ":2: \(words)")
        #expect(!problem.contains(strong.prefix(8)))
    }

    @Test(arguments: [
        ("API1: S\n API2: S", ":2: is indented otherwise than line 1; begin all keys in the same column"),
        ("  API1: S\nAPI2: S", ":2: is indented otherwise than line 1; begin all keys in the same column"),
        ("API1: S\n---\nAPI2: S", ":2: ends the document, and what follows is not read; remove it"),
        ("API1: S\n...\n", ":2: ends the document, and what follows is not read; remove it"),
        ("A: S\nA: S", ":2: has a key that is there twice; keep one"),
        ("A: S\n\"\\u0041\": S", ":2: has a key that is there twice; keep one"),
        ("{\n\"A\": \"S\",\n\"A\": \"S\"}", ":3: has a key that is there twice; keep one"),
    ])
    func `is refused where lines do not go together`(text: String, words: String) throws {
        #expect(try TestKeyFile(text.replacing("S", with: strong)).problem() == words)
    }

    @Test func `is refused if it is not UTF-8`() throws {
        let bytes: [UInt8] = [0x01, 0xFF, 0xFE, 0x3A, 0x20, 0x80, 0x81]
        #expect(
            try TestKeyFile(.regular(bytes)).problem()
                == ":1: has a control character in its name, at column 1; remove it"
        )
        let comment = Array("A: \(strong) # ".utf8) + [0xE4]
        #expect(
            try TestKeyFile(.regular(comment)).problem()
                == ":1: has a comment that is not UTF-8; save the file as UTF-8"
        )
        #expect(try TestKeyFile(.regular([0xFF, 0xFE, 0x41, 0])).problem() == ":1: is UTF-16; save the file as UTF-8")
    }

    @Test func `has names of at most 256 bytes`() throws {
        let id = String(repeating: "a", count: 256)
        #expect(try TestKeyFile("\(id): \(strong)").load().id.description == id)
        #expect(try TestKeyFile("\(id)a: \(strong)").problem().hasPrefix(":1: has a name of more than 256 bytes"))
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "\u{FEFF}", "{}", "--- # nothing"])
    func `may not be empty`(content: String) throws {
        #expect(try TestKeyFile(content).problem().contains("is empty"))
    }

    static func isSecret(_ secret: String, of key: APIKey) throws -> Bool {
        let same = try APIKey(id: "x", secret: Array(secret.utf8))
        return try JSONWebSignature(compact: JSONWebSignature.compact(signing: [], with: key)).isSigned(by: same)
    }
}
