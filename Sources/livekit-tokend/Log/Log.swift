import Daemon
import JoinGate
import StrictJSON
import TokenEndpoint

/// The log: audit events, and what the operator of the service should know.
struct Log: Sendable {
    /// The audit log, with a line for each request.
    let audit: LineSink
    /// The operations log, with all other events.
    let operations: LineSink

    /// Writes an audit event, before the request is answered.
    ///
    /// - Throws: if the line was not written: then no token may leave.
    func write(_ event: AuditEvent, status: Int, at time: WallClock.Time, micros: Int64) throws(LineSink.Failure) {
        let level: LogLine.Level = event.isFault ? .error : .info
        try audit.write(
            LogLine.bytes(event.name, level, at: time.rfc3339) { event.write(to: &$0, status: status, micros: micros) }
        )
    }

    /// Writes a decision of the gate, before nginx has it.
    ///
    /// - Throws: if the line was not written: then nobody may enter.
    func write(_ event: JoinEvent, status: Int, at time: WallClock.Time, micros: Int64) throws(LineSink.Failure) {
        let level: LogLine.Level = event.isFault ? .error : .info
        try audit.write(
            LogLine.bytes(event.name, level, at: time.rfc3339) { event.write(to: &$0, status: status, micros: micros) }
        )
    }

    /// Writes an event of operations.
    ///
    /// A line that cannot be written is lost: the service goes on.
    func operation(
        _ event: String,
        _ level: LogLine.Level = .info,
        _ fields: (inout JSONWriter) -> Void = { _ in }
    ) {
        try? operations.write(LogLine.bytes(event, level, at: WallClock.now.rfc3339, fields))
    }
}
