import Cryptography
package import StrictJSON

/// An API key of a LiveKit server: a public id, and the secret that signs.
///
/// It holds the keyed state of HMAC (RFC 2104 §4) in place of the secret, in memory that is zeroed on release; nothing
/// prints it.
package struct APIKey: Sendable {
    /// The output size of SHA-256: a shorter HMAC key is weaker than the algorithm (RFC 7518 §3.2).
    package static let minimumSecretLength = 32

    /// Random bytes in any usual spelling have more different characters than this; a word repeated has not.
    private static let minimumDistinctBytes = 8

    /// Secrets that stand in LiveKit's own examples, which are public.
    private static let samples: Set<[UInt8]> = Set(
        ["secret", "devsecret", "replace_with_your_own_secret", "APIsecret", "your-api-secret"].map { Array($0.utf8) }
    )

    package let id: UTF8String
    private let hmac: HMACSHA256
    /// The weakness of the secret, if `.any` let one through.
    package let weakness: APIKeyError?

    /// Takes a key, or refuses its secret.
    ///
    /// - Parameters:
    ///   - id: what LiveKit calls the key, the `iss` of its tokens.
    ///   - secret: the bytes of the secret as LiveKit's key file has them.
    ///   - strength: `.any` takes a weak one too; a development machine is the only place for it.
    /// - Throws: `.empty` in every case, the others under `.required`.
    package init(id: UTF8String, secret: [UInt8], strength: Strength = .required) throws(APIKeyError) {
        guard !secret.isEmpty else { throw .empty }
        weakness = Self.weakness(of: secret)
        if strength == .required, let weakness { throw weakness }
        self.id = id
        hmac = HMACSHA256(key: secret.span)
    }

    package enum Strength: Sendable {
        case required
        case any
    }

    /// The HMAC-SHA-256 of bytes (RFC 2104).
    func authenticationCode(for bytes: Span<UInt8>) -> HMACSHA256.Code {
        hmac.code(for: bytes)
    }

    /// Whether this is the code of those bytes; the time it takes does not depend on the code.
    func isValidAuthenticationCode(_ code: Span<UInt8>, for bytes: Span<UInt8>) -> Bool {
        hmac.isValid(code, for: bytes)
    }

    private static func weakness(of secret: [UInt8]) -> APIKeyError? {
        if samples.contains(secret) { return .sample }
        if secret.count < minimumSecretLength { return .tooShort(bytes: secret.count) }
        if Set(secret).count < minimumDistinctBytes { return .notRandom }
        return nil
    }
}

/// A weakness of a secret.
package enum APIKeyError: Error, Equatable {
    case empty
    case sample
    case tooShort(bytes: Int)
    case notRandom
}

extension APIKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "APIKey(\(id))" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
