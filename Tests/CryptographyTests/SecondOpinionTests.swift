import Cryptography
import Foundation
import TestSupport
import Testing

/// Python's hashlib and hmac, which have OpenSSL or code of their own below.
@Suite struct `Python` {
    private static let script = """
        import hashlib, hmac, sys
        for line in sys.stdin:
            key, message = (bytes.fromhex(part) for part in line.rstrip("\\n").split(" "))
            print(hashlib.sha256(message).hexdigest(), hashlib.sha1(message).hexdigest(),
                  hmac.new(key, message, "sha256").hexdigest())
        """

    @Test func `computes the same of 1,000 random keys and messages around each block's length`() throws {
        var generator = SeededGenerator(seed: 4231)
        let inputs = (0..<1000).map { index in
            (key: generator.bytes(index % 200), message: generator.bytes((index * 7) % 400))
        }
        let lines = inputs.map { "\(hex($0.key)) \(hex($0.message))\n" }.joined()
        let python = try CompletedProcess("/usr/bin/env", ["python3", "-c", Self.script], input: Data(lines.utf8))
        try #require(python.status == 0, "\(python.complaint)")
        let theirs = String(decoding: python.output, as: UTF8.self).split(separator: "\n")
        try #require(theirs.count == inputs.count)
        for (line, input) in zip(theirs, inputs) {
            let ours = [sha256(input.message), sha1(input.message), hmac(input.key, input.message)].map(hex)
            #expect(line == ours.joined(separator: " "))
        }
    }
}

/// The lists of C2SP/wycheproof, where the variable WYCHEPROOF names a folder that holds them.
@Suite struct `Wycheproof` {
    private static let folder = ProcessInfo.processInfo.environment["WYCHEPROOF"]

    private struct List: Decodable {
        struct Group: Decodable {
            let tagSize: Int
            let tests: [Case]
        }

        struct Case: Decodable {
            let tcId: Int
            let key: String
            let msg: String
            let tag: String
            let result: String
        }

        let numberOfTests: Int
        let testGroups: [Group]
    }

    /// Codes that are cut to 128 bits are refused on purpose: RFC 2104 §5 allows them, no protocol here does.
    @Test(.enabled(if: folder != nil, "WYCHEPROOF must name a folder that holds hmac_sha256.json"))
    func `hmac_sha256`() throws {
        let file = URL(filePath: try #require(Self.folder)).appending(path: "hmac_sha256.json")
        let list = try JSONDecoder().decode(List.self, from: Data(contentsOf: file))
        var judged = 0
        for group in list.testGroups {
            for one in group.tests {
                let hmac = HMACSHA256(key: bytes(hex: one.key).span)
                let isValid = hmac.isValid(bytes(hex: one.tag), bytes(hex: one.msg))
                #expect(isValid == (one.result == "valid" && group.tagSize == 256), "case \(one.tcId)")
                judged += 1
            }
        }
        #expect(judged == list.numberOfTests)
    }
}
