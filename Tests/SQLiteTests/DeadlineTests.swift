import Foundation
@testable import SQLite
import Testing

@Suite struct `The deadline of a statement` {
    private let start = ContinuousClock.now

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant {
        start + .milliseconds(milliseconds)
    }

    @Test func `is one for all locks that it waits for`() {
        var deadline = Deadline(patience: .milliseconds(1000))
        // The first lock is free after 900 ms; the second has only what is left.
        for attempts in 0..<9 {
            #expect(deadline.pause(at: after(attempts * 100), attempts: Int32(attempts)) != nil)
        }
        #expect(deadline.pause(at: after(900), attempts: 0) != nil)
        #expect(deadline.pause(at: after(999), attempts: 1) != nil)
        #expect(deadline.pause(at: after(1000), attempts: 2) == nil)
        #expect(deadline.pause(at: after(1000), attempts: 0) == nil)
    }

    @Test func `counts from its first wait`() {
        var deadline = Deadline(patience: .milliseconds(1000))
        #expect(deadline.pause(at: after(60_000), attempts: 0) != nil)
        #expect(deadline.pause(at: after(60_999), attempts: 1) != nil)
        #expect(deadline.pause(at: after(61_000), attempts: 2) == nil)
    }

    @Test func `lets waits grow to 25 ms, and shrink to 1 ms where it is near`() {
        var deadline = Deadline(patience: .milliseconds(1000))
        let pauses = [0, 1, 23, 24, 25, Int32.max].map { deadline.pause(at: start, attempts: $0) }
        #expect(pauses == [1, 2, 24, 25, 25, 25])
        #expect(deadline.pause(at: after(974), attempts: 30) == 25)
        #expect(deadline.pause(at: after(975), attempts: 30) == 1)
    }

    @Test(arguments: [Duration.zero, .seconds(-1)]) func `without patience is over at once`(_ patience: Duration) {
        var deadline = Deadline(patience: patience)
        #expect(deadline.pause(at: start, attempts: 0) == nil)
    }

    @Test func `ends the wait for a lock that another keeps`() throws {
        let file = try DatabaseFile("CREATE TABLE t (x)")
        let (one, other) = (try file.open(), try file.open(patience: .milliseconds(30)))
        try one.execute("BEGIN EXCLUSIVE")
        #expect(SQLiteError.Kind.busy.isThrown { try other.execute("INSERT INTO t VALUES (1)") })
    }

    @Test func `lets it wait for a lock that another gives back`() throws {
        let file = try DatabaseFile("CREATE TABLE t (x)")
        let one = try file.open()
        try one.execute("BEGIN EXCLUSIVE")
        let (path, isDone) = (file.path, DispatchSemaphore(value: 0))
        nonisolated(unsafe) var hasInserted = false
        Thread.detachNewThread {
            let other = try? Connection(path: path, isReadOnly: false, patience: .seconds(3600))
            unsafe hasInserted = (try? other?.execute("INSERT INTO t VALUES (1)")) != nil
            isDone.signal()
        }
        // Time for the other to come to the lock; if that takes longer it finds it free.
        Thread.sleep(forTimeInterval: 0.05)
        try one.execute("COMMIT")
        isDone.wait()
        #expect(unsafe hasInserted)
        #expect(try one.integers("SELECT count(*) FROM t") == [1])
    }

    /// What begins anew, each of which another connection's exclusive lock keeps waiting.
    enum Beginning: CaseIterable {
        case script, preparation, firstStep, transaction
    }

    @Test(arguments: Beginning.allCases) func `is new for each`(_ beginning: Beginning) throws {
        let file = try DatabaseFile("CREATE TABLE t (x)")
        let (one, other) = (try file.open(), try file.open())
        let statement = try Statement("SELECT x FROM t", on: other)
        try one.execute("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)")
        let past = start - .seconds(3600)
        // A connection of its own has no schema yet, and must read it to prepare a statement.
        let connection = beginning == .preparation ? try file.open() : other
        connection.deadline.end = past
        #expect(
            SQLiteError.Kind.busy.isThrown {
                switch beginning {
                case .script: try connection.execute("SELECT x FROM t")
                case .preparation: _ = try Statement("SELECT x FROM t", on: connection)
                case .firstStep: _ = try statement.step()
                case .transaction: try connection.transaction(immediate: true) {}
                }
            }
        )
        #expect(connection.deadline.end.map { $0 > past } == true)
    }
}
