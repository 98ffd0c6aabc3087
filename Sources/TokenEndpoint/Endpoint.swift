package import LiveKitToken
import StrictJSON

/// One HTTP exchange, decided without I/O of its own: a request and the time in, an answer and a line for the log out.
///
///     admit          404 405 413 415   path, method, size, media type
///     authenticate   403               bearer, session
///     decode         400 422           body, ids, what a client may set
///     authorize      403               room, membership, stream session
///     issue          200 201           the token
///
/// The order is a promise: a caller without a valid session learns nothing about bodies or rooms, and who asks for what
/// a client may not set learns nothing about rooms.
package struct Endpoint: Sendable {
    private let directory: any Directory
    private let issuer: Issuer
    private let policy: Policy

    /// What a deployment has settled for callers.
    package struct Policy: Sendable {
        package let ids: IDPattern
        /// 403, or the 401 of RFC 6750 §3.1.
        package let unauthenticatedStatus: Int
        /// Before this the clock cannot be right: no token is issued.
        package let earliestTime: NumericDate
        /// `nil` where LiveKit's own clients are not served.
        package let tokenSource: TokenSourcePolicy?

        package init(
            ids: IDPattern,
            unauthenticatedStatus: Int,
            earliestTime: NumericDate,
            tokenSource: TokenSourcePolicy? = nil
        ) {
            self.ids = ids
            self.unauthenticatedStatus = unauthenticatedStatus
            self.earliestTime = earliestTime
            self.tokenSource = tokenSource
        }
    }

    package init(directory: any Directory, issuer: Issuer, policy: Policy) {
        self.directory = directory
        self.issuer = issuer
        self.policy = policy
    }

    /// Answers a request.
    ///
    /// The caller writes the event down before it sends the answer; if it cannot, it sends `refuse(_:with:)` instead.
    package func respond(to request: HTTPRequest, at now: NumericDate) -> Outcome {
        var caller = AuditEvent.RefusedCaller()
        do throws(Refusal) {
            guard case .token(let dialect) = try route(request) else { return health(of: request, at: now) }
            try admit(request)
            let credential = try SessionCredential(authorization: request.authorization)
            guard now >= policy.earliestTime else { throw .unavailable(.clock) }
            let snapshot = try orUnavailable { () throws(DirectoryError) in try directory.snapshot() }
            let session = try authenticate(credential, in: snapshot, at: now)
            caller.user = session.user.id
            let ask = try decode(request, dialect, for: session)
            caller.request = ask
            let admission = try issuer.authorize(session.user, asking: ask, in: consume snapshot, at: now)
            let issued = try issuer.issue(to: session.user, in: session, asking: ask, admission: admission, at: now)
            return Outcome(
                response: dialect.answer(issued.token, issued.record, requestID: request.id),
                event: AuditEvent(requestID: request.id, client: request.client, result: .issued(issued.record))
            )
        } catch {
            return refuse(request, with: error, caller: caller)
        }
    }

    /// The answer that says no, with its line for the log.
    package func refuse(_ request: HTTPRequest, with refusal: Refusal) -> Outcome {
        refuse(request, with: refusal, caller: AuditEvent.RefusedCaller())
    }
}

/// What a request came to.
package struct Outcome: Sendable {
    package let response: HTTPResponse
    /// What must be in the log before the answer leaves; `nil` for an answer that decides nothing.
    package let event: AuditEvent?
}

// MARK: - The steps

extension Endpoint {
    private enum Route {
        case token(Dialect)
        case health
    }

    private func route(_ request: HTTPRequest) throws(Refusal) -> Route {
        switch (request.path, policy.tokenSource) {
        case (Path.token, _):
            guard request.method == Method.post else { throw .methodNotAllowed(allow: "POST") }
            return .token(.token)
        case (Path.tokenSource, let policy?):
            guard request.method == Method.post else { throw .methodNotAllowed(allow: "POST") }
            return .token(.tokenSource(policy))
        case (Path.health, _):
            guard request.method == Method.get || request.method == Method.head else {
                throw .methodNotAllowed(allow: "GET, HEAD")
            }
            return .health
        default: throw .notFound
        }
    }

    private enum Path {
        static let token: UTF8String = "/livekit/token"
        static let tokenSource: UTF8String = "/livekit/token-source"
        static let health: UTF8String = "/livekit/health"
    }

    private enum Method {
        static let get: UTF8String = "GET"
        static let head: UTF8String = "HEAD"
        static let post: UTF8String = "POST"
    }

    private func admit(_ request: HTTPRequest) throws(Refusal) {
        guard !request.repeatsMetaVariables else { throw .malformedRequest(.repeatedMetaVariable) }
        guard request.body.count <= HTTPRequest.maximumBodyLength,
            request.declaredLength ?? 0 <= HTTPRequest.maximumBodyLength
        else { throw .bodyTooLarge }
        guard request.contentType.map(MediaType.isJSON) ?? false else { throw .unsupportedMediaType }
    }

    private func authenticate(
        _ credential: SessionCredential,
        in sessions: any SessionStore,
        at now: NumericDate
    ) throws(Refusal) -> Session {
        let session = try orUnavailable { () throws(DirectoryError) in try sessions.session(credential.digest) }
        guard let session else { throw .sessionInvalid(.unknown) }
        guard !session.isRevoked else { throw .sessionInvalid(.revoked) }
        guard now < session.expiresAt else { throw .sessionInvalid(.expired) }
        guard !session.user.isDisabled else { throw .sessionInvalid(.userDisabled) }
        guard session.expiresAt.seconds(since: now) >= issuer.shortestLifetime else {
            throw .sessionInvalid(.endsTooSoon)
        }
        return session
    }

    private func decode(
        _ request: HTTPRequest,
        _ dialect: Dialect,
        for session: Session
    ) throws(Refusal) -> TokenRequest {
        guard request.declaredLength == request.body.count else { throw .malformedRequest(.lengthMismatch) }
        return try dialect.request(decoding: request.body, ids: policy.ids) {
            issuer.lastingIdentity(of: session.user, in: session)
        }
    }

    /// Whether a token could be issued: an answer for load balancers, which decides nothing and is not logged.
    private func health(of request: HTTPRequest, at now: NumericDate) -> Outcome {
        var down: [String] = []
        if now < policy.earliestTime { down.append("clock") }
        do throws(DirectoryError) { try directory.probe() } catch { down.append("directory") }
        return Outcome(
            response: down.isEmpty ? .healthy(requestID: request.id) : .unhealthy(down, requestID: request.id),
            event: nil
        )
    }

    private func refuse(
        _ request: HTTPRequest,
        with refusal: Refusal,
        caller: AuditEvent.RefusedCaller
    ) -> Outcome {
        let answer = refusal.answer(unauthenticatedStatus: policy.unauthenticatedStatus)
        return Outcome(
            response: .problem(answer, requestID: request.id),
            event: AuditEvent(
                requestID: request.id,
                client: request.client,
                result: .refused(refusal, .init(answer), caller)
            )
        )
    }
}
