import Foundation
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
