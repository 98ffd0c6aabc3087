import FastCGI
import Glibc
import StrictJSON

/// What a running service says of its configuration to a process that may connect: `check` holds it against the file,
/// and `reload` waits for the next.
struct ConfigurationReport: Equatable {
    /// The absolute path of the file.
    let path: String
    /// The checksum of the file that the service works with.
    let checksum: String?
    /// When the key file in use was last changed, in seconds since 1970; `nil` if the key does not come from a file.
    let keyChangedAt: Int64?
    /// Whether that file is a credential of systemd, which passes on a copy at the start.
    let isKeyCredential: Bool
    /// The keys whose values in that file take a restart.
    let keysForRestart: [String]
    /// Why the latest reload was refused; `nil` if it was not.
    let refusal: String?
    /// How many reloads have ended, taken over or refused; `nil` if the service is older than this number.
    let reloads: Int64?
    /// How many reloads have begun; `nil` if the service is older than this number.
    let reloadsBegun: Int64?
    /// The number of the service's process, as it sees it itself; `nil` if the service is older than this member.
    let process: Int64?

    /// The report as JSON.
    var bytes: [UInt8] {
        JSONWriter.object {
            $0.member("path", UTF8String(path))
            $0.member(ifPresent: "checksum", checksum.map { UTF8String($0) })
            if let keyChangedAt { $0.member("keyChangedAt", keyChangedAt) }
            $0.member("isKeyCredential", isKeyCredential)
            $0.member("keysForRestart", keysForRestart.map { UTF8String($0) })
            $0.member(ifPresent: "refusal", refusal.map { UTF8String($0) })
            if let reloads { $0.member("reloads", reloads) }
            if let reloadsBegun { $0.member("reloadsBegun", reloadsBegun) }
            if let process { $0.member("process", process) }
        }
    }
}

extension ConfigurationReport {
    /// Reads a report; `nil` if the bytes are none, as an older service answers.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes), let path = json["path"]?.text,
            case .array(let keys) = json["keysForRestart"]
        else { return nil }
        self.init(
            path: path.description,
            checksum: json["checksum"]?.text?.description,
            keyChangedAt: json["keyChangedAt"]?.integer,
            isKeyCredential: json["isKeyCredential"] == .bool(true),
            keysForRestart: keys.compactMap { $0.text?.description },
            refusal: json["refusal"]?.text?.description,
            reloads: json["reloads"]?.integer,
            reloadsBegun: json["reloadsBegun"]?.integer,
            process: json["process"]?.integer
        )
    }

    /// Asks the service at a path, for up to three seconds.
    ///
    /// - Returns: what it says; `nil` if it says nothing in that time, or no report.
    /// - Throws: if the connection fails.
    static func ofService(at path: String) throws(SystemError) -> ConfigurationReport? {
        let request = try LoopbackRequest(connectingTo: path)
        for _ in 0..<300 {
            switch request.progress() {
            case .finished: return ConfigurationReport(request.body)
            case .failed: return nil
            case .waiting: usleep(10_000)
            }
        }
        return nil
    }
}
