import Glibc
import LiveKitToken
import StrictJSON
import Testing

@testable import livekit_tokend

private let strong = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LW5vdC1yZWFs"

/// A key file for one test.
private final class TemporaryKeyFile {
    let path = "/tmp/tokend-keys-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    init(_ content: String, mode: mode_t = 0o600) throws {
        try write(Array(content.utf8), to: path, mode: mode)
    }

    deinit {
        unsafe unlink(path)
    }

    func load(id: String? = nil, isDevelopment: Bool = false) throws(Failure) -> APIKey {
        try KeySource(directory: "/", file: path, id: id, isDevelopment: isDevelopment).load { _ in nil }
    }
}

@Suite struct `A key file in LiveKit's format` {
    @Test(arguments: [
        "APIabc: \(strong)", "APIabc: \(strong)\n", "APIabc:   \(strong)  \r\n", #"APIabc: "\#(strong)""#,
        "APIabc: '\(strong)'", "# a comment\n\nAPIabc: \(strong)\n", "'APIabc': \(strong)",
    ])
    func `gives its key`(content: String) throws {
        #expect(try TemporaryKeyFile(content).load().id == "APIabc")
    }

    @Test func `gives the first of several keys, or the one that is named`() throws {
        let file = try TemporaryKeyFile("API1: \(strong)1\nAPI2: \(strong)2\n")
        #expect(try file.load().id == "API1")
        #expect(try file.load(id: "API2").id == "API2")
        let failure = try #require(throws: Failure.self) { try file.load(id: "API3") }
        #expect(failure.message.contains("has no key API3; name one of its 2"))
    }

    @Test func `keeps a secret byte for byte, with colons and signs of base64`() throws {
        let secret = "a:b+c/d=\(strong)"
        let key = try TemporaryKeyFile("APIabc: \(secret)").load()
        let signed = JSONWebSignature.compact(signing: [], with: key)
        let same = try APIKey(id: "x", secret: Array(secret.utf8))
        #expect(try JSONWebSignature(compact: signed).isSigned(by: same))
    }

    @Test(arguments: [
        "APIabc", "APIabc:\(strong)", ": \(strong)", "APIabc: ", "APIabc: two words of \(strong)", "APIabc: #\(strong)",
        "{APIabc: \(strong)}", "- APIabc: \(strong)", "APIabc: \(strong)ä", "APIabc: |\n  \(strong)",
        "APIabc: '\(strong)",
    ])
    func `is refused with the line and without what it says, if it is anything else`(content: String) throws {
        let file = try TemporaryKeyFile("# first\n" + content)
        let failure = try #require(throws: Failure.self) { try file.load() }
        #expect(failure.status == .configuration)
        #expect(failure.message.hasPrefix("\(file.path):2: ") || failure.message.hasPrefix("\(file.path):3: "))
        #expect(!failure.message.contains(strong))
    }

    @Test func `may not have a key twice`() throws {
        let failure = try #require(throws: Failure.self) { try TemporaryKeyFile("A: \(strong)\nA: \(strong)").load() }
        #expect(failure.message.contains(":2: this key is there twice"))
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n"])
    func `may not be empty`(content: String) throws {
        let failure = try #require(throws: Failure.self) { try TemporaryKeyFile(content).load() }
        #expect(failure.message.contains("is empty"))
    }
}

@Suite struct `A key file` {
    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o610, 0o601, 0o777] as [mode_t])
    func `must not be open to group or others`(mode: mode_t) throws {
        let failure = try #require(throws: Failure.self) {
            try TemporaryKeyFile("APIabc: \(strong)", mode: mode).load()
        }
        #expect(failure.message.contains("chmod 600"))
    }

    @Test(arguments: [0o600, 0o400] as [mode_t])
    func `may be its owner's alone`(mode: mode_t) throws {
        #expect(try TemporaryKeyFile("APIabc: \(strong)", mode: mode).load().id == "APIabc")
    }

    @Test func `must not be a symbolic link`() throws {
        let file = try TemporaryKeyFile("APIabc: \(strong)")
        let link = file.path + ".link"
        unsafe symlink(file.path, link)
        defer { unsafe unlink(link) }
        let source = KeySource(directory: "/", file: link, id: nil, isDevelopment: false)
        let failure = try #require(throws: Failure.self) { try source.load { _ in nil } }
        #expect(failure.message.contains("symbolic link"))
    }

    @Test(arguments: ["", "APIabc: short"])
    func `is named as its owner knows it, where systemd hands over a copy`(content: String) throws {
        let copy = try TemporaryKeyFile(content)
        let slash = try #require(copy.path.lastIndex(of: "/"))
        let source = KeySource(
            directory: String(copy.path[..<slash]),
            originalDirectory: "/etc/livekit-tokend",
            file: String(copy.path[copy.path.index(after: slash)...]),
            id: nil,
            isDevelopment: false
        )
        let failure = try #require(throws: Failure.self) { try source.load { _ in nil } }
        #expect(failure.message.hasPrefix("/etc/livekit-tokend/"))
    }

    @Test func `must be a file, and be there`() throws {
        for (path, word) in [
            ("/no/such/keys", "missing"), ("/tmp", "not a regular file"), ("/dev/null", "not a regular"),
        ] {
            let source = KeySource(directory: "/", file: path, id: nil, isDevelopment: false)
            let failure = try #require(throws: Failure.self) { try source.load { _ in nil } }
            #expect(failure.status == .configuration)
            #expect(failure.message.contains(word), "\(failure.message)")
        }
    }

    @Test(.enabled("only root can give a file away") { geteuid() == 0 })
    func `must belong to root or to ourselves`() throws {
        let file = try TemporaryKeyFile("APIabc: \(strong)")
        _ = unsafe chown(file.path, 12_345, 0)
        let failure = try #require(throws: Failure.self) { try file.load() }
        #expect(failure.message.contains("belongs to 12345"))
    }
}

@Suite struct `A secret` {
    @Test(arguments: ["secret", String(strong.prefix(31)), String(repeating: "ab", count: 20)])
    func `is refused if it is none, without being repeated`(secret: String) throws {
        let file = try TemporaryKeyFile("APIabc: \(secret)")
        let failure = try #require(throws: Failure.self) { try file.load() }
        #expect(failure.message.contains("openssl rand"))
        #expect(failure.message.contains("\(file.path):1"))
        #expect(!failure.message.contains(": \(secret)"))
        let key = try file.load(isDevelopment: true)
        #expect(key.weakness != nil)
    }
}

@Suite struct `The environment` {
    private func load(_ environment: [String: String], file: String? = nil, id: String? = nil) throws(Failure) -> APIKey
    {
        try KeySource(directory: "/", file: file, id: id, isDevelopment: false).load { environment[$0] }
    }

    @Test func `gives a key by LIVEKIT_API_KEY and LIVEKIT_API_SECRET`() throws {
        #expect(try load(["LIVEKIT_API_KEY": "API1", "LIVEKIT_API_SECRET": strong], file: "/no/such").id == "API1")
        #expect(try load(["LIVEKIT_API_SECRET": strong], id: "API2").id == "API2")
        #expect(throws: Failure.self) { try load(["LIVEKIT_API_SECRET": strong]) }
    }

    @Test func `gives keys by LIVEKIT_KEYS`() throws {
        let keys = "API1: \(strong)1\nAPI2: \(strong)2"
        #expect(try load(["LIVEKIT_KEYS": keys]).id == "API1")
        #expect(try load(["LIVEKIT_KEYS": keys, "LIVEKIT_API_KEY": "API2"]).id == "API2")
    }

    @Test func `needs no key where the file gives one, but one of them must`() throws {
        let failure = try #require(throws: Failure.self) { try load([:]) }
        #expect(failure.message.contains("livekit.key_file"))
    }
}
