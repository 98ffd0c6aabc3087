import Daemon
import JWTSessions
import RoomAccess
import StrictJSON

/// The observer of logins by token: it counts, tells the log, and asks for key sets.
struct LoginObserver: Sendable {
    let metrics: Metrics
    let log: Log
    /// The folder of the service's own below /run, where a fetch is asked for; `nil` if it has none, and none can be.
    let runtimeDirectory: String?

    /// The name of the file that asks for a fetch of all key sets: a path unit starts one where it finds it.
    static let wish = "key-sets-wanted"

    func observe(_ event: LoginEvent) {
        switch event {
        case .verified: metrics.tokensVerified.increase()
        case .remembered: metrics.tokensRemembered.increase()
        case .keySetRead(let file, let keys, let skipped):
            metrics.keySets.succeeded(file.path)
            log.operation("key_set.read") {
                $0.member("file", UTF8String(file.path))
                $0.member("keys", Int64(keys))
                if !skipped.isEmpty { $0.member("skipped", skipped.map { UTF8String($0) }) }
            }
        case .keySetRefused(let file, let problem, let isLastGoodKept):
            metrics.keySetFailures.increase()
            metrics.keySets.failed(file.path, problem)
            log.operation("key_set.refused", .error) {
                let outcome = isLastGoodKept ? "the set of before stays" : "no token of its issuer is a login"
                $0.member("message", UTF8String("\(file.path) \(problem): \(outcome)"))
            }
        case .fetchWanted(let file):
            metrics.fetchesWanted.increase()
            let failure = runtimeDirectory.flatMap { MarkerFile.make("\($0)/\(Self.wish)") }
            log.operation("key_set.wanted", failure == nil ? .info : .warning) {
                $0.member("file", UTF8String(file.path))
                if let failure { $0.member("message", UTF8String("\(Self.wish) cannot be written: \(failure)")) }
            }
        }
    }
}

extension LoginObserver {
    /// An observer of the service, whose runtime directory systemd names (RuntimeDirectory=).
    init(_ metrics: Metrics, _ log: Log) {
        // Of several, the first: systemd parts them by colons.
        let directories = Environment.value("RUNTIME_DIRECTORY")
        let first = directories?.split(separator: ":").first.map { String($0) }
        self.init(metrics: metrics, log: log, runtimeDirectory: first)
    }
}
