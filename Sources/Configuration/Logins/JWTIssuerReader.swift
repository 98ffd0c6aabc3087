import RoomAccess
import StrictJSON

/// One entry of `sessions.jwt`, and what it says for all of them.
struct JWTIssuerReader {
    let issuer: JWTIssuer
    /// `from`, where it is written.
    let place: JWTSettings.Place?
    /// `max_length`, where it is written.
    let maximumLength: Int?

    private static let example = "https://id.example.com/realms/main"
    private static let longestPrefix = 64

    init(_ section: ConfigurationReader, beside keys: KeySource) throws(ConfigurationError) {
        // All keys first: one that is unknown may be the one that is missed.
        let name = try section.string("issuer")
        let audience = try Self.audience(section)
        let keySetFile = try section.absolutePath("key_set_file", such: "/var/lib/livekit-tokend-keys/main.json")
        let secretFile = try section.string("secret_file")
        let url = try section.string("key_set_url")
        let maximumAge = try section.duration("max_age")
        let algorithms = try section.strings("algorithms")
        let required = try JWTIssuer.Rule.read(section, "require")
        let refused = try JWTIssuer.Rule.read(section, "refuse")
        let claims = try JWTIssuer.Claims(section.section("claims"))
        let prefix = try section.string("prefix")
        place = try section.choice("from")
        maximumLength = try section.integer("max_length", in: 1_000...65_000)?.value
        try section.finish()

        let hasSecret = secretFile != nil
        let issuerName = try Self.name(section, name, hasSecret)
        let file: JWTIssuer.Keys
        switch (keySetFile, secretFile) {
        case (let path?, nil):
            file = .keySet(try Self.keySet(section, path.value, url, maximumAge))
        case (nil, let path?):
            guard !path.value.isEmpty, !path.value.hasSuffix("/") else {
                throw section.error(path, "must be the path of a file, such as /etc/livekit-tokend/jwt-secret")
            }
            for (key, isThere) in [("key_set_url", url != nil), ("max_age", maximumAge != nil)] where isThere {
                throw section.error(key: key, "has no use beside secret_file; remove it")
            }
            file = .secret(keys.secretFile(path.value))
        case (nil, nil):
            throw section.error(
                key: "key_set_file",
                "is missing; name the file of the issuer's key set, or, for HS256, secret_file"
            )
        case (_?, _?):
            throw section.error(key: "secret_file", "is there beside key_set_file; keep one of them")
        }
        issuer = JWTIssuer(
            setting: section.name,
            name: issuerName,
            audience: try Self.requireAudience(section, audience, hasSecret),
            keys: file,
            algorithms: try Self.algorithms(section, algorithms, hasSecret),
            required: required,
            refused: refused,
            claims: claims,
            prefix: try Self.prefix(section, prefix)
        )
    }

    private static func name(
        _ section: ConfigurationReader,
        _ name: ConfigurationReader.Located<String>?,
        _ hasSecret: Bool
    ) throws(ConfigurationError) -> UTF8String? {
        guard let name, !name.value.isEmpty else {
            throw section.error(
                key: "issuer",
                "is missing; write the iss of the issuer's tokens as it stands there, such as \(example)"
            )
        }
        guard name.value == "none" else { return try section.exactText(name) }
        guard hasSecret else {
            throw section.error(name, "is none, which only secret_file allows: who has the secret is the issuer")
        }
        return nil
    }

    private static func audience(
        _ section: ConfigurationReader
    ) throws(ConfigurationError) -> JWTIssuer.Audience? {
        guard section.isMapping("audience") else {
            guard let text = try audienceText(section), !text.value.isEmpty else { return nil }
            return text.value == "none" ? JWTIssuer.Audience.none : .audience(try section.exactText(text))
        }
        let mapping = try section.section("audience")
        let claim = try mapping.claimPath("claim", decides: true)
        let value = try mapping.string("value")
        try mapping.finish()
        guard let claim else {
            throw mapping.error(key: "claim", "is missing; name the claim that says for whom a token is")
        }
        guard let value, !value.value.isEmpty else {
            throw mapping.error(key: "value", "is missing; write what \(claim) must be")
        }
        return .claim(claim, try mapping.exactText(value))
    }

    private static func audienceText(
        _ section: ConfigurationReader
    ) throws(ConfigurationError) -> ConfigurationReader.Located<String>? {
        do throws(ConfigurationError) {
            return try section.string("audience")
        } catch {
            guard let list = try? section.strings("audience") else { throw error }
            let example = list.value.count == 1 ? list.value[0].value : "livekit"
            throw section.error(
                key: "audience",
                "must be one string, such as \(example); aud of a token may have others beside it"
            )
        }
    }

    private static func requireAudience(
        _ section: ConfigurationReader,
        _ audience: JWTIssuer.Audience?,
        _ hasSecret: Bool
    ) throws(ConfigurationError) -> JWTIssuer.Audience {
        guard let audience else {
            throw section.error(
                key: "audience",
                "is missing; write what aud of the tokens has, such as livekit, or {claim: client_id, value: livekit}"
            )
        }
        guard audience != .none || hasSecret else {
            throw section.error(
                key: "audience",
                "is none, which only secret_file allows: else a token for any app of the issuer would be a login"
            )
        }
        return audience
    }

    private static func keySet(
        _ section: ConfigurationReader,
        _ path: String,
        _ url: ConfigurationReader.Located<String>?,
        _ maximumAge: ConfigurationReader.Located<Int64>?
    ) throws(ConfigurationError) -> KeySetFile {
        if let url {
            let rest = url.value.dropFirst("https://".count)
            let authority = rest.prefix { $0 != "/" }
            let isURL =
                url.value.hasPrefix("https://") && !authority.isEmpty && !authority.contains("@")
                && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !rest.contains { "#\\\"'<>".contains($0) }
            guard isURL else {
                throw section.error(
                    url,
                    "must be an https URL without a user or a fragment, such as "
                        + "\(example)/protocol/openid-connect/certs"
                )
            }
        }
        if let maximumAge {
            guard url != nil else {
                throw section.error(maximumAge, "has no use without key_set_url: a file kept by hand grows never old")
            }
            guard maximumAge.value >= 3_600 else { throw section.error(maximumAge, "must be at least 1h") }
        }
        return KeySetFile(
            path: path,
            url: url?.value,
            maximumAge: maximumAge?.value ?? Defaults.keySetAge
        )
    }

    private static func algorithms(
        _ section: ConfigurationReader,
        _ names: ConfigurationReader.Located<[ConfigurationReader.Located<String>]>?,
        _ hasSecret: Bool
    ) throws(ConfigurationError) -> Set<SignatureAlgorithm> {
        guard let names else { return hasSecret ? [.hs256] : Defaults.signatureAlgorithms }
        let allowed = hasSecret ? [.hs256] : Set(SignatureAlgorithm.allCases).subtracting([.hs256])
        let list = allowed.map(\.name.description).sorted().joined(separator: ", ")
        var algorithms: Set<SignatureAlgorithm> = []
        for name in names.value {
            guard let algorithm = SignatureAlgorithm(name: UTF8String(name.value)), allowed.contains(algorithm) else {
                let place = hasSecret ? "secret_file is for" : "key sets are for"
                let spelled = allowed.first { $0.name.description.lowercased() == name.value.lowercased() }
                throw section.error(
                    name,
                    "has \(name.value); " + (spelled.map { "write \($0.name)" } ?? "\(place) \(list)")
                )
            }
            algorithms.insert(algorithm)
        }
        guard !algorithms.isEmpty else { throw section.error(names, "names none; of \(list)") }
        return algorithms
    }

    private static func prefix(
        _ section: ConfigurationReader,
        _ prefix: ConfigurationReader.Located<String>?
    ) throws(ConfigurationError) -> UTF8String {
        guard let prefix else { return "" }
        guard (1...longestPrefix).contains(prefix.value.utf8.count),
            prefix.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw section.error(
                prefix,
                "must be 1 to \(longestPrefix) visible ASCII characters, such as 'staff:'"
            )
        }
        return UTF8String(prefix.value)
    }
}

extension JWTIssuer.Claims {
    fileprivate init(_ section: ConfigurationReader) throws(ConfigurationError) {
        self = Defaults.tokenClaims
        if let path = try section.claimPath("user", decides: true) { user = path }
        if let path = try section.claimPath("name", decides: false) { name = path }
        if let path = try section.claimPath("did", decides: true) { did = path }
        if let path = try section.claimPath("session", decides: true) { session = path }
        try section.finish()
    }
}
