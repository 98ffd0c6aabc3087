import Glibc
import JWTSessions
import LiveKitToken
import RoomAccess
import Synchronization
import TestSupport
import Testing

/// Sets that are replaced while many threads verify.
@Suite struct `While sets are replaced` {
    private static let replacements = 1000

    /// The number of keys that were taken out, each before its set was put in place.
    private final class Progress: Sendable {
        let removed = Atomic<Int>(-1)
        let isOver = Atomic<Bool>(false)
    }

    private final class Count: Sendable {
        private let count = Atomic<Int>(0)

        var value: Int { count.load(ordering: .sequentiallyConsistent) }

        @discardableResult func increase() -> Int {
            count.add(1, ordering: .sequentiallyConsistent).newValue
        }
    }

    @Test func `no good token fails, and no token that is judged after its key went is a login`() {
        let files = StubFiles()
        let good = TestKey(30)
        // The key of a number is in the set of that number alone; the good one is in each.
        let keys = (0..<Self.replacements).map { TestKey(UInt8($0 % 200)) }
        @Sendable func set(_ number: Int) -> String {
            #"{"keys":[\#(good.jwk(#""kid":"good""#)),\#(keys[number].jwk(#""kid":"k\#(number)""#))]}"#
        }
        let goodToken = good.login(kid: "good")
        let tokens = keys.enumerated().map { $1.login(kid: "k\($0)") }
        files.put(set(0))
        let logins = JWTLogins(.sample(), files: files)
        #expect(logins.judge(goodToken).word == "accepted")
        let progress = Progress()
        let (judged, failures, ghosts, taken) = (Count(), Count(), Count(), Count())
        let threads = Count()

        inThreads(9) {
            let own = threads.increase()
            if own == 1 {
                for number in 1..<Self.replacements {
                    if number % 5 == 0 { files.put(number % 2 == 0 ? "{" : String(set(number).dropLast(7))) }
                    files.put(set(number))
                    progress.removed.store(number - 1, ordering: .sequentiallyConsistent)
                    // The others judge under each set, some of them while it is put in place.
                    while judged.value < 4 * number { sched_yield() }
                }
                progress.isOver.store(true, ordering: .sequentiallyConsistent)
                return
            }
            var round = own
            while !progress.isOver.load(ordering: .sequentiallyConsistent) {
                if logins.judge(goodToken).word != "accepted" { failures.increase() }
                // Known to be gone before the question begins.
                let removed = progress.removed.load(ordering: .sequentiallyConsistent)
                if removed >= 0, logins.judge(tokens[removed - round % (removed + 1)]).word == "accepted" {
                    ghosts.increase()
                }
                if removed + 1 < Self.replacements, logins.judge(tokens[removed + 1]).word == "accepted" {
                    taken.increase()
                }
                round += 1
                judged.increase()
            }
        }
        #expect(failures.value == 0)
        #expect(ghosts.value == 0)
        #expect(taken.value > 0, "the key in place was taken at times, or nothing was tried")
        #expect(logins.judge(goodToken).word == "accepted")
    }
}
