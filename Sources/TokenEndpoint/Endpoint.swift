package import LiveKitToken
package import RoomAccess

/// The HTTP endpoint: one exchange decided without I/O of its own, from a request and the time to an answer and a line
/// for the log.
///
///     route          404 405           path, method
///     admit          413 415 500       size, media type; repeated variables
///     authenticate   403               credential, session
///     decode         400 422           body, ids, what a client may set
///     issue          403 200 201       room, membership, stream session, the token
///
/// The order is a promise: a caller without a valid session learns nothing about bodies or rooms, and a caller who asks
/// for what a client may not set learns nothing about rooms.
package struct Endpoint: Sendable {
    /// The routes, each path once.
    package let routes: [Route]
    private let sessions: any SessionSource
    private let directory: any Directory
    private let issuer: Issuer
    private let policy: Policy

    /// The settings of a deployment for callers.
    package struct Policy: Sendable {
        package let ids: IDPattern
        /// 403, or the 401 of RFC 6750 §3.1.
        package let unauthenticatedStatus: Int
        /// The first time that the clock may show: before it no token is issued.
        package let earliestTime: NumericDate

        package init(ids: IDPattern, unauthenticatedStatus: Int, earliestTime: NumericDate) {
            self.ids = ids
            self.unauthenticatedStatus = unauthenticatedStatus
            self.earliestTime = earliestTime
        }
    }

    package init(
        routes: [Route],
        sessions: any SessionSource,
        directory: any Directory,
        issuer: Issuer,
        policy: Policy
    ) {
        self.routes = routes
        self.sessions = sessions
        self.directory = directory
        self.issuer = issuer
        self.policy = policy
    }

    /// Answers a request.
    ///
    /// The caller writes the event down before it sends the answer; if it cannot, it sends `refuse(_:with:)` instead.
    package func respond(to request: HTTPRequest, at now: NumericDate) -> Outcome {
        var caller = AuditEvent.Caller()
        do throws(Refusal) {
            guard let route = routes.first(where: { $0.path == request.path }) else { throw .notFound }
            guard route.methods.contains(request.method) else {
                let refused = refuse(request, with: .methodNotAllowed(allow: route.methods))
                if case .page = route.handler { return Outcome(response: refused.response, event: nil) }
                return refused
            }
            switch route.handler {
            case .page(let page): return answer(request, page, at: now)
            case .health: return health(of: request, at: now)
            case .token(let schema):
                let issued = try token(for: request, schema, caller: &caller, at: now)
                return Outcome(
                    response: schema.response(issued, requestID: request.id),
                    event: AuditEvent(requestID: request.id, client: request.client, result: .issued(issued.issuance))
                )
            }
        } catch {
            return refuse(request, with: error, caller: caller)
        }
    }

    /// The answer that refuses a request, with its line for the log.
    package func refuse(_ request: HTTPRequest, with refusal: Refusal) -> Outcome {
        refuse(request, with: refusal, caller: AuditEvent.Caller())
    }
}

/// The outcome of a request.
package struct Outcome: Sendable {
    package let response: HTTPResponse
    /// The line that must be in the log before the answer leaves; `nil` for an answer that decides nothing.
    package let event: AuditEvent?
}

// MARK: - A token

extension Endpoint {
    /// Takes a request through every step; `caller` gains what becomes known of it.
    private func token(
        for request: HTTPRequest,
        _ schema: TokenSchema,
        caller: inout AuditEvent.Caller,
        at now: NumericDate
    ) throws(Refusal) -> IssuedToken {
        try admit(request)
        let credential = Credential(
            authorization: request.authorization,
            login: request.login,
            atMost: sessions.maximumBearerLength
        )
        let snapshot = directory.snapshot()
        let session = try authenticate(credential, in: snapshot, caller: &caller, at: now)
        let identity = issuer.identity(of: session)
        let request = try decode(request, schema, as: identity)
        caller.request = request
        return try issuer.issue(to: session, as: identity, request: request, in: snapshot, at: now)
    }

    private func admit(_ request: HTTPRequest) throws(Refusal) {
        if let name = request.repeatedMetaVariable { throw .repeatedMetaVariable(name) }
        guard request.body.count <= HTTPRequest.maximumBodyLength,
            request.declaredLength ?? 0 <= HTTPRequest.maximumBodyLength
        else { throw .bodyTooLarge }
        guard request.contentType.map(MediaType.isJSON) ?? false else { throw .unsupportedMediaType }
    }

    private func authenticate(
        _ credential: Credential,
        in snapshot: any DirectorySnapshot,
        caller: inout AuditEvent.Caller,
        at now: NumericDate
    ) throws(Refusal) -> Session {
        // Of whatever source the sessions are: where the site asks a back end, its no counts.
        guard !credential.login.isDenied else { throw .sessionInvalid(.loginDenied) }
        let session: Session
        do throws(SessionError) { try sessions.examine(credential) } catch { throw Refusal(error) }
        guard now >= policy.earliestTime else { throw .unavailable(.clock) }
        do throws(SessionError) {
            session = try sessions.usableSession(
                for: credential,
                in: snapshot,
                at: now,
                needsKey: issuer.needsKeyOfSession,
                minimumRemainder: issuer.minimumLifetime
            )
        } catch {
            if let session = error.session { caller = AuditEvent.Caller(session) }
            throw Refusal(error)
        }
        caller = AuditEvent.Caller(session)
        return session
    }

    private func decode(
        _ request: HTTPRequest,
        _ schema: TokenSchema,
        as identity: ParticipantIdentity
    ) throws(Refusal) -> TokenRequest {
        guard request.declaredLength == request.body.count else { throw .malformedRequest(.lengthMismatch) }
        return try schema.request(decoding: request.body, ids: policy.ids, as: identity, newUUID: issuer.newUUID)
    }

    private func refuse(_ request: HTTPRequest, with refusal: Refusal, caller: AuditEvent.Caller) -> Outcome {
        let problem = refusal.problem(unauthenticatedStatus: policy.unauthenticatedStatus)
        return Outcome(
            response: .problem(problem, requestID: request.id),
            event: AuditEvent(requestID: request.id, client: request.client, result: .refused(refusal, caller))
        )
    }
}

// MARK: - Answers that decide nothing

extension Endpoint {
    /// Whether a token could be issued, for load balancers.
    private func health(of request: HTTPRequest, at now: NumericDate) -> Outcome {
        var down: [String] = []
        if now < policy.earliestTime { down.append("clock") }
        do throws(DirectoryError) { try directory.probe() } catch { down.append("directory") }
        var isDegraded = false
        switch sessions.condition(at: now) {
        case .good: break
        case .degraded: isDegraded = true
        case .down: down.append("sessions")
        }
        return Outcome(
            response: down.isEmpty
                ? .healthy(isDegraded: isDegraded, requestID: request.id)
                : .problem(.unhealthy(down), requestID: request.id),
            event: nil
        )
    }

    private func answer(_ request: HTTPRequest, _ page: Route.Page, at now: NumericDate) -> Outcome {
        Outcome(
            response: HTTPResponse(status: 200, type: page.type, requestID: request.id, body: page.body(now)),
            event: nil
        )
    }
}
