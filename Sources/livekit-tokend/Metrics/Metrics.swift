import Daemon
import FastCGI
import Synchronization
import TokenEndpoint

/// The metrics of the service since its start, counted by many threads at once and without a lock.
///
/// A metric has its place here: its counter, the event that counts, its name and its help.
final class Metrics: Sendable {
    /// Requests for a token by the status of the answer; all are there from the start, because Prometheus takes a
    /// counter that begins at 1 for one that has not risen.
    let requests = Dictionary(uniqueKeysWithValues: HTTPResponse.titles.keys.map { ($0, Counter()) })
    /// Answers without a token by their reason.
    let refusals = Dictionary(uniqueKeysWithValues: Reason.allCases.map { ($0, Counter()) })
    let tokens = Counter()
    let joins = JoinMetrics()
    let identities = IdentityMetrics()
    let requestTime = Histogram()
    let directoryTime = Histogram()
    let directory = HealthFlag()
    let directoryFailures = Counter()
    let audit = HealthFlag()
    let auditFailures = Counter()
    /// Of the configuration: whether the latest reload was refused, and why.
    let reload = HealthFlag()
    let tokensVerified = Counter()
    let tokensRemembered = Counter()
    let keySets = KeySetHealth()
    let keySetFailures = Counter()
    let fetchesWanted = Counter()
    let peersRefused = Counter()
    let acceptFailures = Counter()
    let brokenRequests = Counter()
    let deadlinesPassed = Counter()

    /// Counts the outcome of a request, the status of its answer, and the nanoseconds that it took.
    func count(_ event: AuditEvent, status: Int, took time: Int64) {
        requestTime.observe(time)
        requests[status]?.increase()
        switch event.result {
        case .issued: tokens.increase()
        case .refused(let refusal, _): refusals[refusal.reason]?.increase()
        }
    }

    /// Counts an event of the responder.
    func count(_ event: Responder.Event) {
        switch event {
        case .peerRefused: peersRefused.increase()
        case .acceptFailed: acceptFailures.increase()
        case .requestBroken: brokenRequests.increase()
        case .deadlinePassed: deadlinesPassed.increase()
        }
    }

    /// The state of the service, in a line for a person.
    func status(connections: Int) -> String {
        let refused = refusals.values.reduce(0) { $0 + $1.value }
        var figures =
            "\(counted(connections, "connection")), \(counted(tokens.value, "token")), "
            + counted(refused, "refusal")
        let joins = joins.totals
        if joins.admitted + joins.refused > 0 {
            figures += ", \(counted(joins.admitted, "join")), \(counted(joins.refused, "refused join"))"
        }
        if let failure = directory.failure ?? audit.failure { return "Failing: \(failure) (\(figures))" }
        if let problem = keySets.failure { return "Serving, with a key set of before: \(problem) (\(figures))" }
        if let refusal = reload.failure { return "Serving as before, the reload was refused: \(refusal) (\(figures))" }
        return "Serving: \(figures)"
    }
}

/// Which key sets are refused, and why.
final class KeySetHealth: Sendable {
    private let problems = Mutex<[String: String]>([:])

    /// The file of one that is refused, and why; `nil` if none is.
    var failure: String? {
        problems.withLock { $0.min { $0.key < $1.key }.map { "\($0.key) \($0.value)" } }
    }

    func succeeded(_ path: String) {
        problems.withLock { $0[path] = nil }
    }

    /// Forgets all, as another configuration may have others.
    func clear() {
        problems.withLock { $0 = [:] }
    }

    func failed(_ path: String, _ problem: String) {
        problems.withLock { $0[path] = problem }
    }
}

// MARK: - The page

extension Metrics {
    /// Writes all of them onto a page.
    func write(to page: inout PrometheusText) {
        writeTraffic(to: &page)
        writeTokens(to: &page)
        writeFaults(to: &page)
    }

    private func writeTraffic(to page: inout PrometheusText) {
        page.counters(
            "livekit_tokend_requests_total",
            by: "code",
            requests.sorted { $0.key < $1.key }.map { (String($0.key), $0.value.value) },
            help: "Requests for a token, by the HTTP status of the answer."
        )
        page.counter("livekit_tokend_tokens_issued_total", tokens.value, help: "Tokens issued.")
        page.counters(
            "livekit_tokend_refusals_total",
            by: "reason",
            refusals.map { ($0.key.rawValue, $0.value.value) }.sorted { $0.0 < $1.0 },
            help: "Requests refused, by the reason that the log gives."
        )
        page.histogram(
            "livekit_tokend_request_duration_seconds",
            requestTime,
            help: "Time from the first byte of a request for a token to its answer, the line in the log included."
        )
        page.histogram(
            "livekit_tokend_directory_duration_seconds",
            directoryTime,
            help: "Time of a look-up in the directory; a token takes three look-ups."
        )
    }

    private func writeTokens(to page: inout PrometheusText) {
        page.counter(
            "livekit_tokend_login_tokens_verified_total",
            tokensVerified.value,
            help: "Tokens of issuers whose signatures were verified, or found invalid."
        )
        page.counter(
            "livekit_tokend_login_tokens_remembered_total",
            tokensRemembered.value,
            help: "Tokens of issuers that were known from before, so that nothing was verified."
        )
        page.counter(
            "livekit_tokend_key_set_failures_total",
            keySetFailures.value,
            help: "Key sets that were refused, or could not be read."
        )
        page.counter(
            "livekit_tokend_key_set_fetches_wanted_total",
            fetchesWanted.value,
            help: "Fetches of key sets that were asked for, since a token named a key that no set had."
        )
    }

    private func writeFaults(to page: inout PrometheusText) {
        page.counter(
            "livekit_tokend_directory_failures_total",
            directoryFailures.value,
            help: "Look-ups that the directory did not answer."
        )
        page.counter(
            "livekit_tokend_audit_failures_total",
            auditFailures.value,
            help: "Audit lines that could not be written; their tokens were not issued."
        )
        page.counter(
            "livekit_tokend_peers_refused_total",
            peersRefused.value,
            help: "Connections refused because the user of the process is not in peers."
        )
        page.counter(
            "livekit_tokend_accept_failures_total",
            acceptFailures.value,
            help: "Connections that could not be accepted for lack of descriptors or memory."
        )
        page.counter(
            "livekit_tokend_requests_broken_total",
            brokenRequests.value,
            help: "Requests that were not FastCGI, or broke off."
        )
        page.counter(
            "livekit_tokend_request_timeouts_total",
            deadlinesPassed.value,
            help: "Requests that were cut off at their deadline."
        )
    }
}
