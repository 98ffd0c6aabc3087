import Daemon
import LiveKitToken

/// One request to a server on this machine, made by curl, and what came of it.
///
/// curl, because nginx speaks TLS, and this program does not. The time and the bytes are bounded.
struct Probe: Equatable {
    /// Seconds.
    private static let patience = 2
    /// In bytes, of an answer with its headers.
    private static let maximumLength = 65_536

    /// A JWT that no key has signed.
    static let madeUpToken: String = {
        let parts = [#"{"alg":"HS256","typ":"JWT"}"#, #"{"iss":"livekit-tokend-check","sub":"check"}"#]
        let encoded = parts.map { String(decoding: Base64URL.encode($0.utf8), as: UTF8.self) }
        return (encoded + [String(repeating: "A", count: 43)]).joined(separator: ".")
    }()

    /// What came of a request.
    enum Outcome: Equatable {
        case answered(Answer)
        /// No process listens there, or none takes the connection.
        case notConnected
        case silent
        /// An answer of more than the bytes that are read, or one that is no HTTP.
        case other
        /// curl cannot be run.
        case noCurl
    }

    /// An answer of HTTP.
    struct Answer: Equatable {
        let head: BackendAnswer
        let body: [UInt8]

        init?(_ bytes: [UInt8]) {
            guard let head = BackendAnswer(bytes) else { return nil }
            self.head = head
            body = Array(bytes.dropFirst(head.length))
        }

        var status: Int { head.status }

        /// Its first line, as far as a line of a finding has room for it.
        var words: String {
            let line = String(decoding: body.prefix(60), as: UTF8.self).prefix { !$0.isNewline }
            return line.isEmpty ? "\(status)" : "\(status) \"\(line)\(body.count > 60 ? "…" : "")\""
        }
    }

    /// An IP address, without brackets.
    let address: String
    let port: UInt16
    var isEncrypted = false
    var isBehindProxy = false
    /// The name of the host in the URL, for TLS and `Host`.
    var name = "localhost"
    var path = "/"
    /// Whether it is a POST of an empty JSON object.
    var isPost = false
    var hasToken = false

    /// The arguments of curl.
    var arguments: [String] {
        let host = address.contains(":") ? "[\(address)]" : address
        var words = [
            "--disable", "--globoff", "--silent", "--http1.1", "--path-as-is", "--insecure", "--noproxy", "*",
            "--connect-timeout", "1", "--max-time", "\(Self.patience)", "--include", "--user-agent",
            "livekit-tokend-check", "--connect-to", "::\(host):\(port)",
        ]
        if isBehindProxy { words.append("--haproxy-protocol") }
        // In the header: nginx's logs have the URI of every request.
        if hasToken { words += ["--header", "Authorization: Bearer \(Self.madeUpToken)"] }
        if isPost { words += ["--header", "Content-Type: application/json", "--data", "{}"] }
        return words + ["--url", "\(isEncrypted ? "https" : "http")://\(name):\(port)\(path)"]
    }

    /// Sends the request.
    func send() -> Outcome {
        do throws(ChildProcessError) {
            let outcome = try ChildProcess.run(
                Curl.path,
                arguments,
                variables: [],
                outputAtMost: Self.maximumLength,
                // curl looks at its clock now and then.
                within: Int64(Self.patience + 1) * 1000
            )
            return Self.outcome(outcome)
        } catch {
            return switch error {
            case .cannotStart: .noCurl
            case .writesTooMuch: .other
            case .takesTooLong: .silent
            }
        }
    }

    /// What a run of curl means, by its exit status (curl(1)).
    static func outcome(_ outcome: ChildProcess.Outcome) -> Outcome {
        switch outcome.end {
        case .exited(status: 0): Answer(outcome.output).map { .answered($0) } ?? .other
        case .exited(status: 7): .notConnected
        case .exited(status: 28): .silent
        case .exited, .killed: .other
        }
    }
}
