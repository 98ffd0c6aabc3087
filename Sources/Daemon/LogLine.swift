package import StrictJSON

/// A line of a log: one JSON object, `time`, `level` and `event` first.
package enum LogLine {
    /// How urgent an event is for the operator.
    package enum Level: String, Sendable {
        case info
        case warning
        case error
    }

    /// The line, without its end.
    ///
    /// - Parameters:
    ///   - time: RFC 3339.
    ///   - fields: writes the members after the first three.
    package static func bytes(
        _ event: String,
        _ level: Level,
        at time: UTF8String,
        _ fields: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        JSONWriter.object {
            $0.member("time", time)
            $0.member("level", level.rawValue)
            $0.member("event", event)
            fields(&$0)
        }
    }
}
