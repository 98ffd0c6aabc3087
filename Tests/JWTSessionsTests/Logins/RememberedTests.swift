import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

@Suite struct `A token that was a login` {
    private let files = StubFiles()
    private let events = Events()
    private let key = TestKey(10)

    private func logins(_ issuer: JWTIssuer = .sample(), predecessor: JWTLogins? = nil) -> JWTLogins {
        JWTLogins(issuer, files: files, membership: path("rooms"), predecessor: predecessor, events: events)
    }

    private var verifications: Int { events.count { $0 == .verified } }
    private var hits: Int { events.count { $0 == .remembered } }

    @Test func `is remembered, with the same session`() {
        files.put(key.set())
        let logins = logins()
        let token = key.login(["sid": #""s""#, "rooms": #"{"a":["host"]}"#])
        let first = logins.judge(token)
        #expect(first.word == "accepted")
        for _ in 0..<10 { #expect(logins.judge(token) == first) }
        #expect(verifications == 1 && hits == 10)
    }

    @Test func `is one until it expires, to the second`() {
        files.put(key.set())
        let logins = logins()
        #expect(logins.judge(key.login()).word == "accepted")
        #expect(logins.judge(key.login(), at: at(299)).word == "accepted")
        #expect(logins.judge(key.login(), at: at(300)).word == "expired")
        #expect(verifications == 2)
    }

    @Test func `is one of its own bytes: a token of another signature, or another text, is not`() {
        files.put(key.set())
        let logins = logins()
        #expect(logins.judge(key.login()).word == "accepted")
        let other = TestKey(11).login()
        #expect(logins.judge(other).word == "signature")
        var parts = key.login().split(separator: ".").map { String($0) }
        parts[2] = String(other.split(separator: ".")[2])
        #expect(logins.judge(parts.joined(separator: ".")).word == "signature")
        #expect(logins.judge(key.login() + "=").word == "encoding")
    }

    @Test func `is verified again under another set, also under one that has its key`() {
        files.put(key.set())
        let logins = logins()
        #expect(logins.judge(key.login()).word == "accepted")
        files.put(#"{"keys":[\#(key.jwk(#""kid":"a""#))]}"#)
        #expect(logins.judge(key.login()).word == "accepted")
        #expect(verifications == 2)
        files.put(TestKey(11).set())
        #expect(logins.judge(key.login()).word == "signature")
        // Back again: what was remembered under the first set is not believed for that.
        files.put(key.set())
        #expect(logins.judge(key.login()).word == "accepted")
        #expect(verifications == 4 && hits == 0)
    }

    @Test func `is still one where the file is written again with the same set`() {
        files.put(key.set())
        let logins = logins()
        #expect(logins.judge(key.login()).word == "accepted")
        files.put(key.set(), modifiedAt: 5)
        #expect(logins.judge(key.login()).word == "accepted")
        #expect(verifications == 1 && hits == 1)
    }

    @Test func `is judged again by another configuration`() {
        files.put(key.set())
        let first = logins()
        let token = key.login(["client_id": #""x""#])
        #expect(first.judge(token).word == "accepted")
        let strict = JWTIssuer.sample { $0.refused = [.init(claim: path("client_id"), values: nil)] }
        #expect(logins(strict, predecessor: first).judge(token).word == "refused")
        #expect(first.judge(token).word == "accepted")
    }

    @Test func `that was refused is not remembered`() {
        files.put(key.set())
        let logins = logins()
        for _ in 0..<3 { #expect(logins.judge(key.login(["aud": #""x""#])).word == "audience") }
        #expect(verifications == 3 && hits == 0)
        // Before its time it is none, and then it is.
        let early = key.login(["nbf": "\(at(100).seconds)"])
        #expect(logins.judge(early).word == "notYetValid")
        #expect(logins.judge(early, at: at(40)).word == "accepted")
    }

    @Test func `of a claim that takes much memory is verified each time`() {
        files.put(key.set())
        let logins = logins()
        let rooms = "[\((0..<200).map { "\"room-\($0)\"" }.joined(separator: ","))]"
        for _ in 0..<3 { #expect(logins.judge(key.login(["rooms": rooms])).word == "accepted") }
        #expect(verifications == 3)
    }

    @Test func `is forgotten when many others were asked for since, and judged as before`() {
        files.put(key.set())
        let logins = logins()
        let first = key.login(["sub": #""first""#])
        let kept = key.login(["sub": #""kept""#])
        for token in [first, kept] { #expect(logins.judge(token).word == "accepted") }
        for number in 0..<17_000 {
            _ = logins.judge(key.login(["sub": "\(number)"]))
            if number % 4000 == 0 { #expect(logins.judge(kept).word == "accepted") }
        }
        let before = verifications
        #expect(logins.judge(kept).word == "accepted")
        #expect(verifications == before)
        #expect(logins.judge(first).word == "accepted")
        #expect(verifications == before + 1)
    }

    /// Any order of requests, replaced sets and passing seconds: what is answered is what verification alone would say.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `is never one under a set that does not have its key`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let keys = (20..<24).map { TestKey($0) }
        let tokens = keys.map { key in (0..<3).map { key.login(["sub": "\($0)"]) } }
        let logins = logins()
        var (current, seconds): (Int?, Int64) = (nil, 0)
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                let next = Int.random(in: 0..<4, using: &generator)
                files.put(keys[next].set(), changedAt: at(seconds).seconds)
                current = next
            case 1: files.put("garbage", changedAt: at(seconds).seconds)
            case 2: seconds += 1
            default:
                let (owner, one) = (Int.random(in: 0..<4, using: &generator), Int.random(in: 0..<3, using: &generator))
                let word = logins.judge(tokens[owner][one], at: at(seconds)).word
                let expected = current.map { $0 == owner ? "accepted" : "signature" } ?? "unavailable: missing"
                #expect(word == expected)
            }
            // Asked for after each step, so that each good set is seen.
            _ = logins.keySets(at: at(seconds))
        }
        #expect(hits > 0)
    }
}
