import RoomAccess
import StrictJSON
import TestSupport
import Testing

@Suite struct `a glob of rooms` {
    @Test(arguments: [
        ("stage-1", "stage-1", true), ("stage-1", "stage-10", false), ("stage-1", "Stage-1", false),
        ("stage-1", "stage-", false), ("*", "x", true), ("**", "x", true), ("stage-*", "stage-", true),
        ("stage-*", "stage-1", true), ("stage-*", "stage", false), ("stage-*", "a-stage-1", false),
        ("*-live", "a-live", true), ("*-live", "-live", true), ("*-live", "a-live-", false),
        ("a*b", "ab", true), ("a*b", "a", false), ("a*a", "a", false), ("a*a", "aa", true),
        ("a*b*c", "a-b-c", true), ("a*b*c", "acbc", true), ("a*b*c", "acb", false), ("*ab*", "aab", true),
        ("*aab*b", "aaabb", true), ("*aab*b", "aaab", false), ("*a*a*a", "aa", false), ("a***b", "ab", true),
        // Nothing but the star is special.
        ("stage-?", "stage-1", false), ("stage-?", "stage-?", true), ("stage-[12]", "stage-1", false),
        ("a.c", "abc", false), ("a\\*", "a\\b", true), ("a\\*", "a*", false), ("{a,b}", "a", false),
    ])
    func `matches whole ids, byte by byte`(glob: String, room: String, isMatched: Bool) {
        #expect(RoomGlob(UTF8String(glob)).matches(id(room)) == isMatched)
    }

    @Test func `that is empty matches nothing`() {
        #expect(!RoomGlob("").matches("a"))
    }

    @Test func `without a star stands for one room`() {
        #expect(RoomGlob("stage-1").isLiteral)
        #expect(!RoomGlob("stage-*").isLiteral)
    }

    /// A star of the other glob is a byte that only a star matches.
    @Test(arguments: [
        ("*", "call-*", true), ("call-*", "call-*", true), ("call-*", "call-a*", true), ("call-*", "call-1", true),
        ("call-*", "call*", false), ("call-*", "*", false), ("call-1", "call-*", false), ("*a*", "a*b", true),
        ("*a*b", "*b", false), ("a*b", "a*c*b", true),
    ])
    func `covers what it matches all of`(glob: String, other: String, isCovered: Bool) {
        #expect(RoomGlob(UTF8String(glob)).covers(RoomGlob(UTF8String(other))) == isCovered)
    }

    /// The other way to say it: a star takes nothing, or one byte and then as before.
    private static func matches(_ glob: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = glob.first else { return text.isEmpty }
        guard first == UInt8(ascii: "*") else {
            return text.first == first && matches(glob.dropFirst(), text.dropFirst())
        }
        return matches(glob.dropFirst(), text) || (!text.isEmpty && matches(glob, text.dropFirst()))
    }

    @Test func `matches what its definition says, of 50,000 at random`() {
        var generator = SeededGenerator(seed: 14)
        func some(_ letters: String, _ lengths: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: lengths, using: &generator)).map { _ in
                Array(letters.utf8).randomElement(using: &generator) ?? 0
            }
        }
        var matched = 0
        for _ in 0..<50_000 {
            let (glob, room) = (some("ab*", 0...7), some("ab", 1...9))
            let isMatched = RoomGlob(UTF8String(ascii: glob)).matches(id(String(decoding: room, as: UTF8.self)))
            #expect(isMatched == Self.matches(glob[...], room[...]), "\(glob) \(room)")
            matched += isMatched ? 1 : 0
        }
        #expect(matched > 5000)
    }

    /// Globs that take an engine which goes back exponentially or quadratically long, and texts that almost match.
    static let hostile: [(String, String)] = {
        let a = { String(repeating: "a", count: $0) }
        return [
            (String(repeating: "*", count: 10_000), a(256)),
            (String(repeating: "a*", count: 5_000) + "b", a(256)),
            (String(repeating: "*a", count: 100) + "*b", a(256)), ("*\(a(127))b*", a(256)),
            ("*\(a(60))b*\(a(60))b*", a(256)), (String(repeating: "*aab", count: 60), a(255) + "b"),
            (a(10_000) + "*", a(256)), ("*" + a(10_000), a(256)), ("*" + a(10_000) + "*", a(256)),
            (String(repeating: "*ab", count: 3_000), String(repeating: "ab", count: 128)),
        ]
    }()

    @Test(arguments: hostile)
    func `takes at most four steps for each byte of it and of an id`(glob: String, room: String) {
        let steps = RoomGlob(UTF8String(glob)).steps(matching: Array(room.utf8))
        #expect(steps <= 4 * (glob.utf8.count + room.utf8.count))
    }

    @Test func `takes no more steps at random`() {
        var generator = SeededGenerator(seed: 15)
        for _ in 0..<20_000 {
            let glob = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                Array("aaab*".utf8).randomElement(using: &generator) ?? 0
            }
            let room = (0..<Int.random(in: 1...120, using: &generator)).map { _ in
                Array("aaab".utf8).randomElement(using: &generator) ?? 0
            }
            let steps = RoomGlob(UTF8String(ascii: glob)).steps(matching: room)
            #expect(steps <= 4 * (glob.count + room.count), "\(glob) \(room)")
        }
    }
}
