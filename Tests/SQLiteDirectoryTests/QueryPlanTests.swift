import Foundation
import SQLiteDirectory
import Testing

@Suite struct `Look-ups find their rows by an index` {
    @Test(arguments: [SessionQuery.sql, UserQuery.sql, RoomQuery.sql, OpenSessionQuery.sql, BlockQuery.sql])
    func `and scan no table`(_ sql: String) throws {
        let folder = try TemporaryFolder()
        _ = try SQLiteDirectoryWriter(path: folder.directory)
        let plan = try Shell.sqlite3(folder.directory, "EXPLAIN QUERY PLAN \(sql);")
        #expect(plan.status == 0, "\(plan.errors)")
        let steps = plan.output.split(separator: "\n")
        let tables = [
            "SCAN users", "SCAN sessions", "SCAN rooms", "SCAN members", "SCAN stream_sessions", "SCAN u", "SCAN s",
            "SCAN blocks",
        ]
        #expect(steps.contains { $0.contains("SEARCH") })
        #expect(!steps.contains { step in tables.contains { step.contains($0) } || step.contains("TEMP B-TREE") })
    }

    /// What the benchmark compares is the program around the queries, so the others must ask the same.
    @Test(arguments: ["baseline.c", "sdk.py"])
    func `and the benchmark's responders ask the same`(_ file: String) throws {
        func words(_ text: String) -> String {
            text.split { $0.isWhitespace || $0 == "\"" }.joined(separator: " ")
        }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Benchmark")
        let source = words(try String(contentsOf: folder.appending(path: file), encoding: .utf8))
        for sql in [SessionQuery.sql, RoomQuery.sql, BlockQuery.sql] { #expect(source.contains(words(sql))) }
    }
}
