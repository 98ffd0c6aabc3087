import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A day in seconds.
private let day: Int64 = 86_400
private let url = "https://id.example.test/keys"

@Suite struct `A key set in a file` {
    private let files = StubFiles()
    private let events = Events()
    private let old = TestKey(6)
    private let new = TestKey(7)

    private func logins(_ issuer: JWTIssuer = .sample(), predecessor: JWTLogins? = nil) -> JWTLogins {
        JWTLogins(issuer, files: files, predecessor: predecessor, events: events)
    }

    @Test func `that is missing at the start leaves tokens without an answer, until it comes`() {
        let logins = logins()
        let verdict = logins.judge(old.login())
        #expect(verdict.word == "unavailable: missing")
        #expect(verdict.problem == "there is no key set: /keys/main.json is missing")
        #expect(logins.condition(at: at()) == .down(["there is no key set: /keys/main.json is missing"]))
        files.put(old.set())
        #expect(logins.judge(old.login()).word == "accepted")
        #expect(logins.condition(at: at()) == .good)
    }

    @Test func `that is empty at the start is refused, and said to be so once`() {
        files.put("")
        let logins = logins()
        for _ in 0..<3 {
            #expect(logins.judge(old.login()).problem.hasPrefix("there is no key set: /keys/main.json is "))
        }
        #expect(events.refusals == 1 && events.reads == 0)
    }

    @Test func `is read again when it changes, and not before`() {
        files.put(old.set())
        let logins = logins()
        for _ in 0..<5 { #expect(logins.judge(old.login()).word == "accepted") }
        #expect(files.reads == 1)
        files.put(new.set())
        #expect(logins.judge(new.login()).word == "accepted")
        #expect(logins.judge(old.login()).word == "signature")
        #expect(files.reads == 2)
        #expect(events.reads == 2)
    }

    @Test(arguments: [
        "", "{", "[]", #"{"keys":[]}"#, #"{"keys":1}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, "\u{FEFF}{}",
        #"{"a":"-----BEGIN CERTIFICATE-----"}"#, String(repeating: " ", count: 65_537),
    ])
    func `that is bad leaves the last good one in use, and says so`(_ bad: String) {
        files.put(old.set())
        let logins = logins()
        #expect(logins.judge(old.login()).word == "accepted")
        files.put(bad)
        for _ in 0..<3 { #expect(logins.judge(old.login(["iat": "2"])).word == "accepted") }
        #expect(events.refusals == 1)
        guard case .degraded(let problems) = logins.condition(at: at()) else {
            Issue.record("\(logins.condition(at: at()))")
            return
        }
        #expect(problems.count == 1 && problems.allSatisfy { $0.hasSuffix("; the set of before is used") })
        files.put(new.set())
        #expect(logins.judge(new.login()).word == "accepted")
        #expect(logins.condition(at: at()) == .good)
        #expect(events.refusals == 1 && events.reads == 2)
    }

    @Test func `that is gone, or cannot be read, leaves the last good one in use`() {
        files.put(old.set())
        let logins = logins()
        #expect(logins.judge(old.login()).word == "accepted")
        files.remove()
        #expect(logins.judge(old.login()).word == "accepted")
        files.put(old.set())
        files.spoil(keySetPath, "cannot be read: Too many open files")
        #expect(logins.judge(old.login(["iat": "2"])).word == "accepted")
        #expect(logins.condition(at: at()) != .good)
        // What was in the way passes without a trace in the file.
        files.spoil(keySetPath, nil)
        #expect(logins.judge(old.login(["iat": "3"])).word == "accepted")
        #expect(logins.condition(at: at()) == .good)
    }

    @Test func `that was changed a moment ago is read until a change would show`() {
        files.put(old.set(), changedAt: at().seconds)
        let logins = logins()
        #expect(logins.judge(old.login()).word == "accepted")
        files.overwriteUnseen(new.set())
        #expect(logins.judge(new.login()).word == "accepted")
        #expect(logins.judge(old.login()).word == "signature")
        let reads = files.reads
        #expect(logins.judge(new.login(), at: at(2)).word == "accepted")
        #expect(logins.judge(new.login(), at: at(2)).word == "accepted")
        #expect(files.reads == reads + 1)
    }

    @Test func `outlives a reload with a bad file, under the algorithms of then`() {
        files.put(old.set())
        let first = logins()
        #expect(first.judge(old.login()).word == "accepted")
        files.put("{")
        let second = logins(predecessor: first)
        #expect(second.judge(old.login()).word == "accepted")
        let third = logins(.sample { $0.algorithms = [.es256] }, predecessor: second)
        #expect(third.judge(old.login()).word == "unavailable: missing")
    }

    @Test func `kept by hand grows never old`() {
        files.put(old.set(), modifiedAt: at(-400 * day).seconds)
        let logins = logins()
        #expect(logins.judge(old.login()).word == "accepted")
        #expect(logins.condition(at: at()) == .good)
    }

    @Test(
        arguments: [
            (0, 0, "accepted", true), (1, 0, "accepted", true), (1, 1, "accepted", false), (7, 0, "accepted", false),
            (7, 1, "unavailable: tooOld", false), (-1, 0, "accepted", true),
        ] as [(Int64, Int64, String, Bool)]
    )
    func `that is fetched grows old`(_ days: Int64, _ seconds: Int64, _ word: String, _ isGood: Bool) {
        files.put(old.set(), modifiedAt: at(-days * day - seconds).seconds)
        let logins = logins(.sample(url: url))
        #expect(logins.judge(old.login()).word == word)
        #expect((logins.condition(at: at()) == .good) == isGood)
        #expect(logins.keySets(at: at()).map(\.isUsable) == [word == "accepted"])
    }

    @Test func `that is too old answers for no token that was remembered`() {
        files.put(old.set(), modifiedAt: at().seconds)
        let logins = logins(.sample(url: url))
        let token = old.login(["exp": "\(at(30 * day).seconds)"])
        #expect(logins.judge(token).word == "accepted")
        #expect(logins.judge(token, at: at(7 * day)).word == "accepted")
        #expect(logins.judge(token, at: at(7 * day + 1)).word == "unavailable: tooOld")
        files.touch(modifiedAt: at(7 * day).seconds)
        #expect(logins.judge(token, at: at(7 * day + 1)).word == "accepted")
        // It was remembered all the while: the set is the same.
        #expect(events.count { $0 == .verified } == 1)
    }

    @Test func `that is confirmed by a bad file is not`() {
        files.put(old.set(), modifiedAt: at(-2 * day).seconds)
        let logins = logins(.sample(url: url))
        #expect(logins.judge(old.login()).word == "accepted")
        files.put("{", modifiedAt: at().seconds)
        #expect(logins.judge(old.login()).word == "accepted")
        #expect(logins.keySets(at: at())[0].confirmedAt == at(-2 * day))
    }
}

@Suite struct `An unknown kid` {
    private let files = StubFiles()
    private let events = Events()
    private let old = TestKey(8)
    private let new = TestKey(9)

    private func logins(url: String? = url) -> JWTLogins {
        files.put(old.set(kid: "old"), modifiedAt: at(-60).seconds)
        return JWTLogins(.sample(url: url), files: files, events: events)
    }

    @Test func `is refused at once where no fetch can bring it`() {
        #expect(logins(url: nil).judge(new.login(kid: "new")).word == "keyIDUnknown")
        #expect(events.fetches == 0)
    }

    @Test func `asks for a fetch, and is good when that has brought it`() {
        let logins = logins()
        #expect(logins.judge(new.login(kid: "new")).word == "unavailable: pending")
        #expect(events.fetches == 1)
        files.put(new.set(kid: "new"), modifiedAt: at(1).seconds)
        #expect(logins.judge(new.login(kid: "new"), at: at(2)).word == "accepted")
    }

    @Test(
        arguments: [(-1, "unavailable: pending"), (0, "unavailable: pending"), (1, "keyIDUnknown")] as [(Int64, String)]
    )
    func `is refused once a fetch that began after it was seen has confirmed the set`(_ began: Int64, _ word: String) {
        let logins = logins()
        #expect(logins.judge(new.login(kid: "new")).word == "unavailable: pending")
        files.touch(modifiedAt: at(began).seconds)
        #expect(logins.judge(new.login(kid: "new"), at: at(5)).word == word)
        #expect(logins.judge(old.login(kid: "old"), at: at(5)).word == "accepted")
    }

    @Test func `asks at most three times at once, then once a minute`() {
        let logins = logins()
        for index in 0..<20 { #expect(logins.judge(new.login(kid: "k\(index)")).word == "unavailable: pending") }
        #expect(events.fetches == 3)
        for second in 1...180 { _ = logins.judge(new.login(kid: "k19"), at: at(Int64(second))) }
        #expect(events.fetches == 6)
        for index in 20..<30 { _ = logins.judge(new.login(kid: "k\(index)"), at: at(86_400)) }
        #expect(events.fetches == 9)
    }

    @Test func `asks again where a fetch brought nothing, and leaves the budget to others`() {
        let logins = logins()
        for second in 0..<15 { _ = logins.judge(new.login(kid: "new"), at: at(Int64(second))) }
        #expect(events.fetches == 1)
        _ = logins.judge(new.login(kid: "new"), at: at(15))
        _ = logins.judge(new.login(kid: "newer"), at: at(15))
        #expect(events.fetches == 3)
    }

    @Test func `is one of 64 that are kept, and the others are unavailable as well`() {
        let logins = logins()
        for index in 0..<64 { _ = logins.judge(new.login(kid: "k\(index)")) }
        // Seen before the fetch, and not kept: the fetch says nothing of it.
        #expect(logins.judge(new.login(kid: "one more")).word == "unavailable: pending")
        files.touch(modifiedAt: at(1).seconds)
        #expect(logins.judge(new.login(kid: "k63"), at: at(2)).word == "keyIDUnknown")
        #expect(logins.judge(new.login(kid: "one more"), at: at(2)).word == "unavailable: pending")
        files.touch(modifiedAt: at(3).seconds)
        #expect(logins.judge(new.login(kid: "one more"), at: at(4)).word == "keyIDUnknown")
    }

    @Test func `full of them, a table still lets a new one ask, within the budget`() {
        let logins = logins()
        for index in 0..<200 { _ = logins.judge(new.login(kid: "k\(index)")) }
        #expect(events.fetches == 3)
        // The three may be over before the new key is published, and the ids of a forger never come again.
        #expect(logins.judge(new.login(kid: "new"), at: at(61)).word == "unavailable: pending")
        #expect(events.fetches == 4)
    }

    @Test func `full of them, a table still lets known keys in`() {
        let logins = logins()
        for index in 0..<200 { _ = logins.judge(new.login(kid: "k\(index)")) }
        #expect(logins.judge(old.login(kid: "old")).word == "accepted")
    }

    @Test func `keeps its place over a reload, and so does the budget`() {
        let first = logins()
        for index in 0..<4 { _ = first.judge(new.login(kid: "k\(index)")) }
        let second = JWTLogins(.sample(url: url), files: files, predecessor: first, events: events)
        _ = second.judge(new.login(kid: "k9"))
        #expect(events.fetches == 3)
        files.touch(modifiedAt: at(1).seconds)
        #expect(second.judge(new.login(kid: "k0"), at: at(2)).word == "keyIDUnknown")
    }

    @Test func `of another URL is none that the former one lacked`() {
        let first = logins()
        _ = first.judge(new.login(kid: "new"))
        files.touch(modifiedAt: at(1).seconds)
        #expect(first.judge(new.login(kid: "new"), at: at(2)).word == "keyIDUnknown")
        let right = JWTIssuer.sample(url: "https://id.example.test/right")
        let second = JWTLogins(right, files: files, predecessor: first, events: events)
        #expect(second.judge(new.login(kid: "new"), at: at(2)).word == "unavailable: pending")
        #expect(events.fetches == 2)
    }

    @Test func `is not refused by a set of a time that is still to come`() {
        let logins = logins()
        files.touch(modifiedAt: at(1000).seconds)
        for second in 0..<3 as Range<Int64> {
            #expect(logins.judge(new.login(kid: "new"), at: at(second)).word == "unavailable: pending")
        }
        files.touch(modifiedAt: at(3).seconds)
        #expect(logins.judge(new.login(kid: "new"), at: at(4)).word == "keyIDUnknown")
    }

    @Test func `seen by a clock that was ahead is refused once a fetch has begun after it was set back`() {
        let logins = logins()
        for index in 0..<64 { _ = logins.judge(new.login(kid: "k\(index)"), at: at(1000)) }
        _ = logins.judge(new.login(kid: "k0"))
        files.touch(modifiedAt: at(1).seconds)
        #expect(logins.judge(new.login(kid: "k0"), at: at(2)).word == "keyIDUnknown")
        _ = logins.judge(new.login(kid: "one more"), at: at(2))
        files.touch(modifiedAt: at(3).seconds)
        #expect(logins.judge(new.login(kid: "one more"), at: at(4)).word == "keyIDUnknown")
    }

    @Test func `does not lend its answer to a clock that goes back`() {
        let logins = logins()
        for index in 0..<3 { _ = logins.judge(new.login(kid: "k\(index)"), at: at(1000)) }
        _ = logins.judge(new.login(kid: "k3"), at: at(0))
        _ = logins.judge(new.login(kid: "k4"), at: at(61))
        #expect(events.fetches == 4)
    }

    @Test func `without any set asks within the same budget`() {
        let logins = JWTLogins(.sample(url: url), files: files, events: events)
        for _ in 0..<10 { #expect(logins.judge(new.login(kid: "new")).word == "unavailable: missing") }
        #expect(events.fetches == 3)
    }
}
