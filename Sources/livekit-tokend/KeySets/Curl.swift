import Daemon

/// curl(1), which fetches key sets: this program itself speaks to no network.
enum Curl {
    /// The file of Debian's package.
    static let path = "/usr/bin/curl"

    /// The time that one fetch may take, in seconds.
    private static let patience = 10

    /// The arguments for a fetch.
    ///
    /// The first keeps a `.curlrc` out, `--globoff` lets brackets and braces of a URL stand for themselves, and
    /// `--write-out` says the status after all that curl says itself. curl learns the length of an answer late; whoever
    /// reads it bounds it too.
    static func arguments(url: String, atMost maximumLength: Int) -> [String] {
        [
            "--disable", "--globoff", "--proto", "=https", "--tlsv1.2", "--max-redirs", "0", "--max-filesize",
            "\(maximumLength)", "--max-time", "\(patience)", "--silent", "--show-error", "--fail", "--user-agent",
            "livekit-tokend", "--write-out", "%{stderr}%{http_code} %{redirect_url}", "--url", url,
        ]
    }

    /// The variables of this process that curl gets: proxies, and certificates of one's own.
    ///
    /// Others load a library, write TLS keys down or hold a secret of LiveKit's.
    static let variables = [
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "CURL_CA_BUNDLE",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// The body of the answer 200 of a URL.
    ///
    /// - Throws: a predicate whose subject is the URL.
    static func body(of url: String, atMost maximumLength: Int) throws(Problem) -> [UInt8] {
        let outcome: ChildProcess.Outcome
        do throws(ChildProcessError) {
            outcome = try ChildProcess.run(
                path,
                arguments(url: url, atMost: maximumLength),
                variables: variables.compactMap { name in Environment.value(name).map { (name, $0) } },
                outputAtMost: maximumLength,
                // curl looks at its clock now and then.
                within: Int64(patience + 2) * 1000
            )
        } catch {
            switch error {
            case .cannotStart: throw Problem("cannot be fetched, because \(path) \(error); apt install curl")
            case .writesTooMuch: throw Problem(tooLong: maximumLength)
            case .takesTooLong: throw Problem("does not answer within \(patience) seconds")
            }
        }
        return try body(of: outcome, atMost: maximumLength)
    }

    /// The body that curl has written.
    static func body(of outcome: ChildProcess.Outcome, atMost maximumLength: Int) throws(Problem) -> [UInt8] {
        let said = String(decoding: outcome.errors, as: UTF8.self)
        guard outcome.end == .exited(status: 0) else {
            switch outcome.end {
            case .exited(status: 63): throw Problem(tooLong: maximumLength)
            case .exited(status: 60):
                throw Problem(
                    "cannot be fetched: \(complaint(in: said)); give the machine its CA (update-ca-certificates), or "
                        + "the unit CURL_CA_BUNDLE"
                )
            case .exited(let status): throw Problem("cannot be fetched: \(complaint(in: said, status))")
            case .killed(let signal): throw Problem("cannot be fetched: signal \(signal) ended curl")
            }
        }
        let words = said.split(separator: " ", maxSplits: 1)
        guard words.first != "200" else { return outcome.output }
        guard words.count == 2 else { throw Problem("answers with status \(words.first ?? "000"), not 200") }
        throw Problem(
            "answers with a redirect to \(words[1]), which is not followed; set key_set_url to what answers 200"
        )
    }

    /// The first line of curl's own.
    private static func complaint(in said: String, _ status: Int32 = 0) -> String {
        let line = said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("curl: ") }
        return line.map { String($0) } ?? "curl ended with \(status)"
    }

    /// What is wrong with an answer, as a predicate whose subject is its URL.
    struct Problem: Error, Equatable {
        let words: String

        init(_ words: String) { self.words = words }

        init(tooLong maximumLength: Int) { self.init("answers with more than \(maximumLength) bytes") }
    }
}
