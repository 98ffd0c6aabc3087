import Configuration
import JWTSessions
import LiveKitToken
import RoomAccess

extension Settings {
    /// The secrets of issuers that sign by one (HS256).
    func loadSharedSecrets(beside key: APIKey) throws(Failure) -> [SecretFile: HMACSecret] {
        var secrets: [SecretFile: HMACSecret] = [:]
        for issuer in sessions.jwt?.issuers ?? [] {
            guard case .secret(let file) = issuer.keys else { continue }
            let setting = "\(issuer.setting).secret_file"
            var bytes: [UInt8]
            do throws(ConfigurationError) {
                bytes = try liveKit.keySource.sharedSecret(
                    in: file,
                    setting: setting,
                    minimumLength: HMACSecret.minimumLength,
                    on: LinuxSystem()
                )
            } catch {
                throw Failure(.configuration, error.message)
            }
            let system = LinuxSystem()
            defer { system.wipe(&bytes) }
            // The key that signs may have come from the environment, which has been forgotten since.
            guard let secret = HMACSecret(bytes.span), !secret.signs(like: key) else {
                throw Failure(
                    .configuration,
                    "\(file.originalPath): the secret is LiveKit's own; make another with: openssl rand -base64 32"
                )
            }
            secrets[file] = secret
        }
        return secrets
    }
}

extension HMACSecret {
    /// Whether this is the secret of a key.
    fileprivate func signs(like key: APIKey) -> Bool {
        let token = JSONWebSignature.compact(signing: Array("{}".utf8), with: key)
        guard let jws = try? CompactJWS(token[...], maximumLength: token.count) else { return false }
        return (try? jws.verified(by: self)) != nil
    }
}
