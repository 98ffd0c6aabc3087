package import LiveKitToken

/// How long a token lives, and as whom its holder appears.
package struct TokenPolicy: Sendable {
    /// Within which a configuration may put its own bounds, in seconds: LiveKit's clients ask anew a minute before the
    /// end, and no LiveKit server limits a token's life, so only its issuer can.
    package static let hardLimits: ClosedRange<Int64> = 10...86_400

    /// Seconds.
    package let lifetime: Int64
    /// Seconds; less is never issued, more neither.
    package let bounds: ClosedRange<Int64>
    package let identity: ParticipantIdentity.Policy

    /// Takes the three times in seconds; `nil` unless 10 ≤ shortest ≤ lifetime ≤ longest ≤ 86,400.
    package init?(lifetime: Int64, shortest: Int64, longest: Int64, identity: ParticipantIdentity.Policy) {
        guard shortest <= longest, Self.hardLimits.contains(shortest), Self.hardLimits.contains(longest),
            (shortest...longest).contains(lifetime)
        else { return nil }
        self.lifetime = lifetime
        bounds = shortest...longest
        self.identity = identity
    }

    /// When a token ends that is issued now, `min(now + lifetime, session end, stream session end)`; `nil` if that
    /// leaves less than the shortest life.
    func expiry(at now: NumericDate, sessionEnd: NumericDate?, streamEnd: NumericDate?) -> NumericDate? {
        var end = now.advanced(by: lifetime)
        if let sessionEnd { end = min(end, sessionEnd) }
        if let streamEnd { end = min(end, streamEnd) }
        return bounds.contains(end.seconds(since: now)) ? end : nil
    }
}
