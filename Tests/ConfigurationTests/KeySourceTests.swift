import Configuration
import LiveKitToken
import StrictJSON
import Testing

let strong = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"

/// A key file at the path that errors name `/etc/x/keys.yaml`.
struct TestKeyFile {
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
            .load(on: StubSystem(files: [Self.path: file])).key
    }

    /// The error for the file, without the path that it begins with.
    func problem(id: String? = nil) throws -> String {
        let error = try #require(throws: ConfigurationError.self) { try load(id: id) }
        #expect(error.message.hasPrefix(Self.path + ":"))
        return String(error.message.dropFirst(Self.path.count))
    }
}

@Suite struct `A key file` {
    @Test(arguments: [
        (FileError.isMissing, "missing"), (.isNotRegular, "not a regular file"),
        (.isDenied, "cannot be read by 990: Permission denied; use sudo, or, if the service runs as 990, "),
        (.failed("Is odd"), "cannot be read: Is odd; name the file in livekit.key_file"), (.isRefused("odd"), "odd"),
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
        #expect(problem.hasSuffix("; on a development machine, development: true lets it through"))
        #expect(!problem.contains(": \(secret)"))
        let key = try file.load(isDevelopment: true)
        #expect(key.weakness != nil)
    }
}
