import Foundation
import JoinGate
import Testing

/// The files of nginx that ask the gate, and repeat its names.
@Suite struct `The gate, in nginx's configuration` {
    private static func lines(_ names: String...) throws -> [[Substring]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        return try names.flatMap { name in
            try String(contentsOf: root.appending(path: "nginx/snippets/\(name)"), encoding: .utf8)
                .split(separator: "\n").map { $0.split { " ;".contains($0) } }
        }
    }

    @Test func `is asked with each parameter once, and no other of its own`() throws {
        let passed = try Self.lines("gate/question.conf").filter { $0.first == "fastcgi_param" }.map { String($0[1]) }
        let general = ["REQUEST_METHOD", "SCRIPT_NAME", "REMOTE_ADDR", "REQUEST_ID"]
        #expect(passed == general + GateParameter.allCases.map(\.variable))
    }

    @Test func `is asked at its path`() throws {
        #expect(try Self.lines("gate/question.conf").contains(["fastcgi_param", "SCRIPT_NAME", "\(GateRequest.path)"]))
    }

    @Test func `leads to a location for each endpoint`() throws {
        let named = try Self.lines("gate.conf", "gate-moderators.conf", "gate-whip.conf")
            .filter { $0.first == "location" && $0[1].hasPrefix("@livekit_") && !$0[1].hasPrefix("@livekit_gate_") }
        #expect(Set(named.map { String($0[1]) }) == Set(GateEndpoint.allCases.map { "@livekit_\($0.rawValue)" }))
    }

    @Test func `is asked for each endpoint`() throws {
        let named = try Self.lines("gate.conf", "gate/call.conf", "gate/publish.conf")
            .filter { $0.starts(with: ["set", "$livekit_gate"]) }.map { String($0[2]) }
        #expect(Set(named) == Set(GateEndpoint.allCases.map(\.rawValue)))
    }
}
