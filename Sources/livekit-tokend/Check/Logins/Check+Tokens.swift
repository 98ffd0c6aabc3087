import Configuration
import Daemon
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON

// MARK: - Logins by token: the keys of their issuers

extension Check {
    /// Looks at the source of sessions: the keys of issuers, or what nginx passes.
    mutating func checkLogins(_ settings: Settings) {
        guard let jwt = settings.sessions.jwt else { return }
        // The files are read as the service reads them; a secret is looked at below.
        let logins = JWTLogins(settings, secrets: [:], after: nil) { _ in }
        let statuses = logins?.keySets(at: WallClock.now.date) ?? []
        for issuer in jwt.issuers {
            switch issuer.keys {
            case .secret(let file): checkSecret(of: issuer, file, settings)
            case .keySet(let file):
                guard let status = statuses.first(where: { $0.setting == issuer.setting }) else { continue }
                checkKeySet(of: issuer, file, status)
            }
            checkClaims(of: issuer)
            checkRefused(by: issuer)
        }
        let fetched = statuses.filter { $0.file.url != nil }
        if !fetched.isEmpty { checkFetch(of: fetched) }
    }

    private mutating func checkKeySet(of issuer: JWTIssuer, _ file: KeySetFile, _ status: KeySetStatus) {
        guard !isKeptFromService("key set", file.path, isWritten: false) else { return }
        let name = issuer.name?.description ?? issuer.setting
        let cure =
            file.url == nil
            ? "put the issuer's key set there (livekit-tokend keyset check \(file.path.shellWord))"
            : "run: systemctl start livekit-tokend-keys; journalctl -u livekit-tokend-keys says what keeps it"
        if let problem = status.problem {
            let words = status.isUsable ? "tokens of \(name) are still judged" : "no token of \(name) is a login"
            return add(status.isUsable ? .warning : .error, "key set", "\(problem): \(words); \(cure)")
        }
        guard
            let bytes = try? LinuxKeySetFiles().contents(ofFile: file.path, atMost: JSONWebKeySet.maximumLength).bytes,
            let set = try? JSONWebKeySet(parsing: bytes, for: issuer.algorithms)
        else { return }
        let shown = set.keys.prefix(8).map { key in
            "\(key.id?.description ?? "without kid") (\(key.algorithmNames))"
        }
        let rest = set.keys.count > shown.count ? " and \(set.keys.count - shown.count) more" : ""
        let age =
            file.url == nil
            ? "kept by hand"
            : status.confirmedAt.map { confirmed in
                "confirmed \(NumericDate.span(WallClock.now.date.seconds(since: confirmed))) ago"
            } ?? "never confirmed"
        add(
            .ok,
            "key set",
            "\(name): \(file.path), \(age), \(counted(set.keys.count, "key")): \(shown.joined(separator: ", "))\(rest)"
                + (set.skipped.isEmpty ? "" : "; \(counted(set.skipped.count, "key")) of other kinds skipped")
        )
    }

    /// The secret of an issuer, in a file that the service reads itself, or that systemd passes on.
    private mutating func checkSecret(of issuer: JWTIssuer, _ file: SecretFile, _ settings: Settings) {
        let source = settings.liveKit.keySource
        let name =
            file.path.hasPrefix("\(source.directory)/") ? String(file.path.dropFirst(source.directory.count + 1)) : ""
        if system.variable("CREDENTIALS_DIRECTORY") == nil, !name.isEmpty,
            let setting = units?.sealedCredential(name) ?? (units?.credential(name) == nil ? nil : "LoadCredential")
        {
            return add(
                .ok,
                "secret",
                "\(issuer.setting).secret_file: systemd passes \(name) on by \(setting)=, and the service judges it at "
                    + "its start"
            )
        }
        guard !isKeptFromService("secret", file.path, isWritten: false) else { return }
        do throws(ConfigurationError) {
            var secret = try source.sharedSecret(
                in: file,
                setting: "\(issuer.setting).secret_file",
                minimumLength: HMACSecret.minimumLength,
                on: system
            )
            system.wipe(&secret)
            add(
                .ok,
                "secret",
                "\(file.originalPath): its readers can sign in as any user; with a key pair the issuer alone can "
                    + "(livekit-tokend keyset from-pem)"
            )
        } catch {
            add(.error, "secret", error.message, isConfiguration: true)
        }
    }

    /// Claims that name a person today, and another one later.
    private static let addresses: [UTF8String] = ["email", "preferred_username", "username", "upn"]

    private mutating func checkClaims(of issuer: JWTIssuer) {
        guard let claim = issuer.claims.user.names.last, Self.addresses.contains(claim) else { return }
        add(
            .warning,
            "logins",
            "\(issuer.setting).claims.user is \(issuer.claims.user): such a name may pass to another person, with all "
                + "that the first one may do; name a claim that never does, such as sub"
        )
    }

    /// A value without quotes is a number or a truth value, and a text that reads the same is another.
    private mutating func checkRefused(by issuer: JWTIssuer) {
        for rule in issuer.refused {
            for value in rule.values ?? [] {
                let (words, text): (String, String)
                switch value {
                case .bool(let isTrue): (words, text) = ("truth value", isTrue ? "true" : "false")
                case .integer(let number): (words, text) = ("number", "\(number)")
                case .number(let number): (words, text) = ("number", "\(number)")
                default: continue
                }
                guard rule.values?.contains(.string(UTF8String(text))) == false else { continue }
                add(
                    .warning,
                    "logins",
                    "\(issuer.setting).refuse has \(rule.claim): \(text), the \(words) alone, so that a token with the "
                        + "text '\(text)' is let in; "
                        + (rule.values?.count == 1
                            ? "write [\(text), '\(text)'], or present to refuse each token that has the claim"
                            : "add '\(text)' to the list")
                )
            }
        }
    }
}
