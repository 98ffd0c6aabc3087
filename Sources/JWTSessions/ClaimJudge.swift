import LiveKitToken
import RoomAccess
import StrictJSON

/// The judge of what a verified token of one issuer claims (RFC 7519 §4).
struct ClaimJudge: Sendable {
    /// Seconds by which the clock of the issuer may be ahead; an end has none.
    static let leeway: Int64 = 60

    let issuer: JWTIssuer
    /// The place of what a token says of rooms or groups.
    let membership: ClaimPath?

    /// The session of the login that a payload claims.
    ///
    /// - Throws: `.invalid`, with the session where the user is known.
    func session(of payload: [UInt8], at now: NumericDate) throws(SessionError) -> Session {
        let claims = try Self.claims(in: payload)
        do throws(TokenRefusal) { try judgeIssuer(claims) } catch { throw .invalid(.token(error)) }
        // From here on the issuer is known, and the log can name whom it vouches for.
        let id = Result { () throws(TokenRefusal) in try user(in: claims) }
        do throws(TokenRefusal) {
            try judgeAudience(claims)
            try judgePurpose(claims)
            let end = try judgeTimes(claims, at: now)
            try judgeRules(claims)
            return try session(of: id.get(), in: claims, until: end)
        } catch {
            throw .invalid(.token(error), of: (try? id.get()).map { Self.bare($0) })
        }
    }

    /// The object of a payload, verified or not.
    ///
    /// - Throws: `.invalid`.
    static func claims(in payload: [UInt8]) throws(SessionError) -> JSONValue {
        let claims: JSONValue
        do throws(JSONError) {
            claims = try JSONValue(parsing: payload, within: .token)
        } catch {
            let problem = "the payload of the token is not JSON: \(error.kind.rawValue) at byte \(error.offset)"
            throw .invalid(.token(TokenRefusal(.payload, problem)))
        }
        guard claims.members != nil else {
            throw .invalid(.token(TokenRefusal(.payload, "the payload of the token is no object")))
        }
        return claims
    }

    private static func bare(_ id: Identifier) -> Session {
        Session(user: User(id: id, did: nil, name: nil, isDisabled: false), endsAt: nil, key: nil)
    }

    private func session(
        of id: Identifier,
        in claims: JSONValue,
        until end: NumericDate
    ) throws(TokenRefusal) -> Session {
        let name = issuer.claims.name.nonNullValue(in: claims)
        let userName = name?.text.flatMap { UserName($0) }
        return Session(
            user: User(id: id, did: try did(in: claims), name: userName?.text, isDisabled: false),
            endsAt: end,
            key: try key(in: claims),
            claim: membership.flatMap { $0.value(in: claims) },
            isNameDropped: name != nil && userName == nil
        )
    }

    // MARK: - Who has issued it, and for whom

    private func judgeIssuer(_ claims: JSONValue) throws(TokenRefusal) {
        guard let name = issuer.name else {
            guard let found = claims["iss"] else { return }
            throw TokenRefusal(.issuer, "iss is \(found.shown), and \(issuer.setting).issuer is none")
        }
        guard let found = claims["iss"] else {
            throw TokenRefusal(.issuer, "the token has no iss, and \(issuer.setting).issuer is \(name)")
        }
        guard found == .string(name) else {
            throw TokenRefusal(.issuer, "iss is \(found.shown), and \(issuer.setting).issuer is \(name)")
        }
    }

    private func judgeAudience(_ claims: JSONValue) throws(TokenRefusal) {
        switch issuer.audience {
        case .none:
            guard let found = claims["aud"] else { return }
            throw TokenRefusal(.audience, "aud is \(found.shown), and \(issuer.setting).audience is none")
        case .audience(let wanted):
            try judge(claims["aud"], "aud", holds: wanted, as: "\(issuer.setting).audience is \(wanted)")
        case .claim(let claim, let wanted):
            let setting = "\(issuer.setting).audience.value is \(wanted)"
            try judge(claim.value(in: claims), claim.description, holds: wanted, as: setting)
        }
    }

    private func judge(
        _ found: JSONValue?,
        _ name: String,
        holds wanted: UTF8String,
        as setting: String
    ) throws(TokenRefusal) {
        guard let found else { throw TokenRefusal(.audience, "the token has no \(name), and \(setting)") }
        switch found {
        case .string(wanted): return
        case .array(let elements):
            // One that is no text spoils the claim (RFC 7519 §4.1.3).
            guard elements.allSatisfy({ $0.text != nil }) else { break }
            if elements.contains(.string(wanted)) { return }
        default: break
        }
        throw TokenRefusal(.audience, "\(name) is \(found.shown), and \(setting)")
    }

    // MARK: - For what, and when

    private static let purposes = ["refresh", "offline", "logout"].map { Array($0.utf8) }

    private func judgePurpose(_ claims: JSONValue) throws(TokenRefusal) {
        for name: UTF8String in ["token_type", "type", "typ"] {
            guard let value = claims[name],
                value.texts.contains(where: { Self.purposes.contains($0.utf8.map(\.lowercase)) })
            else { continue }
            throw TokenRefusal(.purpose, "\(name) is \(value.shown), and a login is an access token")
        }
        guard claims["events"] == nil else {
            throw TokenRefusal(.events, "the token has events (RFC 8417), and a login is an access token")
        }
        guard claims["cnf"] == nil else {
            throw TokenRefusal(
                .bound,
                "the token has cnf: it is bound to a key of its holder (RFC 7800), which is not asked for here; let "
                    + "the client ask for a bearer token"
            )
        }
    }

    /// The end of a token whose time it is.
    private func judgeTimes(_ claims: JSONValue, at now: NumericDate) throws(TokenRefusal) -> NumericDate {
        guard let end = try time("exp", claims) else {
            throw TokenRefusal(.expiryMissing, "the token has no exp, and would be good for ever")
        }
        guard now < end else {
            let late = now.seconds(since: end)
            throw TokenRefusal(.expired, "exp is \(end.rfc3339), \(late) s ago: the app should have got a new token")
        }
        let latest = now.advanced(by: Self.leeway)
        if let start = try time("nbf", claims), latest < start {
            throw TokenRefusal(.notYetValid, "nbf is \(start.rfc3339), \(Self.ahead(start, now)): \(Self.clocks)")
        }
        if let issuedAt = try time("iat", claims), latest < issuedAt {
            let problem = "iat is \(issuedAt.rfc3339), \(Self.ahead(issuedAt, now)): \(Self.clocks)"
            throw TokenRefusal(.issuedInFuture, problem)
        }
        return end
    }

    private static let clocks = "see to the clocks of issuer and host"

    private static func ahead(_ time: NumericDate, _ now: NumericDate) -> String {
        "in \(time.seconds(since: now)) s, and \(leeway) s may be"
    }

    /// The time of a claim, a fraction of a second cut off; `nil` if the token has none.
    private func time(_ name: UTF8String, _ claims: JSONValue) throws(TokenRefusal) -> NumericDate? {
        guard let value = claims[name] else { return nil }
        switch value {
        case .integer(let seconds): return NumericDate(seconds)
        case .number(let seconds):
            if let whole = Int64(exactly: seconds.rounded(.towardZero)) { return NumericDate(whole) }
        default: break
        }
        throw TokenRefusal(.time, "\(name) is \(value.shown), and must be the seconds since 1970, a number")
    }

    // MARK: - What the deployment asks

    private func judgeRules(_ claims: JSONValue) throws(TokenRefusal) {
        for rule in issuer.required {
            let wanted = "\(issuer.setting).require wants \(rule.words)"
            guard let found = rule.claim.value(in: claims) else {
                throw TokenRefusal(.required, "the token has no \(rule.claim), and \(wanted)")
            }
            guard rule.values?.contains(found) ?? true else {
                throw TokenRefusal(.required, "\(rule.claim) is \(found.shown), and \(wanted)")
            }
        }
        for rule in issuer.refused {
            guard let found = rule.claim.value(in: claims), rule.matches(found) else { continue }
            throw TokenRefusal(.refused, "\(rule.claim) is \(found.shown), which \(issuer.setting).refuse has")
        }
    }

    // MARK: - Whose it is

    private func user(in claims: JSONValue) throws(TokenRefusal) -> Identifier {
        let claim = issuer.claims.user
        guard let value = claim.nonNullValue(in: claims) else {
            throw TokenRefusal(
                .user,
                "the token has no \(claim); name in \(issuer.setting).claims.user the claim that has the user's id"
            )
        }
        let text = value.idText.flatMap { $0.isEmpty ? nil : UTF8String(validating: issuer.prefix.utf8 + $0) }
        guard let id = text.flatMap({ Identifier($0) }) else {
            let room = Identifier.maximumLength - issuer.prefix.utf8.count
            throw TokenRefusal(
                .user,
                "\(claim) is \(value.shown), and an id has 1 to \(room) visible ASCII characters"
                    + (issuer.prefix.utf8.isEmpty ? "" : " after its prefix")
            )
        }
        return id
    }

    private func did(in claims: JSONValue) throws(TokenRefusal) -> UTF8String? {
        let claim = issuer.claims.did
        guard let value = claim.nonNullValue(in: claims) else { return nil }
        guard let did = value.text.flatMap({ DID($0) }) else {
            throw TokenRefusal(
                .did,
                "\(claim) is \(value.shown), and a DID begins with did: and has at most \(DID.maximumLength) visible "
                    + "ASCII characters; \(issuer.setting).claims.did names its claim"
            )
        }
        return did.text
    }

    private func key(in claims: JSONValue) throws(TokenRefusal) -> [UInt8]? {
        let claim = issuer.claims.session
        guard let value = claim.nonNullValue(in: claims) else { return nil }
        guard let text = value.idText, !text.isEmpty else {
            throw TokenRefusal(
                .session,
                "\(claim) is \(value.shown), and the id of a session is a text; \(issuer.setting).claims.session names "
                    + "its claim"
            )
        }
        return SessionDigest(bearer: text).bytes
    }
}

extension JWTIssuer.Rule {
    /// Whether a claim is what this refuses, or an array that holds it.
    fileprivate func matches(_ found: JSONValue) -> Bool {
        guard let values else { return true }
        switch found {
        case .array(let elements): return elements.contains { matches($0) }
        // 1.0 and 1 are spellings of one number (RFC 8259 §6), in a token and in a configuration. Beyond 2^53 numbers
        // that a reader of JSON may take for one are one here too: that refuses more, not less.
        default: return values.contains { $0 == found || ($0.asDouble != nil && $0.asDouble == found.asDouble) }
        }
    }

    fileprivate var words: String {
        values?.map(\.shown).joined(separator: " or ") ?? "it"
    }
}

extension JSONValue {
    /// The text, or the texts of a list.
    fileprivate var texts: [UTF8String] {
        guard case .array(let elements) = self else { return text.map { [$0] } ?? [] }
        return elements.compactMap(\.text)
    }

    /// A number, however it is spelled.
    fileprivate var asDouble: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The bytes of an id: a text, or the digits of a whole number that each reader of JSON takes for the same (RFC
    /// 8259 §6).
    fileprivate var idText: [UInt8]? {
        switch self {
        case .string(let text): text.utf8
        case .integer(let number) where (0...1 << 53).contains(number): Array(String(number).utf8)
        default: nil
        }
    }
}
