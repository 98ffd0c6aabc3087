import Configuration
import Foundation
import LiveKitToken
import TestSupport
import Testing

/// A configuration that version 0.1.0 was asked to check, and what it said (`Tests/Recorded/documents.json`).
struct RecordedConfiguration: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let text: String?
    /// The bytes, where they are no UTF-8.
    let base64: String?
    /// The bytes with gzip, where they are many.
    let gzip: String?
    let verdict: String
    let message: String
    /// What is right from now on, where that differs.
    let becomes: String?
    /// Present where the line is no longer that of the message.
    let line: String?

    var testDescription: String { name }

    static let all: [RecordedConfiguration] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded/documents.json")
        return (try? JSONDecoder().decode([RecordedConfiguration].self, from: Data(contentsOf: file))) ?? []
    }()

    /// The configuration for a directory.
    func bytes(in directory: String) throws -> [UInt8] {
        if let base64 { return Array(try #require(Data(base64Encoded: base64))) }
        if let gzip { return try Self.unzip(try #require(Data(base64Encoded: gzip))) }
        return Array(try #require(text).replacing("DIR", with: directory).utf8)
    }

    /// The line that a message names after the file; `nil` if it names none.
    static func line(of message: String) -> Int? {
        message.split(separator: ":", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
    }

    private static func unzip(_ data: Data) throws -> [UInt8] {
        Array(try CompletedProcess("/bin/gzip", ["--decompress", "--stdout"], input: data).output)
    }
}

@Suite struct `A configuration of version 0.1.0` {
    @Test func `is one of 112`() {
        #expect(RecordedConfiguration.all.count == 112)
    }

    @Test(arguments: RecordedConfiguration.all)
    func `is taken or refused as before, with the line of before`(recorded: RecordedConfiguration) throws {
        let file = StubSystem.File.regular(try recorded.bytes(in: "/x"))
        var message: String?
        do throws(ConfigurationError) {
            _ = try Settings(contentsOf: "config.yaml", on: StubSystem(files: ["config.yaml": file]))
        } catch {
            message = error.message
        }
        #expect((message == nil) == ((recorded.becomes ?? recorded.verdict) == "ok"), "\(message ?? "it is taken")")
        guard let message else { return }
        #expect(message.hasPrefix("config.yaml:") && !message.contains("\n"))
        // A line that was said is said again; where none was, there may be one now.
        if recorded.becomes == nil, recorded.line == nil, let line = RecordedConfiguration.line(of: recorded.message) {
            #expect(RecordedConfiguration.line(of: message) == line, "\(message)")
        }
    }

    @Test(arguments: [
        ("utf-16", "config.yaml:1: is not UTF-8 but UTF-16; save it as UTF-8"),
        ("nul", "config.yaml:9: has the control character U+0000; remove it"),
        ("nul in value", "config.yaml:4: has the control character U+0000; remove it"),
        ("escape char", "config.yaml:4: has the control character U+001B; remove it"),
        ("del", "config.yaml:4: has the control character U+007F; remove it"),
        ("tab indents", "config.yaml:4: is indented with a tab; write spaces"),
        ("nbsp indents", "config.yaml:4: has a no-break space (U+00A0) for a space; write a space"),
        ("nbsp in value", "config.yaml:2: has a no-break space (U+00A0) for a space; write a space"),
        ("key twice nested", "config.yaml:4: livekit.url is written twice; keep one"),
        ("alias of nothing", "config.yaml:9: has the alias *nothing without a complete &nothing above it"),
        ("alias to itself", "config.yaml:10: has the alias *r without a complete &r above it"),
        ("tag int", "config.yaml:2: has a tag, which is not allowed; remove it"),
        ("tag directive", "config.yaml:1: has a tag, which is not allowed; remove it"),
        (
            "bomb",
            "config.yaml:5: has more than 20000 nodes, each alias counted as all that it stands for"
        ),
        ("deep block", "config.yaml:32: is nested too deeply; at most 32 levels are allowed"),
    ])
    func `is refused with its cause where 0.1.0 did not name it`(name: String, message: String) throws {
        let recorded = try #require(RecordedConfiguration.all.first { $0.name == name })
        let error = try #require(throws: ConfigurationError.self) {
            try Settings(yaml: recorded.bytes(in: "/x"), file: "config.yaml", on: StubSystem())
        }
        #expect(error.message == message)
    }
}
