import RoomAccess
import StrictJSON

extension JWTSettings {
    /// Reads `sessions.jwt`: one issuer, or a list of them.
    ///
    /// - Returns: `nil` if the key is absent.
    static func read(
        _ sessions: ConfigurationReader,
        beside keys: KeySource
    ) throws(ConfigurationError) -> JWTSettings? {
        guard let sections = try sessions.sections("jwt") else { return nil }
        guard !sections.isEmpty else { throw sessions.error(key: "jwt", "lists no issuer; write one") }
        var entries: [(section: ConfigurationReader, entry: JWTIssuerReader)] = []
        for section in sections { entries.append((section, try JWTIssuerReader(section, beside: keys))) }
        try requireApart(entries)
        let place = try common(entries, "from", \.place)
        let maximumLength = try common(entries, "max_length", \.maximumLength)
        return JWTSettings(
            issuers: entries.map(\.entry.issuer),
            place: place ?? Defaults.tokenPlace,
            maximumLength: maximumLength ?? Defaults.tokenLength
        )
    }

    /// The one value that entries have for a key; `nil` if none has one.
    private static func common<Value: Equatable>(
        _ entries: [(section: ConfigurationReader, entry: JWTIssuerReader)],
        _ key: String,
        _ value: (JWTIssuerReader) -> Value?
    ) throws(ConfigurationError) -> Value? {
        var common: Value?
        for (section, entry) in entries {
            guard let own = value(entry) else { continue }
            guard common ?? own == own else {
                throw section.error(key: key, "is not that of an entry above; it holds for all of them: write it once")
            }
            common = own
        }
        return common
    }

    /// Refuses issuers whose tokens, or users, could be taken for those of others.
    private static func requireApart(
        _ entries: [(section: ConfigurationReader, entry: JWTIssuerReader)]
    ) throws(ConfigurationError) {
        guard entries.count > 1 else { return }
        for (index, (section, entry)) in entries.enumerated() {
            let issuer = entry.issuer
            guard let name = issuer.name else {
                throw section.error(key: "issuer", "is none, and there are others; the issuer tells their tokens apart")
            }
            guard !issuer.prefix.utf8.isEmpty else {
                throw section.error(
                    key: "prefix",
                    "is missing; of several issuers each needs a prefix for its users, such as 'staff:', so that an id "
                        + "of one is never that of another"
                )
            }
            for (_, other) in entries[..<index] {
                guard other.issuer.name != name else {
                    throw section.error(key: "issuer", "is that of an entry above; write each issuer once")
                }
                if case .keySet(let file) = issuer.keys, case .keySet(let another) = other.issuer.keys,
                    file.path == another.path, file.url != another.url
                {
                    throw section.error(
                        key: "key_set_file",
                        "is that of an entry above with another key_set_url; name one of its own, or the keys of one "
                            + "issuer would sign for the users of the other"
                    )
                }
                let (own, others) = (issuer.prefix, other.issuer.prefix)
                guard !own.utf8.starts(with: others.utf8), !others.utf8.starts(with: own.utf8) else {
                    throw section.error(
                        key: "prefix",
                        "is \(own), and another entry has \(others); none may begin another, or users of two issuers "
                            + "could have one id"
                    )
                }
            }
        }
    }
}
