package import LiveKitToken

/// The lifetime of tokens, and the identities in them.
package struct TokenPolicy: Sendable {
    /// The seconds between which a deployment may put its own limits.
    ///
    /// LiveKit's clients renew a token a minute before its end, and no LiveKit server limits a lifetime, so only the
    /// issuer can.
    package static let hardLimits: ClosedRange<Int64> = 10...86_400

    /// The seconds that a token lives, unless a session or a stream ends earlier.
    package let lifetime: Int64
    /// The seconds below which no token is issued.
    package let minimumLifetime: Int64
    /// The seconds above which no token is issued.
    package let maximumLifetime: Int64
    /// Who a participant is.
    package let identity: ParticipantIdentity.Policy

    /// Takes three times in seconds; `nil` unless 10 ≤ minimum ≤ lifetime ≤ maximum ≤ 86,400.
    package init?(
        lifetime: Int64,
        minimumLifetime: Int64,
        maximumLifetime: Int64,
        identity: ParticipantIdentity.Policy
    ) {
        guard Self.hardLimits.contains(minimumLifetime), Self.hardLimits.contains(maximumLifetime),
            minimumLifetime <= lifetime, lifetime <= maximumLifetime
        else { return nil }
        self.lifetime = lifetime
        self.minimumLifetime = minimumLifetime
        self.maximumLifetime = maximumLifetime
        self.identity = identity
    }

    /// The end of a token that is issued now, `min(now + lifetime, session end, stream session end)`; `nil` if the
    /// stream session leaves less than the minimum lifetime, or the session less than any lifetime that can be set.
    func end(at now: NumericDate, sessionEnd: NumericDate?, streamEnd: NumericDate?) -> TokenEnd? {
        var end = TokenEnd(date: now.advanced(by: lifetime), bound: .lifetime)
        if let streamEnd {
            guard streamEnd.seconds(since: now) >= minimumLifetime else { return nil }
            if streamEnd < end.date { end = TokenEnd(date: streamEnd, bound: .streamSession) }
        }
        if let sessionEnd, sessionEnd < end.date { end = TokenEnd(date: sessionEnd, bound: .session) }
        return Self.hardLimits.lowerBound <= end.date.seconds(since: now) ? end : nil
    }
}

/// The end of a token, and which of the limits it is.
package struct TokenEnd: Equatable, Sendable {
    package enum Bound: String, Sendable {
        /// `token.ttl`.
        case lifetime
        case session
        case streamSession
    }

    package let date: NumericDate
    package let bound: Bound
}
