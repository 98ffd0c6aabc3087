import Daemon
import JoinGate
import StrictJSON
import TokenEndpoint

/// An event with a line of its own in the audit log.
protocol LoggedEvent {
    var name: String { get }
    /// Whether the fault is the deployment's, so that an operator should look.
    var isFault: Bool { get }

    /// Writes the fields of the line after its time, level and event.
    func write(to json: inout JSONWriter, status: Int, micros: Int64)
}

extension AuditEvent: LoggedEvent {}
extension JoinEvent: LoggedEvent {}

/// The log: audit events, and what the operator of the service should know.
struct Log: Sendable {
    /// The audit log, with a line for each request.
    let audit: LineSink
    /// The operations log, with all other events.
    let operations: LineSink

    /// Writes an audit event, before the request is answered.
    ///
    /// - Throws: if the line was not written: then no token may leave, and nobody may enter.
    func write(_ event: some LoggedEvent, status: Int, at time: WallClock.Time, micros: Int64) throws(LineSink.Failure)
    {
        let level: LogLine.Level = event.isFault ? .error : .info
        try audit.write(
            LogLine.bytes(event.name, level, at: time.rfc3339) { event.write(to: &$0, status: status, micros: micros) }
        )
    }

    /// Writes an event of operations, as the operations log does.
    func operation(
        _ event: String,
        _ level: LogLine.Level = .info,
        _ fields: (inout JSONWriter) -> Void = { _ in }
    ) {
        operations.operation(event, level, fields)
    }
}

extension LineSink {
    /// Writes an event of operations.
    ///
    /// A line that cannot be written is lost: the service goes on.
    func operation(_ event: String, _ level: LogLine.Level = .info, _ fields: (inout JSONWriter) -> Void) {
        try? write(LogLine.bytes(event, level, at: WallClock.now.rfc3339, fields))
    }
}
