import Glibc
import RoomPattern

/// Times patterns of rooms over 100,000 random ids of 256 bytes, and prints a line for each: positions, nanoseconds for
/// an id on the average and for the one that takes longest, and by how many KiB the process has grown.
///
/// An id is matched three times and the shortest time counts, since other work on the machine takes none off.
@main
struct Patterns {
    private static let natural = [
        "[a-z0-9-]+-[0-9a-f-]{36}", "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "[^/]{1,256}", "([a-z0-9]+-)*[a-z0-9]+",
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "![A-Za-z0-9._=/+-]+(:[A-Za-z0-9.-]+(:[0-9]+)?)?",
        "[a-z0-9-]{1,60}-[a-z0-9-]{1,60}", "(stage|call|team)-[[:alnum:]_-]+", ".*", "[a-z0-9-]*-(live|test)-[0-9]+",
        "([[:alnum:]-]+[._-])?[[:alnum:]-]{2,64}",
    ]
    /// All positions are active at once, and each may follow many.
    private static let worst = "((" + String(repeating: ".?", count: 100) + "){5})*"

    static func main() throws {
        var generator = SplitMix()
        let letters = Array("0123456789abcdef-".utf8)
        for source in natural + [worst, "((a{0,255}){0,255}){0,9}"] {
            let clock = ContinuousClock()
            var pattern: RoomPattern?
            let reading = clock.measure { pattern = try? RoomPattern(source) }
            guard let pattern else {
                print("\(source): refused in \(reading)")
                continue
            }
            // One id at a time, so that what grows is the pattern.
            var (before, taken, longest, matches) = (residentKiB(), Duration.zero, Duration.zero, 0)
            for number in 0..<100_000 {
                if number == 1_000 { before = residentKiB() }
                let id = (0..<256).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
                if pattern.matches(id) { matches += 1 }
                let shortest = (0..<3).map { _ in clock.measure { _ = pattern.matches(id) } }.min() ?? .zero
                taken += shortest
                longest = max(longest, shortest)
            }
            let (mean, most) = (Int(taken / 100_000 / .nanoseconds(1)), Int(longest / .nanoseconds(1)))
            print(
                "\(source): \(pattern.positions) positions, \(matches) match, mean \(mean) ns, longest \(most) ns, "
                    + "\(residentKiB() - before) KiB"
            )
        }
    }

    private static func residentKiB() -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        _ = unsafe fgets(&line, Int32(line.count), file)
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4
    }
}

/// SplitMix64: random enough for ids, and fast.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64 = 0x6C6B_746B

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
