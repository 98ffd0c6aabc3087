import Configuration
import Daemon
import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization
import Testing

@testable import livekit_tokend

/// A set of one key of RFC 7517, Appendix A.1, and one of RFC 8037, Appendix A.2.
private enum Sample {
    static let ec =
        #"{"kty":"EC","crv":"P-256","kid":"1","use":"sig","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","#
        + #""y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#
    static let ed = #"{"kty":"OKP","crv":"Ed25519","kid":"2","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    static func set(_ keys: String...) -> [UInt8] {
        Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }
}

/// A fetch with its file, and what curl would bring.
@Suite struct `A fetch of a key set` {
    private let folder: String
    private var file: String { folder + "/main.json" }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "keyset-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        folder = url.path
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func source(algorithms: Set<SignatureAlgorithm> = [.es256, .edDSA]) -> KeySetSource {
        KeySetSource(
            issuer: "https://id.example.com",
            url: "https://id.example.com/keys",
            file: file,
            algorithms: algorithms
        )
    }

    private func fetch(_ bytes: [UInt8]) throws(Curl.Problem) -> KeySetSource.Outcome {
        try source().fetch(after: 0) { _, _ throws(Curl.Problem) in bytes }
    }

    private func content() -> [UInt8]? { FileManager.default.contents(atPath: file).map { Array($0) } }

    /// Makes the file look as if it had been confirmed a day ago.
    private func age() throws {
        let time = WallClock.Time(seconds: WallClock.now.seconds - 86_400, milliseconds: 0)
        try WholeFile.setModificationTime(of: file, to: time)
    }

    @Test func `writes the very bytes, for all to read, and says how many keys verify`() throws {
        defer { remove() }
        let set = Sample.set(Sample.ec, Sample.ed, #"{"kty":"AKP","kid":"3"}"#)
        #expect(try fetch(set) == .replaced(keys: 2))
        #expect(content() == set)
        #expect(FileStatus(file)?.permissions == 0o644)
        #expect(Set(FolderContents.names(in: folder)) == ["main.json", ".fetch.lock"])
    }

    @Test func `of an unchanged set changes the time and not the file`() throws {
        defer { remove() }
        _ = try fetch(Sample.set(Sample.ec))
        try age()
        let reader = try ReadableFile(opening: file)
        #expect(try fetch(Sample.set(Sample.ec)) == .confirmed)
        #expect(try #require(FileStatus(file)).modifiedAt > reader.status.modifiedAt)
        // The very file: a reader that has it open sees the time.
        let inode = { try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int }
        let before = try inode()
        #expect(try fetch(Sample.set(Sample.ec)) == .confirmed)
        #expect(try inode() == before)
        #expect(try fetch(Sample.set(Sample.ed)) == .replaced(keys: 1))
        #expect(try inode() != before)
    }

    @Test func `of an unchanged set mends a mode with which the service could not read it`() throws {
        defer { remove() }
        _ = try fetch(Sample.set(Sample.ec))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(try fetch(Sample.set(Sample.ec)) == .replaced(keys: 1))
        #expect(FileStatus(file)?.permissions == 0o644)
    }

    /// A key that was published while the fetch was under way may be missing in it.
    @Test func `has the time of its beginning`() throws {
        defer { remove() }
        for set in [Sample.set(Sample.ec), Sample.set(Sample.ec), Sample.set(Sample.ed)] {
            var began: Int64 = 0
            _ = try source().fetch(after: 0) { _, _ throws(Curl.Problem) in
                began = WallClock.now.seconds
                while WallClock.now.seconds == began { usleep(10_000) }
                return set
            }
            #expect(try #require(FileStatus(file)).modifiedAt <= began)
        }
    }

    /// The service judges by whole seconds, and a fetch that a token has asked for mostly starts in the very one: had
    /// it begun there too, the next would be 15 s later, and clients would hear 503 for that long.
    @Test func `that a token has asked for is the last that its key waits for`() throws {
        defer { remove() }
        _ = try fetch(Sample.set(Sample.ec))
        try age()
        let wishes = Mutex(0)
        let logins = JWTLogins(
            JWTSettings(
                issuers: [
                    JWTIssuer(
                        setting: "sessions.jwt",
                        name: "https://id.example.com",
                        audience: .audience("livekit"),
                        keys: .keySet(KeySetFile(path: file, url: source().url, maximumAge: 604_800)),
                        algorithms: [.es256],
                        claims: Defaults.tokenClaims
                    )
                ],
                place: .header,
                maximumLength: Defaults.tokenLength
            ),
            secrets: [:],
            files: LinuxKeySetFiles(),
            membership: nil,
            report: { if case .fetchWanted = $0 { wishes.withLock { $0 += 1 } } }
        )
        let header = Base64URL.encode(Array(#"{"alg":"ES256","kid":"new"}"#.utf8))
        let bearer = try #require(BearerToken((header + Array(".e30.AAAA".utf8))[...]))
        func judge() throws -> SessionError {
            try #require(throws: SessionError.self) {
                try logins.login(for: Credential(.success(bearer)), at: WallClock.now.date)
            }
        }
        guard case .keysUnavailable(let why) = try judge(), why.kind == .pending else {
            Issue.record("no fetch is waited for")
            return
        }
        let second = WallClock.now.seconds
        let outcome = try source().fetch(after: second) { _, _ throws(Curl.Problem) in Sample.set(Sample.ec) }
        #expect(outcome == .confirmed)
        #expect(try #require(FileStatus(file)).modifiedAt > second)
        guard case .invalid(.token(let refusal), _) = try judge(), refusal.kind == .keyIDUnknown else {
            Issue.record("the fetch has not decided")
            return
        }
        #expect(wishes.withLock(\.self) == 1)
    }

    @Test func `asks for no more than a set may have`() throws {
        defer { remove() }
        var asked: [String] = []
        _ = try? source().fetch(after: 0) { url, length throws(Curl.Problem) in
            asked.append("\(length) of \(url)")
            throw Curl.Problem("is not asked")
        }
        #expect(asked == ["65536 of https://id.example.com/keys"])
    }

    /// What an answer is, and what is said of it.
    static let refused: [(answer: String, words: String)] = [
        ("", "is not JSON"),
        ("<html><body>Sign in</body></html>", "is not JSON"),
        ("[]", "is not a key set"),
        (#"{"keys":{}}"#, "is not a key set"),
        (#"{"keys":[]}"#, "\"keys\" is empty"),
        (#"{"keys":[\#(Sample.ec)],"keys":[]}"#, "is not JSON"),
        (#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#, "a private key was published"),
        (Sample.ec.replacing("\"use\"", with: "\"d\":\"eA\",\"use\"").inSet, "a private key was published"),
        (#"{"keys":[{"kty":"AKP","kid":"3"}]}"#, "no key that verifies"),
        (Sample.ed.replacing("\"2\"", with: "\"1\"").inSet + " x", "is not JSON"),
        (String(repeating: " ", count: 65_536) + Sample.ec.inSet, "of at most 65536"),
    ]

    @Test(arguments: refused) func `that brings no set keeps the old one and its time`(
        answer: String,
        words: String
    ) throws {
        defer { remove() }
        _ = try fetch(Sample.set(Sample.ec))
        try age()
        let before = FileStatus(file)
        let error = #expect(throws: Curl.Problem.self) { try fetch(Array(answer.utf8)) }
        let said = try #require(error?.words)
        #expect(said.hasPrefix("https://id.example.com/keys gives a set that is refused: "))
        #expect(said.contains(words) && said.hasSuffix("; \(file) stays as it was"))
        #expect(content() == Sample.set(Sample.ec) && FileStatus(file) == before)
    }

    /// RFC 8725 §3.1: what the configuration does not allow is no key of ours.
    @Test func `judges by the algorithms of the configuration`() throws {
        defer { remove() }
        let error = #expect(throws: Curl.Problem.self) {
            try source(algorithms: [.rs256]).fetch(after: 0) { _, _ throws(Curl.Problem) in Sample.set(Sample.ec) }
        }
        #expect(error?.words.contains("no key that verifies") == true)
        #expect(error?.words.hasSuffix("; there is no \(file) yet") == true)
        #expect(content() == nil)
    }

    @Test func `into a folder that is not there says which to make`() throws {
        remove()
        let error = #expect(throws: Curl.Problem.self) { try fetch(Sample.set(Sample.ec)) }
        #expect(error?.words.contains("make the folder \(folder), ") == true)
    }

    @Test func `of two at once is the later one's, whichever ends first`() throws {
        defer { remove() }
        let bytes = [Sample.set(Sample.ec), Sample.set(Sample.ed)]
        let hasBegun = DispatchSemaphore(value: 0)
        let source = source()
        let first = Thread {
            _ = try? source.fetch(after: 0) { _, _ throws(Curl.Problem) in
                hasBegun.signal()
                usleep(300_000)
                return bytes[0]
            }
        }
        first.start()
        hasBegun.wait()
        #expect(try fetch(bytes[1]) == .replaced(keys: 1))
        while !first.isFinished { usleep(10_000) }
        #expect(content() == bytes[1])
    }
}

extension String {
    fileprivate var inSet: String { #"{"keys":[\#(self)]}"# }
}

@Suite struct `What curl says` {
    private func problem(_ end: ChildProcess.Outcome.End, _ errors: String) -> String? {
        do throws(Curl.Problem) {
            _ = try Curl.body(of: .init(end, output: [1], errors: Array(errors.utf8)), atMost: 65_536)
            return nil
        } catch {
            return error.words
        }
    }

    @Test func `with status 200 is the body`() throws {
        #expect(try Curl.body(of: .init(.exited(status: 0), output: [1], errors: Array("200 ".utf8)), atMost: 9) == [1])
    }

    @Test(arguments: [
        ("204 ", "answers with status 204, not 200"),
        ("304 ", "answers with status 304, not 200"),
        ("", "answers with status 000, not 200"),
        (
            "302 https://elsewhere.example/keys",
            "answers with a redirect to https://elsewhere.example/keys, which is not followed; set key_set_url to what "
                + "answers 200"
        ),
    ])
    func `with another status is none`(errors: String, words: String) {
        #expect(problem(.exited(status: 0), errors) == words)
    }

    @Test(arguments: [
        (Int32(6), "curl: (6) Could not resolve: x\n000 ", "cannot be fetched: curl: (6) Could not resolve: x"),
        (22, "curl: (22) The error: 404\n404 ", "cannot be fetched: curl: (22) The error: 404"),
        (63, "curl: (63) Maximum file size exceeded\n200 ", "answers with more than 65536 bytes"),
        (2, "", "cannot be fetched: curl ended with 2"),
    ])
    func `as it fails is one line`(status: Int32, errors: String, words: String) {
        #expect(problem(.exited(status: status), errors) == words)
    }

    /// curl adds lines of advice.
    @Test func `of a certificate that nobody here knows comes with what to do`() {
        let words = problem(
            .exited(status: 60),
            "curl: (60) SSL certificate problem: self-signed certificate\nMore details here: https://curl.se\n\n000 "
        )
        #expect(
            words
                == "cannot be fetched: curl: (60) SSL certificate problem: self-signed certificate; give the machine "
                + "its CA (update-ca-certificates), or the unit CURL_CA_BUNDLE"
        )
    }

    @Test func `where a signal ends it is which`() {
        #expect(problem(.killed(signal: 9), "") == "cannot be fetched: signal 9 ended curl")
    }

    @Test func `it is told: https alone, no redirect, no file of its own, 64 KiB and 10 seconds`() {
        let arguments = Curl.arguments(url: "https://[::1]/{a,b}", atMost: 65_536)
        // Anywhere else a .curlrc would have been read.
        #expect(arguments.first == "--disable")
        #expect(arguments.suffix(2) == ["--url", "https://[::1]/{a,b}"])
        for pair in [
            ["--proto", "=https"], ["--max-redirs", "0"], ["--max-filesize", "65536"], ["--max-time", "10"],
        ] {
            #expect(arguments.contains(pair))
        }
        #expect(arguments.contains("--globoff") && !arguments.contains("--location"))
    }

    @Test func `it hears of the environment proxies and certificates alone`() {
        #expect(Curl.variables.allSatisfy { !$0.contains("LIVEKIT") && !$0.hasPrefix("LD_") && $0 != "SSLKEYLOGFILE" })
    }
}
