import LiveKitToken
import TokenEndpoint

extension TokenPolicy {
    /// Reads the section `token`.
    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        let lifetime = try Self.lifetime("ttl", of: section) ?? Defaults.lifetime
        let minimum = try Self.lifetime("min_ttl", of: section) ?? Defaults.minimumLifetime
        let maximum = try Self.lifetime("max_ttl", of: section) ?? Defaults.maximumLifetime
        var identity = Defaults.identity
        if let name = try section.string("identity") {
            guard let known = ParticipantIdentity.Policy(rawValue: name.value) else {
                let all = ParticipantIdentity.Policy.allCases.map(\.rawValue).joined(separator: ", ")
                throw section.error(name, "must be one of \(all)")
            }
            identity = known
        }
        try section.finish()
        let policy = TokenPolicy(
            lifetime: lifetime,
            minimumLifetime: minimum,
            maximumLifetime: maximum,
            identity: identity
        )
        guard let policy else {
            let times = [minimum, lifetime, maximum].map(DurationText.text).joined(separator: ", ")
            throw section.error("must have min_ttl ≤ ttl ≤ max_ttl; it has \(times)")
        }
        self = policy
    }

    private static func lifetime(
        _ key: String,
        of section: ConfigurationReader
    ) throws(ConfigurationError) -> Int64? {
        guard let time = try section.duration(key) else { return nil }
        guard hardLimits.contains(time.value) else {
            let (low, high) = (DurationText.text(hardLimits.lowerBound), DurationText.text(hardLimits.upperBound))
            throw section.error(time, "is \(DurationText.text(time.value)); it must be from \(low) to \(high)")
        }
        return time.value
    }
}
