import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Synchronization
import TestSupport

/// Files in memory, as many threads read and replace them.
final class StubFiles: KeySetFiles {
    private struct File {
        var bytes: [UInt8]
        var version: FileVersion
        var problem: String?
    }

    private let files = Mutex<[String: File]>([:])
    private let inode = Mutex<UInt64>(0)
    private let readings = Mutex(0)

    /// How often the content of a file was read.
    var reads: Int { readings.withLock(\.self) }

    /// Puts a file in the place of what is there, as rename(2) does.
    func put(_ text: String, at path: String = keySetPath, modifiedAt: Int64 = 0, changedAt: Int64 = 0) {
        let inode = inode.withLock {
            $0 += 1
            return $0
        }
        let bytes = Array(text.utf8)
        let version = FileVersion(
            modifiedAt: modifiedAt,
            changedAt: changedAt,
            size: Int64(bytes.count),
            inode: inode
        )
        files.withLock { $0[path] = File(bytes: bytes, version: version) }
    }

    /// Writes over the content, within the tick of the clock of the last change: no version shows it.
    func overwriteUnseen(_ text: String, at path: String = keySetPath) {
        files.withLock { $0[path]?.bytes = Array(text.utf8) }
    }

    /// Sets the time of modification, as utimensat(2) does.
    func touch(_ path: String = keySetPath, modifiedAt: Int64) {
        files.withLock { files in
            guard let old = files[path]?.version else { return }
            files[path]?.version = FileVersion(
                modifiedAt: modifiedAt,
                changedAt: old.changedAt,
                changedNanoseconds: old.changedNanoseconds + 1,
                size: old.size,
                inode: old.inode
            )
        }
    }

    func remove(_ path: String = keySetPath) {
        files.withLock { $0[path] = nil }
    }

    func spoil(_ path: String = keySetPath, _ problem: String?) {
        files.withLock { $0[path]?.problem = problem }
    }

    func version(ofFile path: String) -> FileVersion? {
        files.withLock { $0[path]?.version }
    }

    func contents(
        ofFile path: String,
        atMost maximumLength: Int
    ) throws(KeySetFileError) -> (bytes: [UInt8], version: FileVersion) {
        readings.withLock { $0 += 1 }
        guard let file = files.withLock({ $0[path] }) else { throw KeySetFileError("is missing") }
        if let problem = file.problem { throw KeySetFileError(problem) }
        guard file.bytes.count <= maximumLength else { throw KeySetFileError("has more than \(maximumLength) bytes") }
        return (file.bytes, file.version)
    }
}

/// The events of logins, in their order.
final class Events: Sendable {
    private let events = Mutex<[LoginEvent]>([])

    var all: [LoginEvent] { events.withLock(\.self) }
    var fetches: Int { count { if case .fetchWanted = $0 { true } else { false } } }
    var refusals: Int { count { if case .keySetRefused = $0 { true } else { false } } }
    var reads: Int { count { if case .keySetRead = $0 { true } else { false } } }

    func count(_ isCounted: (LoginEvent) -> Bool) -> Int { all.count(where: isCounted) }

    func add(_ event: LoginEvent) {
        events.withLock { $0.append(event) }
    }
}

let keySetPath = "/keys/main.json"
let issuerName: UTF8String = "https://id.example.test"

/// The time of the tests, and so many seconds after it.
func at(_ seconds: Int64 = 0) -> NumericDate { NumericDate.sample.advanced(by: seconds) }

func path(_ names: UTF8String...) -> ClaimPath {
    guard let path = ClaimPath(names) else { preconditionFailure("no path: \(names)") }
    return path
}

extension JWTIssuer {
    /// An issuer as most are: a key set in a file, which nothing fetches unless a test says so.
    static func sample(
        _ name: UTF8String? = issuerName,
        file: String = keySetPath,
        url: String? = nil,
        maximumAge: Int64 = 7 * 86_400,
        prefix: UTF8String = "",
        _ change: (inout JWTIssuer) -> Void = { _ in }
    ) -> JWTIssuer {
        var issuer = JWTIssuer(
            setting: "sessions.jwt",
            name: name,
            audience: .audience("livekit"),
            keys: .keySet(KeySetFile(path: file, url: url, maximumAge: maximumAge)),
            algorithms: everyAlgorithm,
            claims: Claims(user: path("sub"), name: path("name"), did: path("did"), session: path("sid")),
            prefix: prefix
        )
        change(&issuer)
        return issuer
    }
}

extension JWTLogins {
    convenience init(
        _ issuers: JWTIssuer...,
        place: JWTSettings.Place = .header,
        maximumLength: Int = 16_000,
        files: StubFiles,
        secrets: [SecretFile: HMACSecret] = [:],
        membership: ClaimPath? = nil,
        predecessor: JWTLogins? = nil,
        events: Events = Events()
    ) {
        self.init(
            JWTSettings(issuers: issuers, place: place, maximumLength: maximumLength),
            secrets: secrets,
            files: files,
            membership: membership,
            predecessor: predecessor,
            report: { events.add($0) }
        )
    }

    /// What becomes of a bearer.
    func judge(_ token: String, at now: NumericDate = at()) -> Verdict {
        do throws(SessionError) {
            guard let bearer = BearerToken(Array(token.utf8)[...], atMost: maximumBearerLength) else {
                return .noBearer
            }
            return .accepted(try login(for: Credential(.success(bearer)), at: now))
        } catch {
            switch error {
            case .invalid(.token(let refusal), let session): return .refused(refusal, session)
            case .keysUnavailable(let why): return .unavailable(why)
            default: return .other(error)
            }
        }
    }
}

/// What becomes of a bearer.
enum Verdict: Equatable {
    case accepted(Session)
    case refused(TokenRefusal, Session?)
    case unavailable(KeysUnavailable)
    case other(SessionError)
    case noBearer

    var session: Session? {
        guard case .accepted(let session) = self else { return nil }
        return session
    }

    /// One word: `accepted`, or the kind of the refusal.
    var word: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let refusal, _): "\(refusal.kind)"
        case .unavailable(let why): "unavailable: \(why.kind)"
        case .other(let error): "\(error)"
        case .noBearer: "no bearer"
        }
    }

    var problem: String {
        switch self {
        case .refused(let refusal, _): refusal.problem
        case .unavailable(let why): why.problem
        default: ""
        }
    }
}

/// A payload of raw values, in the order of names: what is needed, and what a test changes; `nil` leaves a claim out.
func payload(_ changes: [String: String?] = [:], at now: NumericDate = at()) -> String {
    var claims: [String: String] = [
        "iss": "\"\(issuerName)\"", "aud": "\"livekit\"", "sub": "\"ada\"", "exp": "\(now.seconds + 300)",
        "iat": "\(now.seconds)",
    ]
    for (name, value) in changes { claims[name] = value }
    return "{\(claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
}

extension TestKey {
    /// A token with these claims, by this key.
    func login(_ changes: [String: String?] = [:], kid: String? = nil, at now: NumericDate = at()) -> String {
        let header = kid.map { #"{"alg":"EdDSA","kid":"\#($0)"}"# } ?? #"{"alg":"EdDSA"}"#
        return token(header, payload(changes, at: now))
    }

    /// The set of this key alone.
    func set(kid: String? = nil) -> String {
        #"{"keys":[\#(jwk(kid.map { #""kid":"\#($0)""# } ?? ""))]}"#
    }
}
