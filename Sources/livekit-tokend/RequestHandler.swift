import Daemon
import FastCGI
import JoinGate
import RoomAccess
import StrictJSON
import TokenEndpoint

/// The handler of requests, which joins the responder, the endpoint and the log: a FastCGI request in, a document
/// response out.
///
/// A handler is of one configuration.
final class RequestHandler: Sendable {
    let endpoint: Endpoint
    /// `nil` where the gate is off: then its path is one of those that do not exist.
    let gate: Gate?
    let log: Log
    let metrics: Metrics
    private let report: @Sendable () -> ConfigurationReport

    /// - Parameter report: says of which configuration it is, for requests of the service to itself.
    init(
        endpoint: Endpoint,
        gate: Gate?,
        log: Log,
        metrics: Metrics,
        report: @escaping @Sendable () -> ConfigurationReport
    ) {
        self.endpoint = endpoint
        self.gate = gate
        self.log = log
        self.metrics = metrics
        self.report = report
    }

    /// Answers one request.
    ///
    /// Its outcome is in the log before the answer is given back; if it cannot be, the answer holds no token.
    func answer(_ received: Request) -> [UInt8] {
        // The watchdog's request, and that of `check`, ask whether a worker finishes requests. It is not asked of the
        // directory: to restart the service would not mend that.
        if received.isFor(LoopbackRequest.path) {
            return ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: report().bytes)
        }
        if let gate, let question = GateRequest(received) { return answer(question, by: gate, received.startedAt) }
        let request = HTTPRequest(received)
        let time = WallClock.now
        var outcome = endpoint.respond(to: request, at: time.date)
        guard let event = outcome.event else { return outcome.response.document }
        if !write(event, status: outcome.response.status, at: time, of: received.startedAt) {
            outcome = endpoint.refuse(request, with: .unavailable(.audit))
        }
        let duration = MonotonicClock.nanoseconds - received.startedAt
        metrics.count(outcome.event ?? event, status: outcome.response.status, took: duration)
        return outcome.response.document
    }
}

extension RequestHandler {
    /// Answers a question of nginx, as any request: the decision is in the log before nginx has it.
    private func answer(_ question: GateRequest, by gate: Gate, _ startedAt: Int64) -> [UInt8] {
        let time = WallClock.now
        var outcome = gate.answer(question, at: time.date)
        if !write(outcome.event, status: outcome.response.status, at: time, of: startedAt) {
            outcome = gate.refuse(question, with: .unavailable(.audit))
        }
        metrics.joins.count(outcome.event, took: MonotonicClock.nanoseconds - startedAt)
        return outcome.response.document
    }

    /// Writes an event into the log, before the request is answered.
    ///
    /// - Returns: whether the line was written.
    private func write(
        _ event: some LoggedEvent,
        status: Int,
        at time: WallClock.Time,
        of startedAt: Int64
    ) -> Bool {
        do throws(LineSink.Failure) {
            try log.write(event, status: status, at: time, micros: (MonotonicClock.nanoseconds - startedAt) / 1000)
            metrics.audit.succeeded()
            return true
        } catch {
            metrics.auditFailures.increase()
            metrics.audit.failed("the log cannot be written: \(error)")
            return false
        }
    }
}

extension Request {
    fileprivate func isFor(_ path: String) -> Bool {
        self[.scriptName].map { $0.elementsEqual(path.utf8) } ?? false
    }
}

extension HTTPRequest {
    /// Takes the meta-variables of a request; text that is not UTF-8 counts as empty.
    fileprivate init(_ received: Request) {
        func text(_ variable: MetaVariable) -> UTF8String? {
            received[variable].map { UTF8String(validating: $0) ?? "" }
        }
        var generator = KernelRandomness()
        self.init(
            method: text(.requestMethod) ?? "",
            path: text(.scriptName) ?? "",
            contentType: text(.contentType),
            contentLength: text(.contentLength),
            authorization: received[.authorization].map { Redacted($0) },
            login: LoginParameters(received),
            body: received.body,
            client: text(.remoteAddress) ?? "",
            id: text(.requestID).flatMap { RequestID($0) } ?? RequestID(using: &generator),
            repeatedMetaVariable: received.repeated
        )
    }
}

extension LoginParameters {
    /// Takes the parameters of a request to a responder that reads all of them, in their order.
    fileprivate init(_ received: Request) {
        self.init(
            LoginParameter.allCases.reduce(into: [:]) { $0[$1] = received.parameter($1.rawValue) }
        )
    }
}

extension HTTPResponse {
    fileprivate var document: [UInt8] {
        ResponseDocument.bytes(
            status: status,
            reason: Self.title(of: status),
            headers: headers.map { ($0.name, $0.value) },
            body: body
        )
    }
}
