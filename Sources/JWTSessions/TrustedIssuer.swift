import LiveKitToken
import RoomAccess

/// An issuer whose tokens are believed: what verifies its signatures, and what judges its claims.
struct TrustedIssuer: Sendable {
    enum Keys: Sendable {
        /// `nil` if the secret was not read.
        case secret(HMACSecret?)
        case keySet(KeySetStore, UnknownKeyIDs)
    }

    /// Seconds after which a set that was not confirmed needs an operator's eye: some fetches must have failed.
    static let warningAge: Int64 = 86_400

    let judge: ClaimJudge
    let keys: Keys

    private var setting: String { judge.issuer.setting }

    var keySet: (store: KeySetStore, unknown: UnknownKeyIDs)? {
        guard case .keySet(let store, let unknown) = keys else { return nil }
        return (store, unknown)
    }

    /// The generation of the keys with which a verification would begin now.
    ///
    /// - Throws: `.keysUnavailable`.
    func generation(at now: NumericDate) throws(SessionError) -> Int {
        guard let (store, unknown) = keySet else { return 0 }
        return try usable(store, unknown, at: now) { _ in }.view.generation
    }

    /// The payload of a token that this issuer has signed, and the generation of the keys when that began.
    ///
    /// - Throws: `.invalid` or `.keysUnavailable`.
    func verify(
        _ jws: CompactJWS,
        at now: NumericDate,
        _ report: (LoginEvent) -> Void
    ) throws(SessionError) -> (payload: VerifiedPayload, generation: Int) {
        switch keys {
        case .secret(let secret):
            guard let secret else { throw .keysUnavailable(.init(.missing, "\(setting).secret_file was not read")) }
            do throws(TokenFault) { return (try jws.verified(by: secret), 0) } catch { throw invalid(error) }
        case .keySet(let store, let unknown):
            let (set, view) = try usable(store, unknown, at: now, report)
            do throws(TokenFault) {
                return (try jws.verified(by: set), view.generation)
            } catch .keyIDUnknown(let id) where store.file.url != nil {
                switch unknown.verdict(on: id, confirmedAt: view.confirmedAt, at: now) {
                case .unknown: throw invalid(.keyIDUnknown(id))
                case .pending(let isFetchWanted):
                    if isFetchWanted { report(.fetchWanted(store.file)) }
                    let problem = "kid is \"\(TokenFault.cleaned(id))\", which \(store.file.path) does not have yet"
                    throw .keysUnavailable(.init(.pending, problem))
                }
            } catch {
                throw invalid(error)
            }
        }
    }

    private func invalid(_ fault: TokenFault) -> SessionError {
        .invalid(.token(TokenRefusal(fault, of: judge.issuer)))
    }

    private func usable(
        _ store: KeySetStore,
        _ unknown: UnknownKeyIDs,
        at now: NumericDate,
        _ report: (LoginEvent) -> Void
    ) throws(SessionError) -> (set: JSONWebKeySet, view: KeySetStore.View) {
        let view = store.view(at: now)
        guard let set = view.set else {
            if store.file.url != nil, unknown.isFetchWanted(at: now) { report(.fetchWanted(store.file)) }
            throw .keysUnavailable(.init(.missing, Self.absence(of: store, view)))
        }
        if let problem = Self.age(of: store, view, at: now, atMost: store.file.maximumAge) {
            throw .keysUnavailable(.init(.tooOld, problem))
        }
        return (set, view)
    }

    private static func absence(of store: KeySetStore, _ view: KeySetStore.View) -> String {
        "there is no key set: \(store.file.path) \(view.problem ?? KeySetStore.View.unread)"
    }

    /// What is to be said of the age of a set that is fetched; `nil` if it is below a limit.
    private static func age(
        of store: KeySetStore,
        _ view: KeySetStore.View,
        at now: NumericDate,
        atMost limit: Int64
    ) -> String? {
        guard store.file.url != nil, let confirmedAt = view.confirmedAt, now.seconds(since: confirmedAt) > limit else {
            return nil
        }
        return "\(store.file.path) was confirmed last at \(confirmedAt.rfc3339): see why it is not fetched"
    }

    /// How its key set is now; `nil` if it has none.
    func status(at now: NumericDate) -> KeySetStatus? {
        guard let (store, _) = keySet else { return nil }
        let view = store.view(at: now)
        let isTooOld = Self.age(of: store, view, at: now, atMost: store.file.maximumAge) != nil
        let problem =
            view.set == nil
            ? Self.absence(of: store, view)
            : view.problem.map { "\(store.file.path) \($0); the set of before is used" }
                ?? Self.age(of: store, view, at: now, atMost: min(Self.warningAge, store.file.maximumAge))
        return KeySetStatus(
            setting: setting,
            file: store.file,
            keys: view.set?.keys.count,
            confirmedAt: view.confirmedAt,
            problem: problem,
            isUsable: view.set != nil && !isTooOld
        )
    }
}
