import FastCGI
import StrictJSON
import TokenEndpoint

/// Joins the responder, the endpoint and the log: a FastCGI request in, a document response out.
struct Service: Sendable {
    let endpoint: Endpoint
    let log: Log

    /// Answers one request.
    ///
    /// What it came to is in the log before the answer is given back; if it cannot be, no token is.
    func answer(_ exchange: Exchange) -> [UInt8] {
        // It asks whether a worker finishes a request, which this one is about to: what the directory does is another
        // question, and starting anew is no cure for it.
        if exchange[.scriptName].map({ $0.elementsEqual(SelfRequest.path.utf8) }) ?? false {
            return ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: [])
        }
        let request = HTTPRequest(exchange)
        let time = WallClock.now
        var outcome = endpoint.respond(to: request, at: time.date)
        if let event = outcome.event {
            let micros = (MonotonicClock.nanoseconds - exchange.startedAt) / 1000
            do throws(LineSink.Failure) {
                try log.write(event, at: time, micros: micros)
            } catch {
                outcome = endpoint.refuse(request, with: .unavailable(.audit))
            }
        }
        return outcome.response.document
    }
}

extension HTTPRequest {
    /// Takes the meta-variables of a request; text that is not UTF-8 is as good as none.
    fileprivate init(_ exchange: Exchange) {
        func text(_ variable: MetaVariable) -> Text? { exchange[variable].map { Text(validating: $0) ?? "" } }
        var generator = SystemRandomNumberGenerator()
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
            headers: headers.lazy.map { ($0.name, $0.value) },
            body: body
        )
    }
}
