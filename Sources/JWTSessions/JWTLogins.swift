package import LiveKitToken
package import RoomAccess
import StrictJSON

/// The logins that JSON Web Tokens prove (RFC 7519), as an issuer of the configuration has signed them.
///
/// It has no clock and makes no system call; files of key sets are asked for through `KeySetFiles`, and events are
/// told. One is of one configuration: a reload makes another, which takes over what was learnt of key sets, and no
/// login that was remembered.
package final class JWTLogins: LoginSource {
    private let settings: JWTSettings
    private let issuers: [TrustedIssuer]
    private let remembered = RememberedLogins()
    private let report: @Sendable (LoginEvent) -> Void

    /// Takes the settings of a deployment.
    ///
    /// - Parameters:
    ///   - secrets: the secrets of the issuers that have one.
    ///   - membership: the claim that says of rooms or groups, which a session has unjudged.
    ///   - predecessor: the logins of the configuration before.
    ///   - report: is told of events, by any thread and never under a lock.
    package init(
        _ settings: JWTSettings,
        secrets: [SecretFile: HMACSecret],
        files: any KeySetFiles,
        membership: ClaimPath?,
        predecessor: JWTLogins? = nil,
        report: @escaping @Sendable (LoginEvent) -> Void
    ) {
        self.settings = settings
        self.report = report
        issuers = settings.issuers.map { issuer in
            let keys: TrustedIssuer.Keys
            switch issuer.keys {
            case .secret(let file): keys = .secret(secrets[file])
            case .keySet(let file):
                let former = predecessor?.issuers.lazy.compactMap(\.keySet).first { $0.store.file.path == file.path }
                let store = KeySetStore(
                    file,
                    algorithms: issuer.algorithms,
                    files: files,
                    predecessor: former?.store,
                    report: report
                )
                // Of another URL nothing has been fetched yet, and an id that its issuer has is none that is unknown.
                let unknown = former.flatMap { $0.store.file.url == file.url ? $0.unknown : nil }
                keys = .keySet(store, unknown ?? UnknownKeyIDs())
            }
            return TrustedIssuer(judge: ClaimJudge(issuer: issuer, membership: membership), keys: keys)
        }
    }

    /// What nginx's buffers let through at most: a longer one is judged by its own bound, which gives its reason.
    package var maximumBearerLength: Int { 65_535 }

    package func examine(_ credential: Credential) throws(SessionError) {
        _ = try token(of: credential)
    }

    private func token(of credential: Credential) throws(SessionError) -> ArraySlice<UInt8> {
        switch settings.place {
        case .header: return try credential.bearerToken.bytes
        case .parameter:
            guard let token = credential.login[.jwt] else { throw .missing(.noToken) }
            return token[...]
        }
    }

    package func login(for credential: Credential, at now: NumericDate) throws(SessionError) -> Session {
        let token = try token(of: credential)
        guard token.count <= settings.maximumLength else {
            throw refusal(.tooLong(bytes: token.count, maximumLength: settings.maximumLength))
        }
        let digest = SessionDigest(bearer: token)
        if let entry = remembered.login(of: digest) {
            let generation = try issuers[entry.issuer].generation(at: now)
            if generation == entry.generation, let end = entry.session.endsAt, now < end {
                report(.remembered)
                return entry.session
            }
            remembered.forget(digest)
        }
        let jws: CompactJWS
        do throws(TokenFault) {
            jws = try CompactJWS(token, maximumLength: settings.maximumLength)
        } catch {
            throw refusal(error)
        }
        let index = try issuer(of: jws)
        let verified: (payload: VerifiedPayload, generation: Int)
        do throws(SessionError) {
            verified = try issuers[index].verify(jws, at: now, report)
        } catch {
            if case .invalid = error { report(.verified) }
            throw error
        }
        report(.verified)
        let (payload, generation) = verified
        let session = try issuers[index].judge.session(of: payload.bytes, at: now)
        remembered.remember(.init(session: session, issuer: index, generation: generation), for: digest)
        return session
    }

    /// The place of the issuer whose keys are to verify a token: of several, the one that the token names itself.
    private func issuer(of jws: CompactJWS) throws(SessionError) -> Int {
        guard issuers.count > 1 else { return 0 }
        let name = try ClaimJudge.claims(in: jws.unverifiedPayload)["iss"]
        guard let name, let index = issuers.firstIndex(where: { $0.judge.issuer.name.map(JSONValue.string) == name })
        else {
            let found = name.map { "iss is \($0.shown)" } ?? "the token has no iss"
            throw .invalid(.token(TokenRefusal(.issuer, "\(found), and no entry of sessions.jwt has that issuer")))
        }
        return index
    }

    /// The refusal of a bearer before its issuer is known.
    private func refusal(_ fault: TokenFault) -> SessionError {
        let issuer = settings.issuers.count == 1 ? settings.issuers[0] : nil
        return .invalid(.token(TokenRefusal(fault, of: issuer)))
    }
}

// MARK: - Key sets

extension JWTLogins {
    /// The key sets as of now, in the order of the settings; their files are looked at.
    package func keySets(at now: NumericDate) -> [KeySetStatus] {
        issuers.compactMap { $0.status(at: now) }
    }

    package func condition(at now: NumericDate) -> SourceCondition {
        let statuses = keySets(at: now)
        let problems = statuses.compactMap(\.problem)
        let canJudge = statuses.count < issuers.count || statuses.contains { $0.isUsable }
        return problems.isEmpty ? .good : canJudge ? .degraded(problems) : .down(problems)
    }
}
