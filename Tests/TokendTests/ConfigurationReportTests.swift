import Foundation
import Configuration
import StrictJSON
import Testing

@testable import livekit_tokend

@Suite struct `A report of the running configuration` {
    @Test(arguments: [
        ConfigurationReport(
            path: "/etc/ü\n.yaml",
            checksum: "cbf29ce484222325",
            keyChangedAt: 1_700_000_000,
            isKeyCredential: true,
            keysForRestart: ["workers", "directory.url"],
            refusal: "line 3: \"x\"",
            reloads: 3,
            reloadsBegun: 4,
            process: 1
        ),
        ConfigurationReport(
            path: "/x",
            checksum: nil,
            keyChangedAt: nil,
            isKeyCredential: false,
            keysForRestart: [],
            refusal: nil,
            reloads: nil,
            reloadsBegun: nil,
            process: nil
        ),
    ])
    func `is read as it was written`(report: ConfigurationReport) {
        #expect(ConfigurationReport(report.bytes) == report)
    }

    @Test(arguments: ["", "{}", "[]", "{\"path\":\"/x\"}", "{\"keysForRestart\":[]}"])
    func `is not made of anything else`(text: String) {
        #expect(ConfigurationReport(Array(text.utf8)) == nil)
    }
}

@Suite struct `A checksum of a file` {
    /// Test vectors of FNV-1a with 64 bits.
    @Test(arguments: [("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8")])
    func `is FNV-1a`(content: String, checksum: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(content.utf8).write(to: file)
        #expect(FileChecksum(ofFile: file.path)?.description == checksum)
        #expect(FileChecksum(ofFile: file.path + ".missing") == nil)
    }
}

@Suite struct `What a reload leaves to a restart` {
    private func settings(_ yaml: String) throws -> Settings {
        try Settings(yaml: Array(yaml.utf8), file: "config.yaml", on: LinuxSystem(variables: [:]))
    }

    private static let logins = "sessions: {source: nginx, users: any}\nmemberships: {source: claims}\n"
    private static let gate = "gate: {memberships: unjudged}\n"

    @Test func `is named, in the order of the file`() throws {
        let started = Service.Fixed(try settings("workers: 2\ndirectory: {url: 'sqlite:/a'}\n"))
        let other = try settings("workers: 3\npeers: []\ndirectory: {url: 'sqlite:/b'}\ngate: on\n")
        #expect(started.keysForRestart(to: other) == ["workers", "peers", "directory.url"])
        #expect(started.gateWords(of: other) == "on", "by the directory of before")
    }

    @Test func `is the gate too, where it comes with the directory by which it knows people`() throws {
        let started = Service.Fixed(try settings(Self.logins + "directory: {url: none}\n"))
        let other = try settings(Self.logins + Self.gate + "directory: {url: 'sqlite:/b'}\n")
        #expect(started.keysForRestart(to: other) == ["gate", "directory.url"])
        #expect(started.gateWords(of: other) == "off: it takes a restart")
        let without = try settings(Self.logins + "directory: {url: 'sqlite:/b'}\n")
        #expect(started.keysForRestart(to: without) == ["directory.url"])
        #expect(started.gateWords(of: without) == "off")
    }
}
