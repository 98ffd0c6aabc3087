import LiveKitToken
import StrictJSON
import TokenEndpoint

/// The log: one JSON object a line, `time`, `level` and `event` first.
struct Log: Sendable {
    enum Level: String {
        case info
        case warning
        case error
    }

    /// Where the requests are written down.
    let audit: LineSink
    /// Where everything else goes.
    let operations: LineSink

    /// Writes down what a request came to, before it is answered.
    ///
    /// - Throws: if the line was not written: then no token may leave.
    func write(_ event: AuditEvent, at time: WallClock.Time, micros: Int64) throws(LineSink.Failure) {
        let level: Level = event.isFault ? .error : .info
        try audit.write(line(event.name, level, at: time) { event.write(to: &$0, micros: micros) })
    }

    /// Says something to the operator.
    ///
    /// If nobody takes it, it is lost: the service goes on.
    func note(_ event: String, _ level: Level = .info, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        try? operations.write(line(event, level, at: WallClock.now, fields))
    }

    private func line(
        _ event: String,
        _ level: Level,
        at time: WallClock.Time,
        _ fields: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        JSONWriter.object {
            $0.member("time", time.rfc3339)
            $0.member("level", level.rawValue)
            $0.member("event", event)
            fields(&$0)
        }
    }
}
