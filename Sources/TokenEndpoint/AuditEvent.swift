package import LiveKitToken
package import StrictJSON

/// What a request came to, for the log: one line, which holds neither bearer, token nor secret.
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
        case refused(Refusal, Answered, RefusedCaller)
    }

    /// A token that is about to be sent.
    package struct Issuance: Equatable, Sendable {
        package let user: User
        package let request: TokenRequest
        /// What others in the room see; the log does not.
        package let name: UTF8String?
        package let roles: [UTF8String]
        package let identity: ParticipantIdentity
        package let tokenID: UUID
        package let expiresAt: NumericDate
        package let apiKey: UTF8String
    }

    /// What the client was told.
    package struct Answered: Equatable, Sendable {
        package let status: Int
        package let code: String

        package init(_ answer: Refusal.Answer) {
            status = answer.status
            code = answer.code
        }
    }

    /// As much of a refused caller as was known by then.
    package struct RefusedCaller: Equatable, Sendable {
        package var user: Identifier?
        package var request: TokenRequest?

        package init(user: Identifier? = nil, request: TokenRequest? = nil) {
            self.user = user
            self.request = request
        }
    }

    /// `token.issued` or `token.refused`.
    package var name: String {
        switch result {
        case .issued: "token.issued"
        case .refused: "token.refused"
        }
    }

    /// Whether the fault is ours, so that an operator should look.
    package var isFault: Bool {
        switch result {
        case .issued: false
        case .refused(_, let answered, _): answered.status >= 500
        }
    }

    /// Writes the fields of the line after its time, level and event, with the microseconds that the request took so
    /// far.
    package func write(to json: inout JSONWriter, micros: Int64) {
        json.member("requestId", requestID.text)
        switch result {
        case .issued(let token):
            json.member("userId", token.user.id.text)
            json.member(ifPresent: "did", token.user.did)
            json.member("identity", token.identity.text)
            token.request.write(to: &json)
            json.member("roles", token.roles)
            if !token.request.agents.isEmpty { json.member("agents", token.request.agents.map(\.name)) }
            json.member("tokenId", token.tokenID.text)
            json.member("expiresAt", token.expiresAt.rfc3339)
            json.member("apiKey", token.apiKey)
        case .refused(let refusal, let answered, let caller):
            json.member("status", Int64(answered.status))
            json.member("code", answered.code)
            json.member("reason", refusal.reason.word)
            if let fault = refusal.reason.fault { json.member("fault", fault) }
            json.member(ifPresent: "userId", caller.user?.text)
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
