import RoomAccess
import StrictJSON

extension JWTIssuer.Rule {
    /// Reads rules: a mapping of claims to values, or a list of mappings that name a claim, or a path, and its values.
    static func read(
        _ section: ConfigurationReader,
        _ key: String
    ) throws(ConfigurationError) -> [JWTIssuer.Rule] {
        var rules: [JWTIssuer.Rule] = []
        guard section.isMapping(key) else {
            for entry in try section.sections(key) ?? [] {
                let claim = try entry.claimPath("claim", decides: true)
                let values = try entry.scalars("value")
                try entry.finish()
                guard let claim else { throw entry.error(key: "claim", "is missing; name a claim") }
                rules.append(try rule(entry, "value", claim, values))
            }
            return rules
        }
        let mapping = try section.section(key)
        for name in try mapping.names() {
            guard let claim = ClaimPath([try mapping.exactText(name)]) else {
                throw mapping.error(name, "has no name; write the name of a claim")
            }
            guard !mapping.isMapping(name.value) else {
                throw mapping.error(
                    name,
                    "must be a value, a list of values, or present; a claim inside another has a list for its path: "
                        + "\(key): [{claim: [\(name.value), NAME], value: VALUE}]"
                )
            }
            rules.append(try rule(mapping, name.value, claim, try mapping.scalars(name.value)))
        }
        try mapping.finish()
        return rules
    }

    private static func rule(
        _ section: ConfigurationReader,
        _ key: String,
        _ claim: ClaimPath,
        _ values: ConfigurationReader.Located<[JSONValue]>?
    ) throws(ConfigurationError) -> JWTIssuer.Rule {
        guard let values, !values.value.isEmpty else {
            throw section.error(key: key, "has no value; write one, a list of them, or present")
        }
        for case .string(let text) in values.value { _ = try section.exactText(text.description, values) }
        if values.value == [.string(present)] { return JWTIssuer.Rule(claim: claim, values: nil) }
        if values.value.contains(where: { $0.text?.description.lowercased() == present.description }) {
            throw section.error(
                values,
                "has present beside others, or in other letters; the word stands for any value, alone and in small "
                    + "letters, and no value can be that word"
            )
        }
        if let value = values.value.first(where: \.isBool), claim.names.count == 1, texts.contains(claim.names[0]) {
            let word = value == .bool(true) ? "true" : "false"
            throw section.error(values, "is \(word), and \(claim) is a text in every token; for any text write present")
        }
        return JWTIssuer.Rule(claim: claim, values: values.value)
    }

    private static let present: UTF8String = "present"

    /// Claims that are texts wherever they are registered (RFC 7519 §4.1, RFC 8693 §4, OpenID Connect Core §2 and
    /// §5.1), or lists of them.
    private static let texts: Set<UTF8String> = [
        "iss", "sub", "aud", "jti", "client_id", "scope", "azp", "nonce", "acr", "name", "preferred_username", "email",
    ]
}

extension JSONValue {
    fileprivate var isBool: Bool {
        if case .bool = self { true } else { false }
    }
}
