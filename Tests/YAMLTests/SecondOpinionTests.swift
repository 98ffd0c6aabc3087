import Foundation
import TestSupport
import Testing
import YAML

@Suite struct `A YAML file that ships` {
    /// The variable that names a Python in which PyYAML is installed; `Tests/run.sh` sets it.
    private static let python = ProcessInfo.processInfo.environment["SECOND_OPINIONS"]
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    @Test(
        .enabled(if: python != nil, "SECOND_OPINIONS must name a Python with PyYAML"),
        arguments: ["nginx/openapi.yaml", "deploy/config.example.yaml", "deploy/prometheus-rules.yaml"]
    )
    func `is the same document to PyYAML`(file: String) throws {
        let script = Self.path(of: "Tests/SecondOpinions/nodes.py")
        let python = try CompletedProcess(try #require(Self.python), [script, Self.path(of: file)])
        try #require(python.status == 0, "\(python.complaint)")
        let theirs = try JSONDecoder().decode([String].self, from: python.output)
        let bytes = try Data(contentsOf: URL(filePath: Self.path(of: file)))
        let ours = try #require(try YAMLNode(parsing: Array(bytes)))
        #expect(Self.tokens(Tree(ours)) == theirs)
    }

    private static func path(of file: String) -> String {
        root.appending(path: file).path()
    }

    private static func tokens(_ tree: Tree) -> [String] {
        switch tree {
        case .plain(let text): ["=\(text)"]
        case .quoted(let text): ["\"\(text)"]
        case .sequence(let elements): ["["] + elements.flatMap(tokens) + ["]"]
        case .mapping(let pairs): ["{"] + pairs.flatMap { tokens($0.key) + tokens($0.value) } + ["}"]
        }
    }
}
