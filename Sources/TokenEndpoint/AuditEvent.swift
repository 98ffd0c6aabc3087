import LiveKitToken
package import RoomAccess
package import StrictJSON

/// An audit event: the outcome of a request, for one line of the log that holds neither bearer, token nor secret.
package struct AuditEvent: Equatable, Sendable {
    package let requestID: RequestID
    package let client: UTF8String
    package let result: Result

    package init(requestID: RequestID, client: UTF8String, result: Result) {
        self.requestID = requestID
        self.client = client
        self.result = result
    }

    /// Indirect, because it is handed on several times and holds a dozen references.
    package indirect enum Result: Equatable, Sendable {
        case issued(Issuance)
        case refused(Refusal, Caller)
    }

    /// As much of a refused caller as was known by then.
    package struct Caller: Equatable, Sendable {
        package var user: Identifier?
        /// `Session.label`.
        package var session: UTF8String?
        package var request: TokenRequest?

        package init(user: Identifier? = nil, session: UTF8String? = nil, request: TokenRequest? = nil) {
            self.user = user
            self.session = session
            self.request = request
        }

        /// The caller whose session that is, valid or not.
        init(_ session: Session) {
            self.init(user: session.user.id, session: session.label)
        }
    }

    /// `token.issued` or `token.refused`.
    package var name: String {
        switch result {
        case .issued: "token.issued"
        case .refused: "token.refused"
        }
    }

    /// Whether the fault is the deployment's, so that an operator should look.
    package var isFault: Bool {
        switch result {
        case .issued: false
        case .refused(let refusal, _): refusal.isFault
        }
    }

    /// Writes the fields of the line after its time, level and event.
    ///
    /// - Parameters:
    ///   - status: the HTTP status of the answer.
    ///   - micros: the microseconds that the request took so far.
    package func write(to json: inout JSONWriter, status: Int, micros: Int64) {
        json.member("requestId", requestID.text)
        switch result {
        case .issued(let token):
            json.member("userId", token.user.id.text)
            json.member(ifPresent: "session", token.session)
            json.member(ifPresent: "did", token.user.did)
            if token.isNameDropped { json.member("nameDropped", true) }
            json.member("identity", token.identity.text)
            token.request.write(to: &json)
            json.member("roles", token.roles)
            token.writeAgents(to: &json)
            json.member("tokenId", token.tokenID.text)
            json.member("expiresAt", token.expiresAt.rfc3339)
            json.member("apiKey", token.apiKey)
        case .refused(let refusal, let caller):
            json.member("status", Int64(status))
            json.member("code", refusal.code)
            json.member("reason", refusal.reason.rawValue)
            if let fault = refusal.fault { json.member("fault", fault) }
            json.member(ifPresent: "userId", caller.user?.text)
            json.member(ifPresent: "session", caller.session)
            caller.request?.write(to: &json)
        }
        json.member("client", client)
        json.member("micros", micros)
    }
}

extension TokenRequest {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("roomId", room.text)
        json.member(ifPresent: "sceneId", scene?.text)
        json.member(ifPresent: "eventId", event?.text)
    }
}

extension Issuance {
    /// The agents by name, and by the name of each the deployment that is asked for: both are of the operator's lists.
    fileprivate func writeAgents(to json: inout JSONWriter) {
        guard !agents.isEmpty else { return }
        json.member("agents", agents.map(\.name))
        let deployed = agents.compactMap { agent in agent.deployment.map { (agent.name, $0) } }
        guard !deployed.isEmpty else { return }
        json.member("agentDeployments", object: { for (name, deployment) in deployed { $0.member(name, deployment) } })
    }
}
