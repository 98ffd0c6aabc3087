import Daemon
import Glibc
import JWTSessions
import RoomAccess

/// The key set of an issuer, which is fetched from a URL into the file that the service reads.
struct KeySetSource {
    /// What a fetch has come to.
    enum Outcome: Equatable {
        /// The file has the very set, and its time says so.
        case confirmed
        /// The file has a new set, of as many keys.
        case replaced(keys: Int)
    }

    /// The issuer, for messages.
    let issuer: String
    /// With the scheme https.
    let url: String
    /// An absolute path.
    let file: String
    /// The algorithms that the configuration allows to the issuer.
    let algorithms: Set<SignatureAlgorithm>

    /// Fetches the set, judges it as the service will, and then puts it in the file's place; all else leaves the file
    /// as it is.
    ///
    /// The time of the file becomes that at which the fetch began: every key that was published before then is in it.
    ///
    /// - Parameters:
    ///   - second: a second that is over when the fetch begins. The service has in whole seconds when a token named a
    ///     key that no set has: of a fetch in that very second it could not tell whether it began before or after.
    ///   - fetch: gets the body of a URL, of at most so many bytes.
    /// - Throws: one line that says what is wrong, where, and what to do.
    func fetch(
        after second: Int64,
        by fetch: (String, Int) throws(Curl.Problem) -> [UInt8]
    ) throws(Curl.Problem) -> Outcome {
        let lock = "\(WholeFile.parts(of: file).folder)/.fetch.lock"
        let result: Result<Outcome, Curl.Problem>
        WallClock.waitForEnd(ofSecond: second)
        do throws(FileChangeError) {
            // Of two that are under way at once, the one that began first might end last, with the older set.
            result = try FileLock.held(lock) { Result { () throws(Curl.Problem) in try fetchAlone(by: fetch) } }
        } catch {
            throw Curl.Problem("\(lock): \(advice(error))")
        }
        return try result.get()
    }

    private func fetchAlone(
        by fetch: (String, Int) throws(Curl.Problem) -> [UInt8]
    ) throws(Curl.Problem) -> Outcome {
        let beganAt = WallClock.now
        let (body, set): ([UInt8], JSONWebKeySet)
        do throws(Curl.Problem) {
            body = try fetch(url, JSONWebKeySet.maximumLength)
            set = try judge(body)
        } catch {
            let rest = FileStatus(file) == nil ? "there is no \(file) yet" : "\(file) stays as it was"
            throw Curl.Problem("\(url) \(error.words); \(rest)")
        }
        do throws(FileChangeError) {
            if isConfirmed(by: body, at: beganAt) { return .confirmed }
            try WholeFile.replace(file, with: body, permissions: Self.permissions, modifiedAt: beganAt)
            return .replaced(keys: set.keys.count)
        } catch {
            throw Curl.Problem("\(file): \(advice(error))")
        }
    }

    private func judge(_ body: [UInt8]) throws(Curl.Problem) -> JSONWebKeySet {
        do throws(KeySetError) {
            return try JSONWebKeySet(parsing: body, for: algorithms)
        } catch {
            throw Curl.Problem("gives a set that is refused: \(error.problem)")
        }
    }

    /// A mode with which the service can read the set, which holds no secret, and the owner alone can write it.
    private static let permissions: UInt32 = 0o644

    /// Whether the file has the very bytes, and says so by its time from now on.
    ///
    /// A file of another user's, whose time cannot be set, is to be replaced.
    private func isConfirmed(by body: [UInt8], at time: WallClock.Time) -> Bool {
        guard let old = try? ReadableFile(opening: file), old.status.permissions == Self.permissions,
            let content = try? old.contents(atMost: body.count), content == body
        else { return false }
        return (try? WholeFile.setModificationTime(of: file, to: time)) != nil
    }

    private func advice(_ error: FileChangeError) -> String {
        let folder = WholeFile.parts(of: file).folder
        let cure: String =
            switch error.code {
            case ENOENT, ENOTDIR: "make the folder \(folder), owned by the user of this command"
            case EACCES, EPERM: "run this as the owner of \(folder): systemctl start livekit-tokend-keys"
            case EROFS: "name a file in /var/lib/livekit-tokend-keys, or add the folder to the unit's ReadWritePaths="
            default: "see to its disk"
            }
        return "cannot be written: \(error); \(cure)"
    }
}
