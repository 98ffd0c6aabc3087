import Glibc
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON

/// Times the index of identities over a directory, by the time of the processor: readings of all, and look-ups, of
/// users and of sessions.
///
///     Identities make FILE    makes an empty directory
///     Identities FILE         prints a line for users and one for sessions
@main
struct Identities {
    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "make" {
            _ = try SQLiteDirectoryWriter(path: arguments[2])
            return
        }
        for (name, subject) in [("users", IdentitySubject.users), ("sessions", .sessions)] {
            try measure(name, subject, path: arguments[1])
        }
    }

    private static func measure(_ name: String, _ subject: IdentitySubject, path: String) throws {
        let rows = SQLiteIdentityRows(path: path, of: subject, .keep)
        let before = resident()
        var table: IdentityTable?
        var readings: [Duration] = []
        var reading: IdentityReading?
        for _ in 0..<5 {
            readings.append(
                try processorTime {
                    var builder = IdentityTable.Builder(of: subject, like: table)
                    reading = try rows.read { builder.add($0, $1) }
                    table = builder.finish()
                }
            )
        }
        guard let table, let reading else { return }
        let held = resident() - before
        var identities: [ParticipantIdentity] = []
        _ = try rows.read { user, session in
            identities.append(
                session.map { ParticipantIdentity(user: user.text, sessionDigest: $0.bytes) }
                    ?? ParticipantIdentity(user: user.text)
            )
        }
        identities.shuffle()
        var found = 0
        let hits = processorTime {
            for identity in identities where table.holder(of: identity) != nil { found += 1 }
        }
        var generator = SystemRandomNumberGenerator()
        let strangers = (0..<1_000_000).map { _ in ParticipantIdentity(.random(using: &generator)) }
        let misses = processorTime { for stranger in strangers where table.holder(of: stranger) != nil { found += 1 } }
        let checks = try processorTime { for _ in 0..<100_000 { _ = try rows.isCurrent(reading) } }
        print(
            "\(name): \(table.count), \(table.size >> 10) KiB, process +\(held) KiB (at most \(peak()) KiB), "
                + "first reading \(readings[0]), best of the next \(readings.dropFirst().min() ?? .zero), "
                + "\(rate(identities.count, hits)) hits a second, \(rate(strangers.count, misses)) misses a second, "
                + "\(rate(100_000, checks)) checks for a commit a second, \(found == identities.count ? "" : "WRONG")"
        )
    }

    /// The time of the processor that a body takes on this thread: other work on the machine adds none to it.
    private static func processorTime(_ body: () throws -> Void) rethrows -> Duration {
        let start = processorTime
        try body()
        return .nanoseconds(processorTime - start)
    }

    private static var processorTime: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func rate(_ count: Int, _ time: Duration) -> Int { Int(Double(count) / (time / .seconds(1))) }

    /// The present resident memory, in KiB.
    private static func resident() -> Int { status("VmRSS:") }

    /// The most that was resident, in KiB.
    private static func peak() -> Int { status("VmHWM:") }

    private static func status(_ name: String) -> Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name) else { continue }
            return Int(text.dropFirst(name.count).split { !$0.isNumber }.first ?? "") ?? 0
        }
        return 0
    }
}
