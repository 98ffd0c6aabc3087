import Configuration
import JWTSessions
import RoomAccess
import StrictJSON

extension ClaimPath {
    /// The path that one name with dots may have meant; `nil` for others, and for a URI.
    var nested: ClaimPath? {
        guard names.count == 1, !names[0].description.contains("/") else { return nil }
        let parts = names[0].description.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 ? ClaimPath(parts.map { UTF8String(String($0)) }) : nil
    }
}

/// Advice on a JSON Web Token that proves no login: which setting, of the issuer or here, would change that.
struct TokenAdvice {
    let refusal: TokenRefusal
    let token: UnverifiedToken
    /// The entry of the configuration that judges the token; `nil` if there are several, and none is of its issuer.
    let issuer: JWTIssuer?
    let settings: JWTSettings

    init(_ refusal: TokenRefusal, of bearer: BearerToken, _ settings: JWTSettings) {
        self.refusal = refusal
        self.settings = settings
        token = UnverifiedToken(bearer)
        issuer = Self.issuer(of: token, settings)
    }

    /// The entry of the configuration that judges a token; `nil` if there are several, and none is of its issuer.
    static func issuer(of token: UnverifiedToken, _ settings: JWTSettings) -> JWTIssuer? {
        let name = token.text("iss")
        return settings.issuers.count == 1 ? settings.issuers[0] : settings.issuers.first { $0.name == name }
    }

    private var setting: String { issuer?.setting ?? "sessions.jwt" }

    /// The advice, as a clause.
    var words: String {
        switch refusal.kind {
        case .tooLong: tooLong
        case .parts:
            "it is opaque: let the issuer make its access tokens JWTs (Hydra: strategies.access_token: jwt; Auth0: ask "
                + "for an audience), or ask by auth_request (sessions.source: nginx)"
        case .encrypted:
            "it is encrypted, for its issuer alone, as a session of Auth.js is; let the app hand out a signed one, or "
                + "ask the app by auth_request (sessions.source: nginx)"
        case .encoding, .header, .payload: "give it as the issuer made it, whole: a copied text may lack its end"
        case .headerMember: "let the issuer leave it out, or give the access token of another of its clients"
        case .algorithm: algorithm
        case .type: "give the access token: an ID token, a logout token or one of another kind is no login"
        case .keyIDUnknown: unknownKey
        case .keyAlgorithm:
            "the issuer names a key that has not signed: some do after a rotation, until the app has got a new token "
                + "by a log-in"
        case .keyMissing: "let the issuer name its key (kid), or leave one key for that algorithm in the set"
        case .signature:
            "the key set may be of another issuer, or realm: livekit-tokend keyset check \(keySetPath.shellWord)"
        case .issuer: wrongIssuer
        case .audience: audience
        case .expiryMissing: "let the issuer set an end; for Keycloak, give no offline token"
        case .time: "let the issuer write a number there (RFC 7519)"
        case .expired: "give one that the app has just got; apps get another before the end of one"
        case .notYetValid, .issuedInFuture: "run NTP on both machines"
        case .purpose, .events: "give the access token, and let the app send that"
        case .bound: "let the client of the issuer ask for bearer tokens: no DPoP, and no mutual TLS"
        case .required: "the token is of another kind or client; or change \(setting).require"
        case .refused: "the token is of a machine, or of a user who is kept out; or change \(setting).refuse"
        case .user: user
        case .did: "let the issuer write a DID there, or name another claim in \(setting).claims.did"
        case .session: "let the issuer write a text there, or name another claim in \(setting).claims.session"
        }
    }

    // MARK: Its form and its header

    private var tooLong: String {
        let longest = token.sizes.prefix(3).map { "\($0.name) \($0.bytes)" }.joined(separator: ", ")
        let cure = token.claims?["resource_access"] == nil ? "" : " (Keycloak: the client scope roles)"
        let limit =
            settings.issuers.count == 1 ? "sessions.jwt.max_length" : "max_length, in one entry of sessions.jwt for all"
        return longest.isEmpty
            ? "let the issuer write less into it"
            : "the longest claims take so many bytes of it: \(longest); take them out at the issuer\(cure), or set "
                + "\(limit), and large_client_header_buffers in nginx"
    }

    private var algorithm: String {
        let name = token.header?["alg"]?.text ?? ""
        guard let known = SignatureAlgorithm(name: name) else {
            return
                "let the issuer sign with another, such as ES256 or RS256 (Keycloak: the client, Advanced, Access "
                + "token signature algorithm)"
        }
        if known == .hs256 {
            return "the issuer signs with a secret: let it sign with a key, or name the file of the secret in "
                + "\(setting).secret_file in place of key_set_file"
        }
        if case .secret? = issuer?.keys {
            return "the issuer signs with a key: name its set in \(setting).key_set_file in place of secret_file"
        }
        return "add \(known.name) to \(setting).algorithms"
    }

    // MARK: Its key

    private var keySetFile: KeySetFile? {
        guard case .keySet(let file)? = issuer?.keys else { return nil }
        return file
    }

    private var keySetPath: String { keySetFile?.path ?? "FILE" }

    private var unknownKey: String {
        guard let file = keySetFile else { return "see \(setting)" }
        let contents = try? LinuxKeySetFiles().contents(ofFile: file.path, atMost: JSONWebKeySet.maximumLength)
        let set = contents.flatMap { try? JSONWebKeySet(parsing: $0.bytes, for: issuer?.algorithms ?? []) }
        let kids = (set?.keys ?? []).map { $0.id?.description ?? "(none)" }.joined(separator: ", ")
        let cure =
            file.url == nil
            ? "put the issuer's set of today there"
            : "get the set of today with livekit-tokend keyset fetch; if it lacks the key too, the token is of another "
                + "issuer"
        return (kids.isEmpty ? "" : "the set has the kids \(kids); ") + cure
    }

    // MARK: Its claims

    private var wrongIssuer: String {
        guard let found = token.text("iss")?.description else {
            return "let the issuer write its name, iss, or give a token of another kind"
        }
        for known in settings.issuers.compactMap({ $0.name?.description }) {
            if found == known + "/" || found + "/" == known {
                return "a slash at the end tells them apart: write issuer: '\(found)'"
            }
            if found.lowercased() == known.lowercased() {
                return "the case of letters tells them apart: write issuer: '\(found)'"
            }
            let schemes = ["http://", "https://", ""]
            let bare = { (name: String) in schemes.first { name.hasPrefix($0) }.map { name.dropFirst($0.count) } }
            if bare(found) == bare(known) { return "the scheme tells them apart: write issuer: '\(found)'" }
        }
        return "write issuer: '\(found)' if that is who you trust; another realm or tenant has another name"
    }

    private var audience: String {
        let name: UTF8String
        switch issuer?.audience {
        case .audience(let wanted): name = wanted
        case .claim(_, let wanted): name = wanted
        case .some(.none): return "the token has aud: write \(setting).audience: '\(token.audiences.first ?? "")'"
        case nil: name = "livekit"
        }
        let mapper =
            "let the issuer put \(name) into aud (Keycloak: in a client scope, a mapper of type Audience; Auth0 and "
            + "Hydra: ask for that audience)"
        if token.audiences.isEmpty {
            guard let claim = token.first(of: ["client_id", "azp"]), let value = token.text(claim) else {
                return mapper
            }
            return "\(mapper), or write \(setting).audience: {claim: \(claim), value: '\(value)'}"
        }
        // Every token of a realm has it.
        let others = token.audiences.filter { $0 != "account" && $0.description.count <= 100 }
        guard let other = others.first else { return mapper }
        return "\(mapper), or write \(setting).audience: '\(other)'"
    }

    private var user: String {
        let claim = issuer?.claims.user.description ?? "sub"
        guard token.claims?[UTF8String(claim)] == nil else {
            return "name a claim with another id in \(setting).claims.user"
        }
        if let path = issuer?.claims.user.nested, let name = path.names.first, token.claims?[name] != nil {
            return "a dot is a character like others: write \(setting).claims: {user: \(path)}"
        }
        guard let other = token.first(of: ["sub", "user_id", "uid", "oid", "id", "username"]) else {
            return
                "let the issuer write \(claim) (Keycloak: the client scope basic; lightweight access tokens have none)"
        }
        return "write \(setting).claims: {user: \(other)}"
    }
}
