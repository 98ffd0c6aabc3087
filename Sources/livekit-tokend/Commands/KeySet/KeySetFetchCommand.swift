import CommandLineInterface
import Configuration
import Daemon
import RoomAccess

/// `keyset fetch`: the one command that asks the network, in a process that has no key of LiveKit's.
struct KeySetFetchCommand: Command {
    static let name = "fetch"
    static let abstract = "Fetch the key sets that sessions.jwt names by URL."
    static let discussion = """
        For each entry of `sessions.jwt` that has a `key_set_url`, curl fetches the set (https alone, no redirect, at \
        most 64 KiB, within 10 seconds). A set that the service would take replaces `key_set_file` as a whole; the \
        time of the file is that at which the fetch began. Any other answer leaves the file as it was. Without a \
        `key_set_url` there is nothing to do.

        livekit-tokend-keys.timer runs it every five minutes, as a user that may not read the LiveKit key. Root runs \
        it as the owner of the folder that the files are in. curl gets of the environment the variables for proxies \
        (https_proxy, all_proxy, no_proxy) and for certificates (CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR), and no \
        other.

        Prints a line for each set that is new; on a terminal also for one that is up to date, and where there is \
        nothing to fetch. Exit status 0: all sets are confirmed or replaced. 69: one at least is not, and a line for \
        each such says why.
        """
    static let examples = ["systemctl start livekit-tokend-keys", "livekit-tokend keyset fetch --config ./config.yaml"]

    let configuration: ConfigurationOption

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
    }

    func run() throws {
        // What asked for this has happened by now.
        let second = WallClock.now.seconds
        let settings = try configuration.load()
        let sources = settings.keySetSources
        if sources.isEmpty, Terminal.isOutput {
            try Output.value("nothing to fetch: \(Self.reason(settings))".harmless)
        }
        try EffectiveUser.becomeOwner(of: sources.map { WholeFile.parts(of: $0.file).folder })
        var isComplete = true
        for source in sources {
            let outcome: KeySetSource.Outcome
            do throws(Curl.Problem) {
                outcome = try source.fetch(after: second, by: Curl.body)
            } catch {
                isComplete = false
                report("\(source.issuer): \(error.words)".harmless)
                continue
            }
            switch outcome {
            case .replaced(let keys):
                let words = keys == 1 ? "1 key" : "\(keys) keys"
                try Output.value("\(source.issuer): \(words) in \(source.file)".harmless)
            case .confirmed where Terminal.isOutput:
                try Output.value("\(source.issuer): \(source.file) is up to date".harmless)
            case .confirmed: break
            }
        }
        guard isComplete else { throw ReportedFailure(status: .unavailable) }
    }

    /// Why there is no URL, and which setting would name one.
    private static func reason(_ settings: Settings) -> String {
        guard let jwt = settings.sessions.jwt else {
            return "sessions.source is \(settings.sessions.source.rawValue); with jwt, key_set_url of sessions.jwt "
                + "names the URL of an issuer's key set"
        }
        let files = jwt.issuers.map { issuer in
            switch issuer.keys {
            case .keySet(let file): "\(file.path) is kept by hand"
            case .secret: "\(issuer.setting).secret_file is no key set"
            }
        }
        return "no issuer has a key_set_url in sessions.jwt, so that \(Listing.text(files))"
    }
}
