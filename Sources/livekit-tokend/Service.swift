import Daemon
import FastCGI
import StrictJSON
import TokenEndpoint

/// Joins the responder, the endpoint and the log: a FastCGI request in, a document response out.
struct Service: Sendable {
    let endpoint: Endpoint
    let log: Log
    let metrics: Metrics
    let page: MetricsPage

    /// Answers one request.
    ///
    /// What it came to is in the log before the answer is given back; if it cannot be, no token is.
    func answer(_ exchange: Request) -> [UInt8] {
        // It asks whether a worker finishes a request, which this one is about to: what the directory does is another
        // question, and starting anew is no cure for it.
        if exchange.isFor(LoopbackRequest.path) {
            return ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: [])
        }
        let request = HTTPRequest(exchange)
        let time = WallClock.now
        if exchange.isFor(MetricsPage.path) { return answer(metricsTo: request, at: time) }
        var outcome = endpoint.respond(to: request, at: time.date)
        guard let event = outcome.event else { return outcome.response.document }
        do throws(LineSink.Failure) {
            try log.write(event, at: time, micros: (MonotonicClock.nanoseconds - exchange.startedAt) / 1000)
            metrics.audit.succeeded()
        } catch {
            metrics.auditFailures.increase()
            metrics.audit.failed("the log cannot be written: \(error)")
            outcome = endpoint.refuse(request, with: .unavailable(.audit))
        }
        let duration = MonotonicClock.nanoseconds - exchange.startedAt
        metrics.count(outcome.event ?? event, status: outcome.response.status, took: duration)
        return outcome.response.document
    }

    /// The metrics are the process's own: no decision, and no line in the log.
    private func answer(metricsTo request: HTTPRequest, at time: WallClock.Time) -> [UInt8] {
        guard request.method == "GET" || request.method == "HEAD" else {
            return endpoint.refuse(request, with: .methodNotAllowed(allow: "GET, HEAD")).response.document
        }
        return ResponseDocument.bytes(
            status: 200,
            reason: "OK",
            headers: [
                ("Content-Type", PrometheusText.contentType), ("Cache-Control", "no-store"),
                ("X-Request-Id", request.id.text.description),
            ],
            body: Array(page.text(at: time.date).utf8)
        )
    }
}

extension Request {
    fileprivate func isFor(_ path: String) -> Bool {
        self[.scriptName].map { $0.elementsEqual(path.utf8) } ?? false
    }
}

extension HTTPRequest {
    /// Takes the meta-variables of a request; text that is not UTF-8 is as good as none.
    fileprivate init(_ exchange: Request) {
        func text(_ variable: MetaVariable) -> UTF8String? {
            exchange[variable].map { UTF8String(validating: $0) ?? "" }
        }
        var generator = KernelRandomness()
        self.init(
            method: text(.requestMethod) ?? "",
            path: text(.scriptName) ?? "",
            contentType: text(.contentType),
            contentLength: text(.contentLength),
            authorization: exchange[.authorization].map { Redacted($0) },
            body: exchange.body,
            client: text(.remoteAddress) ?? "",
            id: text(.requestID).flatMap { RequestID($0) } ?? RequestID(using: &generator),
            repeatsMetaVariables: exchange.repeatsMetaVariables
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
