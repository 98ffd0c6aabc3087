import Configuration
import Daemon

// MARK: - Tokens in nginx's logs

extension Check {
    /// In bytes, of the newest part of a log.
    private static let newest = 262_144
    private static let maximumLogs = 100

    /// Warns of each log with a token in its newest part, of those that this process may read.
    mutating func checkLogs(_ configurations: [NginxConfiguration]) {
        let logs = configurations.flatMap(\.logs).prefix(Self.maximumLogs).filter { log in
            log.server.hasPrefix("/") && !log.server.contains("$")
        }
        for log in logs {
            let bytes = user.asRealUser { (try? ReadableFile(opening: log.server))?.lastBytes(atMost: Self.newest) }
            guard let bytes, Self.holdsToken(bytes) else { continue }
            add(
                .warning,
                "gate",
                "\(log.server) has access_token=eyJ…, tokens of clients (\(log.place)); log no query of LiveKit's "
                    + "paths there, as gate.conf does, and remove the log and its rotated ones once"
            )
        }
    }

    /// Whether a log has a token: in a query, where LiveKit's web clients send it.
    static func holdsToken(_ bytes: [UInt8]) -> Bool {
        let mark = Array("access_token=eyJ".utf8)
        guard bytes.count >= mark.count else { return false }
        return (0...bytes.count - mark.count).contains { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
    }
}
