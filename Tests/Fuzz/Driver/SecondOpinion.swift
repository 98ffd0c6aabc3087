import LiveKitToken
import RoomAccess
import StrictJSON

/// A second reading of claims, which looks for every fault where the judge stops at the first.
struct SecondOpinion {
    private(set) var faults: Set<TokenRefusal.Kind> = []
    /// The id of the user, the bytes of the session's id, and the rest of what an accepted token says.
    private(set) var user: [UInt8]?
    private(set) var session: [UInt8]?
    private(set) var end: Int128?
    private(set) var did: UTF8String?
    private(set) var name: UTF8String?
    private(set) var hasName = false
    private(set) var membership: JSONValue?

    /// Reads the claims, `nil` for what is no object, at a time.
    init(_ claims: JSONValue?, _ rules: ClaimRules, _ now: NumericDate) {
        guard case .object(let claims) = claims else {
            faults = [.payload]
            return
        }
        let issuer = rules.issuer
        readIssuer(claims, issuer)
        readAudience(claims, issuer)
        readPurpose(claims)
        readTimes(claims, Int128(now.seconds))
        if issuer.required.contains(where: { !Self.isMet($0, claims) }) { faults.insert(.required) }
        if issuer.refused.contains(where: { Self.isMatched($0, claims) }) { faults.insert(.refused) }
        readUser(claims, issuer)
        membership = Self.find(rules.membership, claims)
    }

    private static func find(_ path: ClaimPath, _ claims: [JSONMember]) -> JSONValue? {
        var (members, found): ([JSONMember], JSONValue?) = (claims, nil)
        for name in path.names {
            let next = members.filter { $0.name.utf8 == name.utf8 }
            guard next.count == 1 else { return nil }
            found = next[0].value
            members = if case .object(let inner) = next[0].value { inner } else { [] }
        }
        return found
    }

    private static func find(_ name: UTF8String, _ claims: [JSONMember]) -> JSONValue? {
        claims.last { $0.name.utf8 == name.utf8 }?.value
    }

    private mutating func readIssuer(_ claims: [JSONMember], _ issuer: JWTIssuer) {
        let found = Self.find("iss", claims)
        let isRight = issuer.name.map { found?.text?.utf8 == $0.utf8 } ?? (found == nil)
        if !isRight { faults.insert(.issuer) }
    }

    private mutating func readAudience(_ claims: [JSONMember], _ issuer: JWTIssuer) {
        let (found, wanted): (JSONValue?, UTF8String)
        switch issuer.audience {
        case .none:
            if Self.find("aud", claims) != nil { faults.insert(.audience) }
            return
        case .audience(let text): (found, wanted) = (Self.find("aud", claims), text)
        case .claim(let path, let text): (found, wanted) = (Self.find(path, claims), text)
        }
        var names = [found?.text?.utf8]
        if case .array(let elements)? = found { names = elements.map { $0.text?.utf8 } }
        if names.contains(nil) || !names.contains(wanted.utf8) { faults.insert(.audience) }
    }

    private mutating func readPurpose(_ claims: [JSONMember]) {
        for claim in claims {
            switch claim.name.description {
            case "events": faults.insert(.events)
            case "cnf": faults.insert(.bound)
            case "token_type", "type", "typ":
                let words: [JSONValue] = if case .array(let elements) = claim.value { elements } else { [claim.value] }
                for word in words.compactMap(\.text) where word.utf8.allSatisfy({ $0 < 0x80 }) {
                    switch word.description.uppercased() {
                    case "REFRESH", "OFFLINE", "LOGOUT": faults.insert(.purpose)
                    default: continue
                    }
                }
            default: continue
            }
        }
    }

    private mutating func readTimes(_ claims: [JSONMember], _ now: Int128) {
        if let end = time("exp", claims) {
            self.end = end
            if end <= now { faults.insert(.expired) }
        } else if Self.find("exp", claims) == nil {
            faults.insert(.expiryMissing)
        }
        if let start = time("nbf", claims), start > now + 60 { faults.insert(.notYetValid) }
        if let start = time("iat", claims), start > now + 60 { faults.insert(.issuedInFuture) }
    }

    private mutating func time(_ name: UTF8String, _ claims: [JSONMember]) -> Int128? {
        switch Self.find(name, claims) {
        case nil: return nil
        case .integer(let seconds)?: return Int128(seconds)
        case .number(let seconds)?:
            // From 63 bits on there is no second of ours, and below every double has its whole part.
            if seconds >= -0x1p63 && seconds < 0x1p63 { return Int128(seconds) }
        default: break
        }
        faults.insert(.time)
        return nil
    }

    private static func isMet(_ rule: JWTIssuer.Rule, _ claims: [JSONMember]) -> Bool {
        guard let found = find(rule.claim, claims) else { return false }
        guard let values = rule.values else { return true }
        return values.filter { $0 == found }.count > 0
    }

    private static func isMatched(_ rule: JWTIssuer.Rule, _ claims: [JSONMember]) -> Bool {
        guard let found = find(rule.claim, claims) else { return false }
        guard let values = rule.values else { return true }
        return leaves(found).contains { leaf in
            // However a number is spelled.
            values.contains { $0 == leaf || (number($0) != nil && number($0) == number(leaf)) }
        }
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    private static func leaves(_ value: JSONValue) -> [JSONValue] {
        guard case .array(let elements) = value else { return [value] }
        return elements.flatMap { leaves($0) }
    }

    private mutating func readUser(_ claims: [JSONMember], _ issuer: JWTIssuer) {
        func found(_ path: ClaimPath) -> JSONValue? {
            let value = Self.find(path, claims)
            return value == .null ? nil : value
        }
        if let id = Self.id(found(issuer.claims.user)), Self.isVisible(id, from: 1),
            issuer.prefix.utf8.count + id.count <= 256
        {
            user = issuer.prefix.utf8 + id
        } else {
            faults.insert(.user)
        }
        if let value = found(issuer.claims.did) {
            did = value.text.flatMap { Self.isVisible($0.utf8, from: 5) && $0.description.hasPrefix("did:") ? $0 : nil }
            if did == nil { faults.insert(.did) }
        }
        if let value = found(issuer.claims.session) {
            session = Self.id(value).flatMap { $0.isEmpty ? nil : $0 }
            if session == nil { faults.insert(.session) }
        }
        hasName = found(issuer.claims.name) != nil
        name = found(issuer.claims.name)?.text
    }

    private static func id(_ value: JSONValue?) -> [UInt8]? {
        if let number = value?.integer, number >= 0, number <= 9_007_199_254_740_992 { return Array("\(number)".utf8) }
        return value?.text?.utf8
    }

    private static func isVisible(_ text: [UInt8], from count: Int) -> Bool {
        count <= text.count && text.count <= 256 && !text.contains { $0 < 0x21 || $0 > 0x7E }
    }

    /// Whether others may see a text as a name, by the standard library's tables of characters.
    static func isName(_ text: UTF8String) -> Bool {
        let scalars = text.description.unicodeScalars.map { ($0, $0.properties) }
        let isSeen = scalars.contains { scalar, properties in
            !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint && scalar != "\u{2800}"
        }
        return isSeen && text.utf8.count <= 256
            && !scalars.contains { $1.generalCategory == .control || $1.isBidiControl }
    }
}
