import SQLiteDirectory
import Testing

@Suite struct `Look-ups find their rows by an index` {
    @Test(arguments: [SessionLookUp.sql, UserLookUp.sql, RoomLookUp.sql])
    func `and scan no table`(_ sql: String) throws {
        let folder = try TemporaryFolder()
        _ = try DirectoryWriter(path: folder.directory)
        let plan = try Shell.sqlite3(folder.directory, "EXPLAIN QUERY PLAN \(sql);")
        #expect(plan.status == 0, "\(plan.errors)")
        let steps = plan.output.split(separator: "\n")
        let tables = [
            "SCAN users", "SCAN sessions", "SCAN rooms", "SCAN members", "SCAN stream_sessions", "SCAN u", "SCAN s",
        ]
        #expect(steps.contains { $0.contains("SEARCH") })
        #expect(!steps.contains { step in tables.contains { step.contains($0) } || step.contains("TEMP B-TREE") })
    }
}
