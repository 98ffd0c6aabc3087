package import RoomAccess
package import StrictJSON
package import TokenEndpoint

/// A join event: what the gate decided, for one line of the log that never holds the token.
package struct JoinEvent: Equatable, Sendable {
    package let requestID: RequestID
    package let client: UTF8String
    package let endpoint: GateEndpoint?
    /// `nil` for an admission.
    package let refusal: JoinRefusal?
    package let participant: Participant

    /// As much of a participant as was known by then; only what a verified token says, or the directory.
    package struct Participant: Equatable, Sendable {
        package var user: Identifier?
        /// `Session.label`.
        package var session: UTF8String?
        package var identity: UTF8String?
        package var room: UTF8String?
        /// `jti`.
        package var tokenID: UTF8String?
        package var keyID: UTF8String?

        package init() {}
    }

    package init(_ request: GateRequest, _ refusal: JoinRefusal?, _ participant: Participant) {
        requestID = request.id
        client = request.client
        endpoint = request.endpoint
        self.refusal = refusal
        self.participant = participant
    }

    package var name: String { refusal == nil ? "join.admitted" : "join.refused" }

    /// Whether the fault is the deployment's, so that an operator should look.
    package var isFault: Bool {
        if case .unavailable? = refusal { true } else { false }
    }

    /// Writes the fields of the line after its time, level and event.
    ///
    /// - Parameters:
    ///   - status: the status of the answer to nginx.
    ///   - micros: the microseconds that the question took so far.
    package func write(to json: inout JSONWriter, status: Int, micros: Int64) {
        json.member("requestId", requestID.text)
        json.member("endpoint", endpoint?.rawValue ?? "unknown")
        if let refusal {
            json.member("status", Int64(status))
            json.member("reason", refusal.reason.rawValue)
            switch refusal {
            case .grantsExceeded(let names): json.member("grants", names)
            case .unavailable(.directory(let error)): json.member("fault", UTF8String(error.reason))
            default: break
            }
        }
        json.member(ifPresent: "userId", participant.user?.text)
        json.member(ifPresent: "session", participant.session)
        json.member(ifPresent: "identity", participant.identity)
        json.member(ifPresent: "roomId", participant.room)
        json.member(ifPresent: "tokenId", participant.tokenID)
        json.member(ifPresent: "apiKey", participant.keyID)
        json.member("client", client)
        json.member("micros", micros)
    }
}
